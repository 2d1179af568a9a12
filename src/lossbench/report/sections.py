"""The page's sections, in their order: what stands where, and the tables that it needs."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from lossbench.figures.catalogue import Section as FigureSection
from lossbench.figures.catalogue import figures_of
from lossbench.report import (
    answer_tables,
    error_tables,
    feature_tables,
    promises,
    prose,
    run_status,
    speed_tables,
    theory_tables,
    tuning_tables,
)
from lossbench.report.blocks import Block, FigureBlock, Material, Section, TableBlock, TextBlock
from lossbench.report.data_tables import DataTable
from lossbench.report.labels import losses
from lossbench.report.statements import STATEMENTS
from lossbench.tables.rows import Tables
from lossbench.tables.theory import THEORY_TABLES
from lossbench.words.questions import ERROR, SPEED, Question

Made = TypeVar("Made")


def _section(anchor: str, title: str, *blocks: Block) -> Section:
    return Section(anchor, title, blocks)


def _of_tables(make: Callable[[Tables], Made]) -> Callable[[Material], Made]:
    """What needs the tables alone."""
    return lambda page: make(page.tables)


def _table(make: Callable[[Tables], DataTable], *needs: str) -> TableBlock:
    return TableBlock(_of_tables(make), needs)


def _said(question: Question) -> TextBlock:
    """The losses on trial."""
    values = _of_tables(partial(prose.of_losses, question))
    return TextBlock("prose/losses.html.j2", ("contrasts",), values)


def _others(question: Question, words: str) -> TableBlock:
    """The losses not on trial, in short."""
    return TableBlock(
        lambda page: answer_tables.others(page.tables, question, words), ("contrasts",)
    )


def _figures(section: FigureSection) -> list[FigureBlock]:
    """The figures of a section, or of a part of one."""
    return [FigureBlock(name) for name in figures_of(section)]


def _statements() -> Iterator[Block]:
    """What the theory chapter says about each of its figures, and the figure."""
    for figure in figures_of("theory"):
        if figure in STATEMENTS:
            said = STATEMENTS[figure]
            yield TextBlock(said.template, said.needs, _of_tables(said.values))
        yield FigureBlock(figure)


def _theory_table(name: str) -> TableBlock:
    return TableBlock(_of_tables(partial(theory_tables.short_table, name)), (name,))


SECTIONS = (
    _section(
        "answer",
        "The answer",
        TextBlock("prose/ends-lower.html.j2", values=_of_tables(prose.first_screen)),
        *_figures("ends-lower"),
        TextBlock("prose/learns-faster.html.j2", values=_of_tables(prose.first_screen)),
        *_figures("learns-faster"),
        *_figures("answer"),
        _table(answer_tables.headline, "metrics", "contrasts"),
        TextBlock(
            "prose/repetitions.html.j2",
            values=lambda page: {"repetitions": prose.repetitions(page.study)},
        ),
    ),
    _section(
        "claims",
        "The claims",
        TextBlock("prose/claims.html.j2", ("claims",), prose.claims),
    ),
    _section(
        "convergence",
        "Convergence",
        _said(SPEED),
        _others(SPEED, "tables/other-speeds.txt.j2"),
        *_figures("convergence"),
        _table(speed_tables.speed, "contrasts"),
        TableBlock(
            lambda page: speed_tables.speed_by_level(page.tables, page.study), ("level_ratios",)
        ),
        TableBlock(lambda page: speed_tables.curves(page.tables, page.study), ("history",)),
    ),
    _section(
        "final-error",
        "Final error",
        _said(ERROR),
        _others(ERROR, "tables/other-errors.txt.j2"),
        *_figures("final-error"),
        _table(error_tables.error_contrasts, "contrasts"),
        _table(error_tables.errors, "metrics"),
        _table(error_tables.seed_errors, "metrics"),
        *_figures("predictions"),
        _table(error_tables.class_errors, "class_errors", "class_names"),
        _table(error_tables.confusion, "confusion", "class_names"),
    ),
    _section(
        "sensitivity",
        "Sensitivity to the learning rate",
        TextBlock("prose/sensitivity.html.j2", ("choices",), prose.sensitivity),
        *_figures("sensitivity"),
        _table(tuning_tables.choices, "choices"),
        _table(tuning_tables.trials, "metrics", "choices"),
        TextBlock("prose/same-rate.html.j2", ("contrasts",), prose.same_rate),
        *_figures("same-rate"),
        _table(error_tables.same_rate, "contrasts"),
        _table(speed_tables.same_rate_speed, "contrasts"),
    ),
    _section(
        "mechanism",
        "Mechanism",
        TextBlock("prose/mechanism.html.j2", ("history",)),
        *_figures("mechanism"),
        TextBlock("prose/last-layer.html.j2", ("last_layer",), prose.last_layer),
        TableBlock(
            lambda page: feature_tables.last_layer(page.tables, page.study), ("last_layer",)
        ),
    ),
    _section(
        "features",
        "Features",
        *_figures("features"),
        _table(feature_tables.geometry, "geometry"),
    ),
    _section(
        "theory",
        "Theory",
        *_statements(),
        TextBlock("prose/theory-numbers.html.j2", ("theory_constants",)),
        *(_theory_table(name) for name in THEORY_TABLES),
        TextBlock("prose/theory-tables.html.j2", ("theory_constants",)),
    ),
    _section(
        "replication",
        "Would it replicate?",
        TextBlock("prose/promised.html.j2", ("contrasts",), _of_tables(promises.promised)),
        TextBlock("prose/repeated.html.j2", ("repetition", "together"), _of_tables(promises.seen)),
        TableBlock(_of_tables(promises.together), ("repetition", "together")),
        TableBlock(_of_tables(promises.changed), ("repetition",)),
    ),
    _section(
        "runs",
        "Runs",
        TextBlock("prose/runs.html.j2", values=prose.runs),
        TableBlock(
            lambda page: run_status.run_table(
                page.study, page.tables, page.provenance.get("snakemake", "snakemake --cores 1")
            )
        ),
    ),
    _section(
        "methods",
        "Methods and provenance",
        TextBlock("prose/protocol.html.j2", values=lambda page: {"losses": losses(page.study)}),
        TextBlock("prose/training.html.j2", values=prose.training),
        TextBlock("prose/scope.html.j2", values=prose.training),
        TextBlock("prose/origin.html.j2"),
        TextBlock("prose/data.html.j2"),
        TextBlock("prose/record.html.j2", values=prose.record),
        TextBlock("prose/citation.html.j2"),
    ),
)
