"""The summary for a pull request: the answer, the headline table and the runs, as Markdown."""

from lossbench.report import answer_tables, prose
from lossbench.report.blocks import Provenance
from lossbench.report.data_tables import Cell, DataTable
from lossbench.report.templating import escaped, template
from lossbench.study.config import Study
from lossbench.study.paths import StudyPaths
from lossbench.tables.rows import Tables, filled
from lossbench.words import numbers
from lossbench.words.phrases import Sentences


def markdown(study: Study, tables: Tables, provenance: Provenance | None = None) -> str:
    """The study in a few lines of Markdown. Takes what `page.render` takes, without figures."""
    shown = []
    if filled(tables, "metrics", "contrasts"):
        shown.append(table(answer_tables.headline(tables)))
    if filled(tables, "claims"):
        shown.append(table(answer_tables.claims(tables)))
    return template("summary.md.j2").render(
        study=study,
        scope=prose.scope(study),
        run_counts=prose.run_counts(study, tables),
        notices=prose.notices(study, tables),
        answer=answer(tables),
        tables=shown,
        repetitions=prose.repetitions(study),
        commit=(provenance or {}).get("git_commit"),
        page=StudyPaths(study.name).page,
    )


def answer(tables: Tables) -> list[str]:
    """The first screen's words: the answer, then both questions."""
    first = prose.first_screen(tables)
    questions = (
        ("Which ends lower?", first["ends_lower"]),
        ("Which learns faster?", first["learns_faster"]),
    )
    return [
        f"**{escaped(first['heading'])}.** {escaped(first['deck'])}",
        *(f"{asked} {bold(said)}" for asked, said in questions),
    ]


def table(shown: DataTable) -> str:
    """A table of the page as a Markdown table, with its caption."""
    heads = [f"{column.label} {column.unit}".strip() for column in shown.columns]
    rules = ["---:" if column.numeric else "---" for column in shown.columns]
    body = [[_cell(cell) for cell in row.cells] for row in shown.rows]
    lines = [" | ".join(row) for row in ([escaped(head) for head in heads], rules, *body)]
    return f"**{escaped(shown.caption)}**\n\n" + "\n".join(f"| {line} |" for line in lines)


def bold(said: Sentences) -> str:
    """A paragraph, its findings in bold."""
    if isinstance(said, str):
        return escaped(said)
    return " ".join(f"**{escaped(each.lead)}**{escaped(each.rest)}" for each in said)


def _cell(cell: Cell) -> str:
    return escaped(cell.text) or numbers.ABSENT
