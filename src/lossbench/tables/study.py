"""The tables that the analysis derives from the runs, and the registry of all study tables."""

from lossbench.tables.contract import Column, Schema
from lossbench.tables.runs import (
    COMPARED,
    COMPARISON,
    NETWORK,
    ORIGINS,
    RUN,
    RUN_KEY,
    RUN_TABLES,
)

LAST_LAYER = Schema(
    "last_layer",
    (
        *COMPARED[: len(NETWORK)],
        Column("seed", "int32", "", "seed of the network's start"),
        Column("features", "int32", "", "last hidden features"),
        Column("squared_length", "float64", "", "their mean squared length before training", True),
        Column("mean_share", "float64", "fraction", "share of it that is their common mean", True),
        Column(
            "curvature", "float64", "", "of MSE on logits in the last layer, at its largest", True
        ),
    ),
    (*NETWORK, "seed"),
)

CONFUSION = Schema(
    "confusion",
    (
        *RUN,
        Column("label", "int16", "", "true class"),
        Column("predicted", "int16", "", "class of the largest logit"),
        Column("count", "int64", "images", "test images, at least one"),
    ),
    (*RUN_KEY, "label", "predicted"),
)

CLASS_ERRORS = Schema(
    "class_errors",
    (
        *RUN,
        Column("label", "int16", "", "true class"),
        Column("error", "float64", "fraction", "error on the test images of the class"),
    ),
    (*RUN_KEY, "label"),
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
        Column("label", "int16", "", "true class"),
        Column("predicted", "int16", "", "class that the wrong loss predicts most often"),
        Column("votes", "int32", "", "seeds in which it does"),
        Column("seeds", "int32", "", "seeds of both losses"),
        Column("total", "int32", "images", "how many test images separate the losses so"),
        Column("by_chance", "float64", "images", "how many would if the losses were alike"),
        Column("png", "text", "", "the image as PNG, in base64; empty where it is not at hand"),
    ),
    (*COMPARISON, "right", "wrong", "example"),
)

CLASS_NAMES = Schema(
    "class_names",
    (
        Column("dataset", "text", "", "data set"),
        Column("label", "int16", "", "class"),
        Column("name", "text", "", "what its source or the study calls it"),
    ),
    ("dataset", "label"),
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
        Column("seed", "int32", "", "seed of the evaluation run that takes it"),
        Column("tuning_seed", "int32", "", "seed of the tuning runs that it was chosen from"),
        Column("setting", "text", "", "chosen margin hyperparameters; empty without"),
        Column("learning_rate", "float64", "", "chosen peak learning rate"),
        Column("tuning_epochs", "int32", "epochs", "length of the tuning runs"),
        Column("trials", "int32", "", "cells tried"),
        Column("validation_error", "float64", "fraction", "final error of the winning run"),
        Column("on_edge", "bool", "", "whether the chosen rate is the grid's lowest or highest"),
    ),
    (*COMPARISON, "loss", "seed"),
)

LEVELS = Schema(
    "levels",
    (
        *COMPARED,
        Column("tuning_epochs", "int32", "epochs", "length of the tuning runs"),
        Column("level", "int32", "", "1 easiest to 20 hardest"),
        Column("validation_error", "float64", "fraction", "error at or below which it is reached"),
    ),
    (*COMPARISON, "level"),
)

STEPS_TO_LEVEL = Schema(
    "steps_to_level",
    (
        *RUN,
        Column("level", "int32", "", "1 easiest to 20 hardest"),
        Column("validation_error", "float64", "fraction", "the level"),
        Column("steps", "float64", "steps", "where the lowest error so far meets it; else budget"),
        Column("reached", "bool", "", "false: the run never meets it"),
    ),
    (*RUN_KEY, "level"),
)

LEVEL_RATIOS = Schema(
    "level_ratios",
    (
        *COMPARED,
        Column("loss", "text", "", "loss"),
        Column("level", "int32", "", "1 easiest to 20 hardest"),
        Column("validation_error", "float64", "fraction", "the level"),
        Column("ratio", "float64", "", "geometric mean of the steps, loss to reference", True),
        Column("ci_low", "float64", "", "lower end of its pointwise band", True),
        Column("ci_high", "float64", "", "upper end of its pointwise band", True),
        Column("pairs", "int32", "", "pairs of which either run reaches the level"),
        Column("missed", "int32", "", "runs of the loss that miss it: they count with the budget"),
        Column("reference_missed", "int32", "", "runs of the reference that miss it"),
    ),
    (*COMPARISON, "loss", "level"),
)

MEAN_SQUARES = Schema(
    "mean_squares",
    (
        *COMPARED,
        Column("loss", "text", "", "loss, its wrong predictions less those of the reference"),
        Column("replicates", "int32", "", "seeds compared"),
        Column("images", "int32", "images", "test images"),
        Column("of_replicates", "float64", "", "mean square of the seeds"),
        Column("of_images", "float64", "", "mean square of the test images"),
        Column("of_residual", "float64", "", "mean square of what both leave"),
    ),
    (*COMPARISON, "loss"),
)

CONTRASTED = (
    *COMPARED,
    Column("rates", "text", "", "tuned (each loss at its own rate) or same_rate"),
    Column("metric", "text", "", "metric; speed is a ratio of steps"),
    Column("loss", "text", "", "loss"),
    Column("reference", "text", "", "the loss it is compared with"),
)
"""What identifies a contrast."""
CONTRASTED_KEY = tuple(column.name for column in CONTRASTED)

CONTRASTS = Schema(
    "contrasts",
    (
        *CONTRASTED,
        Column("scale", "text", "", "difference or ratio; reach: judged by levels reached"),
        Column("value", "float64", "", "mean paired difference, or ratio, loss to reference", True),
        Column("ci_low", "float64", "", "lower end of the interval", True),
        Column("ci_high", "float64", "", "upper end of the interval", True),
        Column("replicates_low", "float64", "", "lower end of that over replicates alone", True),
        Column("replicates_high", "float64", "", "upper end of that over replicates alone", True),
        Column("bca_low", "float64", "", "lower end of the BCa bootstrap interval", True),
        Column("bca_high", "float64", "", "upper end of the BCa bootstrap interval", True),
        Column("level", "float64", "", "coverage of the intervals"),
        Column("equivalence_low", "float64", "", "lower end of the equivalence interval", True),
        Column("equivalence_high", "float64", "", "upper end of the equivalence interval", True),
        Column("margin", "float64", "", "equivalence margin; of a ratio, as a share", True),
        Column("test_images", "float64", "images", "an error difference in test images", True),
        Column("pairs", "int32", "", "seeds compared"),
        Column("bound", "text", "", "at least, at most, within the budget: of a ratio; or empty"),
        Column("reach", "float64", "fraction", "levels that the loss reaches", True),
        Column("reference_reach", "float64", "fraction", "those that the reference does", True),
        Column("standard_error", "float64", "", "of the value; of its logarithm: ratio", True),
        Column("df", "float64", "", "degrees of freedom of the standard error", True),
        Column("p_value", "float64", "", "sign-flip permutation test", True),
        Column("t_p_value", "float64", "", "Student t test, the dual of the interval", True),
        Column("p_adjusted", "float64", "", "t test's p after Holm's correction in family", True),
        Column("improvement", "float64", "", "share of pairs the loss wins, ties half", True),
        Column("main", "bool", "", "whether the comparison answers for its network"),
        Column("family", "text", "", "primary or exploratory; empty: no question"),
        Column("verdict", "text", "", "better, worse, equivalent, undecided, not measurable"),
        Column("replication", "float64", "", "chance that a like study says the same", True),
        Column("method", "text", "", "how interval and p were computed; why any is absent"),
    ),
    CONTRASTED_KEY,
)

REPETITION = Schema(
    "repetition",
    (
        *CONTRASTED,
        Column("family", "text", "", "primary or exploratory"),
        Column("value", "float64", "", "what this study measured", True),
        Column("bound", "text", "", "of that value, as in contrasts"),
        Column("value_again", "float64", "", "what its repetition did", True),
        Column("bound_again", "text", "", "of that value"),
        Column("verdict", "text", "", "this study's"),
        Column("verdict_again", "text", "", "its repetition's"),
        Column("replication", "float64", "", "chance of the same verdict, by this study", True),
        Column("study", "text", "", "the repetition's name"),
    ),
    CONTRASTED_KEY,
)

TOGETHER = Schema("together", CONTRASTS.columns, CONTRASTED_KEY)

CLAIMS = Schema(
    "claims",
    (
        Column("claim", "text", "", "C1 … C12"),
        Column("statement", "text", "", "the claim in one sentence"),
        Column("verdict", "text", "", "supported (with limits), mixed, contradicted, undecided"),
        Column("numbers", "text", "", "the numbers behind the verdict, in words"),
        Column("limits", "text", "", "where it does not hold, or was not tried; or empty"),
        Column("figure", "text", "", "the figure that shows it"),
        Column("basis", "text", "", "calculus: it could not be otherwise; or measurement"),
    ),
    ("claim",),
)

TABLES: dict[str, Schema] = RUN_TABLES | {
    table.name: table
    for table in (
        ORIGINS,
        LAST_LAYER,
        CLASS_NAMES,
        METRICS,
        CLASS_ERRORS,
        CONFUSION,
        RELIABILITY,
        GALLERY,
        CHOICES,
        LEVELS,
        MEAN_SQUARES,
        STEPS_TO_LEVEL,
        LEVEL_RATIOS,
        CONTRASTS,
        REPETITION,
        TOGETHER,
        CLAIMS,
    )
}
"""Every table of a study, by name."""
