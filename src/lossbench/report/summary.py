"""The summary for a pull request: the answer, the headline table and the runs, as Markdown."""

from lossbench.report import page, result_tables, sentences
from lossbench.report.blocks import Prose, Text
from lossbench.report.data_tables import Cell, DataTable
from lossbench.report.methods import Provenance
from lossbench.study.config import Study
from lossbench.study.paths import StudyPaths
from lossbench.tables.rows import Tables, filled
from lossbench.words import numbers


def markdown(study: Study, tables: Tables, provenance: Provenance | None = None) -> str:
    """The study in a few lines of Markdown. Takes what `page.render` takes, without figures."""
    parts = [f"# {escaped(study.title)}", escaped(sentences.counts(study, tables))]
    parts += [f"> {escaped(notice)}" for notice in page.notices(study, tables)]
    parts += [words(prose) for prose in sentences.answer(tables)]
    if filled(tables, "metrics", "contrasts"):
        parts.append(table(result_tables.headline(tables)))
    if filled(tables, "claims"):
        parts.append(table(result_tables.claims(tables, frozenset())))
    parts.append(escaped(sentences.seeds(study)))
    commit = (provenance or {}).get("git_commit")
    made_at = f"Commit {escaped(str(commit))}; page" if commit else "Page"
    parts.append(f"{made_at}: `{StudyPaths(study.name).page}`.")
    return "\n\n".join(parts) + "\n"


def table(shown: DataTable) -> str:
    """A table of the page as a Markdown table, with its caption."""
    heads = [f"{column.label} {column.unit}".strip() for column in shown.columns]
    rules = ["---:" if column.numeric else "---" for column in shown.columns]
    body = [[_cell(cell) for cell in row.cells] for row in shown.rows]
    lines = [" | ".join(row) for row in ([escaped(head) for head in heads], rules, *body)]
    return f"**{escaped(shown.caption)}**\n\n" + "\n".join(f"| {line} |" for line in lines)


def escaped(text: str) -> str:
    """`text` without a meaning in Markdown or HTML, on one line."""
    one_line = " ".join(text.split(" ")).replace("\n", " ").replace("\r", " ")
    for mark in "\\`*_[]<>|#":
        one_line = one_line.replace(mark, f"\\{mark}")
    return one_line


def _cell(cell: Cell) -> str:
    return escaped(cell.text) or numbers.ABSENT


def words(prose: Prose) -> str:
    """A paragraph, its findings in bold."""
    text: Text = prose.text
    if isinstance(text, str):
        return escaped(text)
    return " ".join(f"**{escaped(each.lead)}**{escaped(each.rest)}" for each in text)
