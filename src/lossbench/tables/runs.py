"""The tables that a training job writes, and the identity of a run that all tables share.

Fractions lie in [0, 1]; times end in `_s`.
"""

from lossbench.tables.contract import Column, Schema

COMPARED = (
    Column("dataset", "text", "", "data set"),
    Column("model", "text", "", "network"),
    Column("recipe", "text", "", "recipe"),
    Column("epochs", "int32", "epochs", "length; of a tuning run its own"),
)
COMPARISON = tuple(column.name for column in COMPARED)
"""What names a comparison in every table, and with the rest of its key a run."""
NETWORK = COMPARISON[:2]
"""What names a network on a data set, before anything is trained."""
CELL = (
    *COMPARED,
    Column("loss", "text", "", "loss"),
    Column("setting", "text", "", "what is tuned beside the rate, such as m=0.35,s=10; or empty"),
    Column("learning_rate", "float64", "", "peak learning rate"),
    Column("stage", "text", "", "tuning or evaluation"),
)
RUN = (*CELL, Column("seed", "int32", "", "seed of the run"))
RUN_KEY = tuple(column.name for column in RUN)

HISTORY = Schema(
    "history",
    (
        *RUN,
        Column("step", "int64", "steps", "optimiser steps taken"),
        Column("epoch", "float64", "epochs", "passes over the training set, fractional"),
        Column("examples_seen", "int64", "examples", "training examples seen"),
        Column("train_loss", "float64", "", "mean loss on the fixed training examples", True),
        Column("train_error", "float64", "fraction", "error on the fixed training examples"),
        Column("validation_error", "float64", "fraction", "error on the validation set"),
        Column("logit_gradient_rms", "float64", "", "RMS of d loss / d logits, by example", True),
        Column("saturation", "float64", "", "mean slope of the output: σ′, or p(1−p)", True),
        Column("scheduled_learning_rate", "float64", "", "rate of the next step"),
    ),
    (*RUN_KEY, "step"),
)

PREDICTIONS = Schema(
    "predictions",
    (
        *RUN,
        Column("example", "int32", "", "index in the official test set"),
        Column("label", "int16", "", "true class"),
        Column("output", "text", "", "how logits become probabilities: softmax, sigmoid or none"),
        Column("logits", "float32 list", "", "margin-free, of the final model, one a class"),
    ),
    (*RUN_KEY, "example"),
)

RUNS = Schema(
    "runs",
    (
        *RUN,
        Column("diverged", "bool", "", "whether the loss turned non-finite"),
        Column("steps", "int64", "steps", "optimiser steps taken before the end or divergence"),
        Column(
            "classes", "int32", "", "classes of the data set; guessing is wrong on 1 - 1/classes"
        ),
        Column("parameters", "int64", "", "trained parameters of the network"),
        Column("flops_per_example", "int64", "FLOP", "forward and backward pass, one example"),
    ),
    RUN_KEY,
)

TIMING = Schema(
    "timing",
    (
        *RUN,
        Column("train_s", "float64", "s", "the job's training time divided by its seeds"),
        Column("examples_per_s", "float64", "examples/s", "training examples a second, this seed"),
        Column("peak_share", "float64", "fraction", "of the measured matrix-product rate, reached"),
        Column("device", "text", "", "device model"),
        Column("threads", "int32", "", "CPU threads"),
        Column("peak_memory_bytes", "int64", "bytes", "peak memory of the job"),
        Column("host", "text", "", "digest of the host's name"),
    ),
    RUN_KEY,
)

GEOMETRY = Schema(
    "geometry",
    (
        *RUN,
        Column("layer", "text", "", "which features"),
        Column("measure", "text", "", "within, between, scatter_ratio, own_cosine, other_cosine"),
        Column("value", "float64", "", "the measure's value", True),
    ),
    (*RUN_KEY, "layer", "measure"),
)

PROJECTIONS = Schema(
    "projections",
    (
        *RUN,
        Column("layer", "text", "", "which features"),
        Column("example", "int32", "", "index in the official test set"),
        Column("label", "int16", "", "true class"),
        Column("x", "float64", "", "first coordinate"),
        Column("y", "float64", "", "second coordinate"),
    ),
    (*RUN_KEY, "layer", "example"),
)

ORIGINS = Schema(
    "origins",
    (
        *RUN,
        Column("key", "text", "", "digest of all that determines the run: its name in the cache"),
        Column("study", "text", "", "the study that trained it"),
        Column("trained", "text", "", "when: date and time, UTC"),
    ),
    RUN_KEY,
)

RUN_TABLES: dict[str, Schema] = {
    table.name: table for table in (HISTORY, PREDICTIONS, RUNS, TIMING, GEOMETRY, PROJECTIONS)
}
