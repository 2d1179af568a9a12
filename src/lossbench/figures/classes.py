"""What a drawing calls the classes of a data set."""

from lossbench.tables.rows import Tables, class_names

LONGEST = 14
"""Characters of a class's name that fit beside an axis."""


def class_labels(tables: Tables, dataset: str) -> list[str]:
    """The names by label: long ones cut, and a dollar sign begins no formula."""
    return [_cut(name).replace("$", r"\$") for name in class_names(tables, dataset)]


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
