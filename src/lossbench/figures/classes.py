"""What figures call the classes of a data set."""

from lossbench.cards.dataset import DATASETS
from lossbench.tables.rows import Tables, rows_of
from lossbench.tables.runs import CLASSES

LONGEST = 14
"""Characters of a class's name that fit beside an axis."""


def class_names(tables: Tables, dataset: str) -> tuple[str, ...]:
    """By label: the card's names, those of a user's class folders, or numbers."""
    card = DATASETS[dataset].classes if dataset in DATASETS else ()
    folders = rows_of(tables, "class_names", dataset=dataset).sort_values("label")["name"]
    return card or tuple(folders) or tuple(map(str, range(CLASSES)))


def class_labels(tables: Tables, dataset: str) -> list[str]:
    """The names as a drawing shows them: long ones cut, and a dollar sign begins no formula."""
    return [_cut(name).replace("$", r"\$") for name in class_names(tables, dataset)]


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
