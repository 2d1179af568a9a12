"""The tables that the analysis derives from the runs, and the registry of all study tables."""

from lossbench.tables.contract import Column, Schema
from lossbench.tables.runs import COMPARED, COMPARISON, NETWORK, RUN, RUN_KEY, RUN_TABLES

LAST_LAYER = Schema(
    "last_layer",
    (
        *COMPARED[: len(NETWORK)],
        Column("seed", "int32", "", "seed of the network's start"),
        Column("features", "int32", "", "last hidden features"),
        Column("squared_length", "float64", "", "their mean squared length before training"),
        Column("mean_share", "float64", "fraction", "share of it that is their common mean", True),
        Column("curvature", "float64", "", "of MSE on logits in the last layer, at its largest"),
    ),
    (*NETWORK, "seed"),
)

CONFUSION = Schema(
    "confusion",
    (
        *RUN,
        Column("label", "int8", "", "true class"),
        Column("predicted", "int8", "", "class of the largest logit"),
        Column("count", "int64", "images", "test images"),
    ),
    (*RUN_KEY, "label", "predicted"),
)

RELIABILITY = Schema(
    "reliability",
    (
        *RUN,
        Column("bin", "int32", "", "confidence bin, from 0; equally wide"),
        Column("count", "int64", "images", "test images in the bin"),
        Column("confidence", "float64", "fraction", "mean probability of the predicted class"),
        Column("accuracy", "float64", "fraction", "share of them predicted correctly"),
    ),
    (*RUN_KEY, "bin"),
)

GALLERY = Schema(
    "gallery",
    (
        *COMPARED,
        Column("right", "text", "", "loss that gets the image right in every seed"),
        Column("wrong", "text", "", "loss that gets it right in none"),
        Column("example", "int32", "", "index in the official test set"),
        Column("label", "int8", "", "true class"),
        Column("predicted", "int8", "", "class that the wrong loss predicts most often"),
        Column("votes", "int32", "", "seeds in which it does"),
        Column("seeds", "int32", "", "seeds of both losses"),
        Column("total", "int32", "images", "how many test images separate the losses so"),
        Column("png", "text", "", "the image as PNG, in base64; empty where it is not at hand"),
    ),
    (*COMPARISON, "right", "wrong", "example"),
)

METRICS = Schema(
    "metrics",
    (
        *RUN,
        Column("split", "text", "", "validation or test"),
        Column("metric", "text", "", "metric"),
        Column("value", "float64", "", "its value", True),
    ),
    (*RUN_KEY, "split", "metric"),
)

CHOICES = Schema(
    "choices",
    (
        *COMPARED,
        Column("loss", "text", "", "loss"),
        Column("setting", "text", "", "chosen margin hyperparameters; empty without"),
        Column("learning_rate", "float64", "", "chosen peak learning rate"),
        Column("tuning_epochs", "int32", "epochs", "length of the tuning runs"),
        Column("trials", "int32", "", "cells tried"),
        Column("validation_error", "float64", "fraction", "mean final error of the winner's runs"),
        Column("on_edge", "bool", "", "whether the chosen rate is the grid's lowest or highest"),
    ),
    (*COMPARISON, "loss"),
)

TARGETS = Schema(
    "targets",
    (
        *COMPARED,
        Column("tuning_epochs", "int32", "epochs", "length of the tuning runs"),
        Column("target", "int32", "", "1 easiest to 3 hardest; the last carries the verdict"),
        Column("validation_error", "float64", "fraction", "error at or below which it is reached"),
    ),
    (*COMPARISON, "target"),
)

TIMES_TO_TARGET = Schema(
    "times_to_target",
    (
        *RUN,
        Column("target", "int32", "", "1 easiest to 3 hardest"),
        Column("validation_error", "float64", "fraction", "the target"),
        Column("steps", "int64", "steps", "first measured step at the target, or the budget"),
        Column("passes", "float64", "epochs", "the same in epochs"),
        Column("reached", "bool", "", "false: censored at the budget"),
    ),
    (*RUN_KEY, "target"),
)

KAPLAN_MEIER = Schema(
    "kaplan_meier",
    (
        *COMPARED,
        Column("loss", "text", "", "loss"),
        Column("target", "int32", "", "1 easiest to 3 hardest"),
        Column("steps", "int64", "steps", "where the curve steps; 0 and the budget included"),
        Column("passes", "float64", "epochs", "the same in epochs"),
        Column("reached", "float64", "fraction", "Kaplan-Meier share of runs at the target by now"),
        Column("ci_low", "float64", "fraction", "lower end of the pointwise interval", True),
        Column("ci_high", "float64", "fraction", "upper end of the pointwise interval", True),
        Column("at_risk", "int32", "", "runs not yet at the target just before this step"),
    ),
    (*COMPARISON, "loss", "target", "steps"),
)

SURVIVAL = Schema(
    "survival",
    (
        *COMPARED,
        Column("loss", "text", "", "loss"),
        Column("target", "int32", "", "1 easiest to 3 hardest"),
        Column("validation_error", "float64", "fraction", "the target"),
        Column("runs", "int32", "", "evaluation runs"),
        Column("reached_runs", "int32", "", "runs that reached the target"),
        Column("reach_rate", "float64", "fraction", "their share"),
        Column("budget_steps", "int64", "steps", "where a run that never reaches is censored"),
        Column("median_steps", "float64", "steps", "Kaplan-Meier median; infinite: most never do"),
        Column(
            "restricted_mean_steps", "float64", "steps", "mean steps, the budget where censored"
        ),
        Column("restricted_mean_ratio", "float64", "", "that mean over the reference's", True),
        Column("log_rank_p", "float64", "", "log-rank test against the reference", True),
        Column("log_rank_p_adjusted", "float64", "", "after Holm's correction in family", True),
        Column("method", "text", "", "how p was computed; why it is absent"),
    ),
    (*COMPARISON, "loss", "target"),
)

CONTRASTS = Schema(
    "contrasts",
    (
        *COMPARED,
        Column("rates", "text", "", "tuned (each loss at its own rate) or same_rate"),
        Column("metric", "text", "", "metric, or steps_to_target_1 … 3 (a ratio)"),
        Column("loss", "text", "", "loss"),
        Column("reference", "text", "", "the loss it is compared with"),
        Column("scale", "text", "", "difference or ratio"),
        Column("value", "float64", "", "mean paired difference, or ratio, loss to reference", True),
        Column("ci_low", "float64", "", "lower end of the interval", True),
        Column("ci_high", "float64", "", "upper end of the interval", True),
        Column("bca_low", "float64", "", "lower end of the BCa bootstrap interval", True),
        Column("bca_high", "float64", "", "upper end of the BCa bootstrap interval", True),
        Column("level", "float64", "", "coverage of the intervals"),
        Column("equivalence_low", "float64", "", "lower end of the equivalence interval", True),
        Column("equivalence_high", "float64", "", "upper end of the equivalence interval", True),
        Column("margin", "float64", "", "equivalence margin, in the metric's unit", True),
        Column("test_images", "float64", "images", "an error difference in test images", True),
        Column("pairs", "int32", "", "seeds compared"),
        Column("censored_pairs", "int32", "", "pairs in which either run missed the target"),
        Column("p_value", "float64", "", "sign-flip permutation test", True),
        Column("t_p_value", "float64", "", "Student t test, the dual of the interval", True),
        Column("p_adjusted", "float64", "", "t test's p after Holm's correction in family", True),
        Column("improvement", "float64", "", "share of pairs the loss wins, ties half", True),
        Column("family", "text", "", "primary or exploratory"),
        Column("verdict", "text", "", "better, worse, equivalent or undecided"),
        Column("method", "text", "", "how interval and p were computed; why any is absent"),
    ),
    (*COMPARISON, "rates", "metric", "loss", "reference"),
)

CLAIMS = Schema(
    "claims",
    (
        Column("claim", "text", "", "C1 … C12"),
        Column("statement", "text", "", "the claim in one sentence"),
        Column("verdict", "text", "", "supported, contradicted, supported with limits, undecided"),
        Column("numbers", "text", "", "the numbers behind the verdict, in words"),
        Column("limits", "text", "", "where it holds and where not; empty without limits"),
        Column("figure", "text", "", "the figure that shows it"),
    ),
    ("claim",),
)

TABLES: dict[str, Schema] = RUN_TABLES | {
    table.name: table
    for table in (
        LAST_LAYER,
        METRICS,
        CONFUSION,
        RELIABILITY,
        GALLERY,
        CHOICES,
        TARGETS,
        TIMES_TO_TARGET,
        KAPLAN_MEIER,
        SURVIVAL,
        CONTRASTS,
        CLAIMS,
    )
}
"""Every table of a study, by name."""
