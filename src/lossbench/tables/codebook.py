"""What the columns of the CSV files mean, in Markdown, as the schemas have it."""

from collections.abc import Iterable, Iterator

from lossbench.tables.contract import Column, Schema

KINDS = {
    "bool": "True or False",
    "text": "text",
    "float64": "number",
    "float32 list": "numbers",
}
"""What a value looks like, where it is no whole number."""


def codebook(schemas: Iterable[Schema]) -> str:
    """A section for each table with a row for each column: name, value, unit, meaning."""
    lines = ["# The columns of these tables", "", "An empty value is missing."]
    for schema in schemas:
        lines += ["", f"## `{schema.name}.csv`", "", *_table(schema)]
    return "\n".join(lines) + "\n"


def _table(schema: Schema) -> Iterator[str]:
    yield f"One row for each {', '.join(f'`{name}`' for name in schema.key)}."
    yield ""
    yield "| column | value | unit | meaning |"
    yield "| --- | --- | --- | --- |"
    for column in schema.columns:
        meaning = column.meaning.replace("|", "\\|")
        yield f"| `{column.name}` | {_value(column)} | {column.unit} | {meaning} |"


def _value(column: Column) -> str:
    return KINDS.get(column.kind, "whole number") + (", or empty" if column.optional else "")
