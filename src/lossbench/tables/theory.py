"""The theory chapter's tables: one schema each.

Losses carry the benchmark's names. With one sigmoid output a = σ(z) and target y, `mse_sigmoid` is
½(a − y)² and `bce_sigmoid` is −y ln a − (1 − y) ln(1 − a); with K softmax outputs p,
`mse_softmax` is (1/K) Σ (p − t)² and `cross_entropy` is −Σ t ln p.
"""

from lossbench.tables.contract import Column, Schema
from lossbench.tables.theory_problems import LOSS, PROBLEM_TABLES

START = (
    Column("start_weight", "float64", "", "the neuron's first weight"),
    Column("start_bias", "float64", "", "the neuron's first bias"),
)
REACHING = (
    Column("output", "float64", "", "the output to reach, from above"),
    Column("epochs", "int64", "epochs", "first epoch at or below it, or the budget"),
    Column("reached", "bool", "", "false: not reached within the budget"),
    Column("flow_epochs", "float64", "epochs", "the same under gradient flow, closed form"),
)

THEORY_CONSTANTS = Schema(
    "theory_constants",
    (
        Column("name", "text", "", "the constant"),
        Column("value", "float64", "", "as computed by numerical search"),
        Column("expected", "float64", "", "as its formula gives it"),
        Column("formula", "text", "", "the formula"),
        Column("meaning", "text", "", "what it says"),
    ),
    ("name",),
)

NEURON_TRAJECTORIES = Schema(
    "neuron_trajectories",
    (
        *START,
        LOSS,
        Column("epoch", "int32", "epochs", "updates made; one an epoch"),
        Column("z", "float64", "", "weight + bias: the input is 1"),
        Column("output", "float64", "", "a = σ(z); the target is 0"),
        Column("cost", "float64", "", "the loss"),
        Column("gradient", "float64", "", "d loss / dz"),
    ),
    ("start_weight", "start_bias", "loss", "epoch"),
)

NEURON_TIMES = Schema(
    "neuron_times",
    (
        *START,
        LOSS,
        Column("rates", "text", "", "shared, or equal steps: the largest ones of both losses"),
        Column("learning_rate", "float64", "", "the loss's own"),
        *REACHING,
    ),
    ("start_weight", "start_bias", "loss", "rates", "output"),
)

NEURON_SLOWDOWN = Schema(
    "neuron_slowdown",
    (
        LOSS,
        Column("start_z", "float64", "", "z before training"),
        *REACHING,
    ),
    ("loss", "start_z"),
)

SIGMOID = Schema(
    "sigmoid",
    (
        Column("z", "float64", "", "the neuron's weighted input"),
        Column("output", "float64", "", "σ(z)"),
        Column("slope", "float64", "", "σ′(z) = σ(z)(1 − σ(z))"),
    ),
    ("z",),
)

OUTPUT_GRADIENTS = Schema(
    "output_gradients",
    (
        LOSS,
        Column("target", "int8", "", "0 or 1"),
        Column("output", "float64", "", "a, from 0 to 1"),
        Column("error", "float64", "", "|a − y|"),
        Column("gradient", "float64", "", "d loss / dz"),
    ),
    ("loss", "target", "output"),
)

SOFTMAX_GRADIENTS = Schema(
    "softmax_gradients",
    (
        LOSS,
        Column("classes", "int32", "", "K"),
        Column("case", "text", "", "right: the favoured class is the true one; wrong: it is not"),
        Column("doubt", "float64", "", "1 − probability of the favoured class"),
        Column("gradient_norm", "float64", "", "length of d loss / d logits"),
    ),
    ("loss", "classes", "case", "doubt"),
)

GRADIENT_CHECKS = Schema(
    "gradient_checks",
    (
        LOSS,
        Column("classes", "int32", "", "outputs: 1 for a sigmoid, K for a softmax"),
        Column("draws", "int32", "", "random logits tried"),
        Column("largest_difference", "float64", "", "formula against complex step, relative"),
    ),
    ("loss", "classes"),
)

MISCLASSIFICATION_COST = Schema(
    "misclassification_cost",
    (
        LOSS,
        Column("probability", "float64", "", "probability p given to the true of two classes"),
        Column("cost", "float64", "", "−ln p, or (1 − p)²"),
        Column("slope", "float64", "", "−d cost / dp"),
    ),
    ("loss", "probability"),
)

THEORY_TABLES: dict[str, Schema] = {
    table.name: table
    for table in (
        THEORY_CONSTANTS,
        NEURON_TRAJECTORIES,
        NEURON_TIMES,
        NEURON_SLOWDOWN,
        SIGMOID,
        OUTPUT_GRADIENTS,
        SOFTMAX_GRADIENTS,
        GRADIENT_CHECKS,
        *PROBLEM_TABLES,
        MISCLASSIFICATION_COST,
    )
}
