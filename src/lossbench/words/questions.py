"""What is asked of the contrasts, and how every answer reads: one table of phrases.

A question is about one metric. The long form of a verdict follows the loss's name in a sentence;
the short one follows `is` in a title, and is counted by the claims.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lossbench.stats.multiplicity import ERROR as ERROR_METRIC
from lossbench.stats.multiplicity import SPEED as SPEED_METRIC
from lossbench.stats.verdicts import Verdict
from lossbench.tables.rows import Record
from lossbench.words import notes, numbers


@dataclass(frozen=True)
class Phrase:
    """How a verdict on a loss reads."""

    long: str
    """`{}` takes the reference's name. What is open has none: the question itself is told."""
    short: str
    link: str = "than"
    """What joins the reference to the short form."""


@dataclass(frozen=True)
class Question:
    """One metric as it is asked about and spoken of."""

    metric: str
    """In the table of contrasts."""
    asks: str
    """What follows `whether A or B`."""
    phrases: Mapping[Verdict, Phrase]
    """In the order in which verdicts are told."""
    write: numbers.Writer
    """How a contrast's value reads."""
    subject: str
    """What cannot be compared where there is no value."""
    unit: str = ""
    """What follows a value."""
    detail: str = ""
    """What follows the unit in a sentence."""
    amount: str = "the difference is"
    """What a sentence says before a value; `{}` takes the loss's name."""
    notes: Callable[[Sequence[Record]], list[str]] = notes.nothing
    """What the values of these contrasts come to, or rest on: sentences."""
    topic: str = ""
    """What is asked about, for headings."""
    wins: str = ""
    """What the better loss does."""
    level: str = ""
    """What both do where neither is better."""
    takes: str = ""
    """What leads from a loss to its value."""
    margin: Callable[[float], str] = numbers.ratio
    """How the margin of equivalence reads."""


NOT_MEASURABLE = Phrase("", "not measurable", "against")


SPEED = Question(
    metric=SPEED_METRIC,
    asks="learns faster",
    phrases={
        "worse": Phrase("learns more slowly than {}", "slower"),
        "better": Phrase("learns faster than {}", "faster"),
        "equivalent": Phrase("learns as fast as {}", "as fast", "as"),
        "undecided": Phrase("", "not clearly slower or faster"),
        "not measurable": NOT_MEASURABLE,
    },
    write=numbers.ratio,
    subject="the steps",
    unit=" the steps",
    detail=" to the same error",
    amount="{} needs",
    notes=notes.reach,
    topic="speed",
    wins="learns faster",
    level="learn equally fast",
    takes="needs",
    margin=lambda margin: f"a factor of {numbers.ratio(1 + margin).removesuffix('×')}",
)

ERROR = Question(
    metric=ERROR_METRIC,
    asks="ends at a lower test error",
    phrases={
        "worse": Phrase("ends at a higher test error than {}", "less accurate"),
        "better": Phrase("ends at a lower test error than {}", "more accurate"),
        "equivalent": Phrase("ends level with {}", "as accurate", "as"),
        "undecided": Phrase("", "not clearly less or more accurate"),
        "not measurable": NOT_MEASURABLE,
    },
    write=numbers.points,
    subject="the errors",
    notes=notes.images,
    topic="final error",
    wins="ends lower",
    level="end level",
    takes="ends at",
    margin=lambda margin: f"{numbers.number(100 * margin)}{numbers.NO_BREAK}percentage points",
)

CALIBRATION = Question(
    metric="ece",
    asks="is better calibrated",
    phrases={
        "worse": Phrase("is worse calibrated than {}", "worse calibrated"),
        "better": Phrase("is better calibrated than {}", "better calibrated"),
        "equivalent": Phrase("is as well calibrated as {}", "as well calibrated", "as"),
        "undecided": Phrase("", "not clearly worse or better calibrated"),
        "not measurable": NOT_MEASURABLE,
    },
    write=numbers.points,
    subject="the calibration errors",
    unit=" in calibration error",
)


def _proper_score(metric: str, name: str) -> Question:
    """A score of probabilities, which is best where they are those of the classes."""
    return Question(
        metric=metric,
        asks=f"is better in {name}",
        phrases={
            "worse": Phrase(f"is worse in {name} than {{}}", f"worse in {name}"),
            "better": Phrase(f"is better in {name} than {{}}", f"better in {name}"),
            "equivalent": Phrase(f"is as good in {name} as {{}}", f"as good in {name}", "as"),
            "undecided": Phrase("", f"not clearly worse or better in {name}"),
            "not measurable": NOT_MEASURABLE,
        },
        write=numbers.signed,
        subject=f"the values of the {name}",
        topic=name,
    )


NLL = _proper_score("nll", "likelihood")
BRIER = _proper_score("brier", "Brier score")

SCATTER = Question(
    metric="scatter_ratio",
    asks="has more compact classes",
    phrases={
        "worse": Phrase("has less compact classes than {}", "less compact"),
        "better": Phrase("has more compact classes than {}", "more compact"),
        "equivalent": Phrase("has classes as compact as those of {}", "as compact", "as"),
        "undecided": Phrase("", "not clearly less or more compact"),
        "not measurable": NOT_MEASURABLE,
    },
    write=numbers.signed,
    subject="the scatter ratios",
    unit=" in scatter ratio",
)
