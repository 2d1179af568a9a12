"""The losses' cards: what is true of a loss without computing it."""

from dataclasses import dataclass
from typing import Literal

from lossbench.cards.kinds import HeadName, OutputName
from lossbench.cards.look import Look

Family = Literal["cross-entropy", "squared", "margin", "other"]


@dataclass(frozen=True)
class LossCard:
    """A loss: how it is shown, what it belongs to, and what it asks of the network."""

    name: str
    """Its display name."""
    formula: str
    """LaTeX, for one example: z logits, t one-hot target, y true class, p softmax, σ logistic."""
    output: OutputName
    family: Family = "other"
    """Claims speak of families; a loss of the margin family is tuned over margins too."""
    head: HeadName = "linear"
    source: str = ""
    """Whom to cite."""
    link: str = ""
    """Where to read it."""
    look: Look | None = None
    """In figures; None takes the next look that `figures.palette` has to spare."""


# Okabe and Ito's palette (2008), safe for colour-blind readers. Its sky blue is darkened until a
# line in it keeps 3:1 on white. So darkened, its orange and yellow could not be told from
# vermilion by readers who see no red or green: the margins are amber, violet and grey instead.
# Cross-entropies are solid, squared errors dashed, margins dotted.
LOSSES: dict[str, LossCard] = {
    "cross_entropy": LossCard(
        "Cross-entropy",
        r"-\sum_k t_k \log p_k",
        output="softmax",
        family="cross-entropy",
        source="Bridle, Training Stochastic Model Recognition Algorithms as Networks, NIPS 1989",
        link="https://proceedings.neurips.cc/paper/1989/hash/"
        "0336dcbab05b9d5ad24f4333c7658a0e-Abstract.html",
        look=Look("#0072b2", "#4da3db", "#0072b2", "o", "-"),
    ),
    "cross_entropy_again": LossCard(
        "Cross-entropy again",
        r"-\sum_k t_k \log p_k",
        output="softmax",
        source="The placebo: cross-entropy on the same division of the data, with a tuning run, "
        "initial weights and batches of its own",
        look=Look("#000f96", "#a596ff", "#000f96", "8", (0, (8, 1.3, 1, 1.3))),
    ),
    "bce_sigmoid": LossCard(
        "Binary cross-entropy",
        r"-\frac{1}{K} \sum_k [t_k \log \sigma(z_k) + (1 - t_k) \log(1 - \sigma(z_k))]",
        output="sigmoid",
        family="cross-entropy",
        source="Nielsen, Neural Networks and Deep Learning, 2015, chapter 3",
        link="http://neuralnetworksanddeeplearning.com/chap3.html",
        look=Look("#2f97d0", "#8fd0f5", "#1f76a8", "^", "-"),
    ),
    "mse_softmax": LossCard(
        "MSE on softmax",
        r"\frac{1}{K} \sum_k (p_k - t_k)^2",
        output="softmax",
        family="squared",
        source="Brier, Verification of Forecasts Expressed in Terms of Probability, 1950",
        link="https://doi.org/10.1175/1520-0493(1950)078%3C0001:VOFEIT%3E2.0.CO;2",
        look=Look("#d55e00", "#f08a45", "#b85000", "s", (0, (4, 1.3))),
    ),
    "mse_logits": LossCard(
        "MSE on logits",
        r"\frac{1}{K} \left[ k (z_y - M)^2 + \sum_{j \neq y} z_j^2 \right]",
        output="none",
        family="squared",
        source="Hui and Belkin, Evaluation of Neural Architectures Trained with Square Loss vs "
        "Cross-Entropy in Classification Tasks, ICLR 2021; k = M = 1 where no setting is named",
        link="https://arxiv.org/abs/2006.07322",
        look=Look("#009e73", "#2fbf94", "#007f5c", "v", (0, (6.5, 1.3))),
    ),
    "mse_rescaled": LossCard(
        "Rescaled MSE on logits",
        r"\frac{1}{K} \left[ k (z_y - M)^2 + \sum_{j \neq y} z_j^2 \right]",
        output="none",
        family="squared",
        source="Hui and Belkin, Evaluation of Neural Architectures Trained with Square Loss vs "
        "Cross-Entropy in Classification Tasks, ICLR 2021; k and M are its setting",
        link="https://arxiv.org/abs/2006.07322",
        look=Look("#3c8478", "#6cd86c", "#2f7467", (3, 1, 0), (0, (10, 1.3))),
    ),
    "mse_sigmoid": LossCard(
        "MSE on sigmoid",
        r"\frac{1}{K} \sum_k (\sigma(z_k) - t_k)^2",
        output="sigmoid",
        family="squared",
        source="Nielsen, Neural Networks and Deep Learning, 2015, chapter 3",
        link="http://neuralnetworksanddeeplearning.com/chap3.html",
        look=Look("#cc79a7", "#dd9cc0", "#a94f82", "D", (0, (2.4, 1.3))),
    ),
    "sm_softmax": LossCard(
        "SM-Softmax",
        r"-\log \frac{e^{z_y - m}}{e^{z_y - m} + \sum_{j \neq y} e^{z_j}}",
        output="softmax",
        family="margin",
        source="Liang et al., Soft-Margin Softmax for Deep Classification, ICONIP 2017",
        link="https://doi.org/10.1007/978-3-319-70096-0_43",
        look=Look("#6b4300", "#ffbf00", "#6b4300", "P", (0, (1, 1.1))),
    ),
    "am_softmax": LossCard(
        "AM-Softmax",
        r"-\log \frac{e^{s (\cos \theta_y - m)}}"
        r"{e^{s (\cos \theta_y - m)} + \sum_{j \neq y} e^{s \cos \theta_j}}",
        output="softmax",
        family="margin",
        head="cosine",
        source="Wang et al., Additive Margin Softmax for Face Verification, 2018",
        link="https://arxiv.org/abs/1801.05599",
        look=Look("#6a3df0", "#9e7bff", "#6a3df0", "X", (0, (1, 2.2))),
    ),
    "l_softmax": LossCard(
        "L-Softmax",
        r"-\log \frac{e^{\|W_y\| \|x\| \psi(\theta_y)}}"
        r"{e^{\|W_y\| \|x\| \psi(\theta_y)} + \sum_{j \neq y} e^{z_j}}",
        output="softmax",
        family="margin",
        head="linear_no_bias",
        source="Liu et al., Large-Margin Softmax Loss for Convolutional Neural Networks, ICML 2016",
        link="https://arxiv.org/abs/1612.02295",
        look=Look("#555555", "#e6e6e6", "#555555", "*", (0, (1, 1.1, 1, 3))),
    ),
}
"""By key, in the order in which figures and tables list them."""

REFERENCE = "cross_entropy"
"""Every contrast is a loss minus this one."""
PLACEBO = "cross_entropy_again"
"""The reference from another start: what no difference looks like."""
PRIMARY = "mse_softmax"
"""The loss of the one primary contrast; all other contrasts are exploratory."""


def of_family(family: Family) -> tuple[str, ...]:
    """The keys of a family's losses, in the cards' order."""
    return tuple(key for key, card in LOSSES.items() if card.family == family)
