"""What things are called on the page: full display names, and the names of the figures.

Light on purpose: the pipeline plans its files from the figures' names without importing matplotlib.
"""

from typing import Literal

from lossbench.config import STAND_INS, DatasetName, LossName, ModelName

LOSS_NAMES: dict[LossName, str] = {
    "cross_entropy": "Cross-entropy",
    "bce_sigmoid": "Binary cross-entropy",
    "mse_softmax": "MSE on softmax",
    "mse_logits": "MSE on logits",
    "mse_sigmoid": "MSE on sigmoid",
    "sm_softmax": "SM-Softmax",
    "am_softmax": "AM-Softmax",
    "l_softmax": "L-Softmax",
}
"""Display names of the losses, in the order in which figures and tables list them."""

MODEL_NAMES: dict[ModelName, str] = {
    "mlp": "MLP",
    "mlp_sigmoid": "MLP with sigmoids",
    "lenet": "LeNet",
    "lenet_2d": "LeNet with 2-D features",
    "convnet": "ConvNet",
    "convnet_max": "Max-pool ConvNet",
    "resnet18": "ResNet-18",
}
"""Display names of the networks."""

DATASET_NAMES: dict[DatasetName, str] = {
    "mnist": "MNIST",
    "cifar10": "CIFAR-10",
    "digits": "Digits",
    "shapes": "Shapes",
}
"""Display names of the built-in data sets; others are shown by the name that the study gives."""

CLASS_NAMES: dict[DatasetName, tuple[str, ...]] = {
    "cifar10": (
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ),
}
"""Display names of the classes, where they are not their numbers."""

Chapter = Literal["results", "theory"]

THEORY_FIGURE_NAMES: tuple[str, ...] = (
    "neuron",
    "slowdown",
    "gradient-against-output",
    "softmax-gradient",
    "loss-surfaces",
    "curvature",
    "local-minima",
    "solving",
    "separable-data",
    "linear-regression",
    "misclassification-cost",
)
"""The theory chapter's figures, in the page's order."""

RESULT_FIGURE_NAMES: tuple[str, ...] = (
    "answer",
    "learning-curves",
    "time-to-target",
    "final-error",
    "confusion",
    "class-error",
    "calibration",
    "gallery",
    "rate-sensitivity",
    "same-rate",
    "gradient-and-saturation",
    "features",
    "projections",
)
"""The figures of the runs, in the page's order."""

FIGURE_NAMES = (*RESULT_FIGURE_NAMES, *THEORY_FIGURE_NAMES)
"""Every figure of the page, in the page's order. The figures' catalog has the same keys."""

FIGURE_CHAPTERS: dict[Chapter, tuple[str, ...]] = {
    "results": RESULT_FIGURE_NAMES,
    "theory": THEORY_FIGURE_NAMES,
}
"""Drawn apart: the theory's figures wait for no run."""

THEORY_TABLE_NAMES: tuple[str, ...] = (
    "theory_constants",
    "neuron_trajectories",
    "neuron_times",
    "neuron_slowdown",
    "sigmoid",
    "output_gradients",
    "softmax_gradients",
    "gradient_checks",
    "theory_digits",
    "loss_surfaces",
    "descent_paths",
    "curvature",
    "hessians",
    "local_minima",
    "local_minima_surfaces",
    "local_minima_examples",
    "solver_runs",
    "logistic_solutions",
    "separable_descent",
    "linear_solutions",
    "misclassification_cost",
)
"""Every table of the theory chapter, for the pipeline's plan."""


def class_names(dataset: DatasetName, count: int = 10) -> tuple[str, ...]:
    """What the classes of `dataset` are called: their names, or their numbers."""
    return CLASS_NAMES.get(dataset, tuple(map(str, range(count))))


def dataset_name(dataset: DatasetName) -> str:
    """The data set's name, marked where it stands in for a real one."""
    name = DATASET_NAMES.get(dataset, dataset)
    return f"{name} (stand-in)" if dataset in STAND_INS else name


def place(dataset: DatasetName, model: ModelName) -> str:
    """A data set and a network as one heading, such as `MNIST · LeNet`."""
    return f"{dataset_name(dataset)} · {MODEL_NAMES[model]}"


def in_sentence(loss: LossName) -> str:
    """The loss's name inside a sentence: `cross-entropy`, but `MSE on softmax`."""
    name = LOSS_NAMES[loss]
    return name[0].lower() + name[1:] if name[1].islower() else name
