"""A table of the page as LaTeX, for papers: `booktabs`, its caption and its note."""

import pandas as pd

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
    cells = [[escaped(cell.text) for cell in row.cells] for row in shown.rows]
    text: str = pd.DataFrame(cells, columns=range(len(shown.columns))).to_latex(
        index=False,
        escape=False,
        header=[escaped(f"{column.label} {column.unit}".strip()) for column in shown.columns],
        column_format="".join("r" if column.numeric else "l" for column in shown.columns),
        caption=escaped(shown.caption),
        label=f"tab:{shown.name}",
    )
    note = f"\\par\\smallskip {escaped(shown.note)}\n" if shown.note else ""
    return text.replace("\\end{table}", f"{note}\\end{{table}}")


def escaped(text: str) -> str:
    """`text` without a meaning in LaTeX."""
    return text.translate(MARKS)
