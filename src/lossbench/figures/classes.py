"""What a drawing calls the classes of a data set."""

from lossbench.tables.rows import Tables, class_names

LONGEST = 14
"""Characters of a class's name that fit beside an axis."""


def class_labels(tables: Tables, dataset: str) -> list[str]:
    """The names by label: long ones without their middle, and a dollar sign begins no formula."""
    return [_cut(name).replace("$", r"\$") for name in class_names(tables, dataset)]


def _cut(name: str) -> str:
    if len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST // 2]}…{name[1 - LONGEST // 2 :]}"  # many names differ at their end
