"""What a drawing calls the classes of a data set."""

from collections import Counter

from lossbench.tables.rows import Tables, class_names

LONGEST = 14
"""Characters of a class's name that fit beside an axis."""


def class_labels(tables: Tables, dataset: str) -> list[str]:
    """The names by label: long ones without their middle, and a dollar sign begins no formula.

    What would be called alike has its number first.
    """
    names = class_names(tables, dataset)
    short = Counter(map(_cut, names))
    told = (
        _cut(name) if short[_cut(name)] == 1 else f"{label} {name[: LONGEST // 2]}…"
        for label, name in enumerate(names)
    )
    return [name.replace("$", r"\$") for name in told]


def _cut(name: str) -> str:
    if len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST // 2]}…{name[1 - LONGEST // 2 :]}"  # many names differ at their end
