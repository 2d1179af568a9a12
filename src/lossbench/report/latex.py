"""A table of the page as LaTeX, for papers: `booktabs`, its caption and its note."""

from lossbench.report.data_tables import DataTable

MARKS = str.maketrans(
    {
        **{mark: f"\\{mark}" for mark in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "\N{MINUS SIGN}": "$-$",
        "\N{MULTIPLICATION SIGN}": r"$\times$",
        "\N{GREATER-THAN OR EQUAL TO}": r"$\ge$",
        "\N{LESS-THAN OR EQUAL TO}": r"$\le$",
        "\N{INFINITY}": r"$\infty$",
        "\N{EN DASH}": "--",
        "\N{NO-BREAK SPACE}": "~",
    }
)


def table(shown: DataTable) -> str:
    """The table as a `table` environment; the document loads `booktabs`."""
    heads = [escaped(f"{column.label} {column.unit}".strip()) for column in shown.columns]
    body = [[escaped(cell.text) for cell in row.cells] for row in shown.rows]
    columns = "".join("r" if column.numeric else "l" for column in shown.columns)
    lines = [f"{' & '.join(cells)} \\\\" for cells in (heads, *body)]
    note = f"\\par\\smallskip {escaped(shown.note)}\n" if shown.note else ""
    return (
        f"\\begin{{table}}\n\\caption{{{escaped(shown.caption)}}}\n"
        f"\\label{{tab:{shown.name}}}\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n"
        + "\n".join([lines[0], "\\midrule", *lines[1:]])
        + f"\n\\bottomrule\n\\end{{tabular}}\n{note}\\end{{table}}\n"
    )


def escaped(text: str) -> str:
    """`text` without a meaning in LaTeX."""
    return text.translate(MARKS)
