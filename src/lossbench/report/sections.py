"""The page's ten sections, in their order: which sentences, figures and tables stand where."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lossbench.figures.catalogue import Section as FigureSection
from lossbench.report import (
    contrast_tables,
    feature_tables,
    result_tables,
    run_table,
    sentences,
    tuning,
)
from lossbench.report.blocks import (
    Block,
    FigureContent,
    Heading,
    Items,
    Prose,
    Section,
)
from lossbench.report.drawings import drawn_of
from lossbench.report.evidence import Tables, filled
from lossbench.report.last_layer_section import last_layer
from lossbench.report.methods import Provenance, methods
from lossbench.report.statements import Statement
from lossbench.report.theory_section import theory
from lossbench.study.config import Study


@dataclass(frozen=True)
class Material:
    """All that the page is made of."""

    study: Study
    tables: Tables
    figures: Mapping[str, FigureContent]
    provenance: Provenance
    statements: Sequence[Statement]


def sections(material: Material) -> tuple[Section, ...]:
    """The ten sections; one without evidence says so."""
    return tuple(
        Section(anchor, title, tuple(blocks(material)) or (Prose(NOTHING, quiet=True),))
        for anchor, (title, blocks) in SECTIONS.items()
    )


NOTHING = "The study has no table that speaks about this."


def _answer(material: Material) -> Iterator[Block]:
    study, tables = material.study, material.tables
    yield from sentences.answer(tables)
    if filled(tables, "metrics", "contrasts"):
        yield result_tables.headline(tables)
    yield from _figures(material, "answer")
    yield Prose(sentences.seeds(study), "methods", "methods", quiet=True)


def _claims(material: Material) -> Iterator[Block]:
    if filled(material.tables, "claims"):
        yield Prose(
            "Each claim of the usual explanation is tested by itself; its verdict is computed "
            "from the tables."
        )
        yield result_tables.claims(material.tables, frozenset(material.figures))


def _convergence(material: Material) -> Iterator[Block]:
    study, tables = material.study, material.tables
    if filled(tables, "contrasts"):
        yield Items(sentences.losses_on_speed(study, tables))
    yield from _figures(material, "convergence")
    if filled(tables, "contrasts"):
        yield contrast_tables.speed(tables)
    if filled(tables, "survival"):
        yield contrast_tables.survival(tables)
    if filled(tables, "history"):
        yield result_tables.curves(tables, study)


def _final(material: Material) -> Iterator[Block]:
    study, tables = material.study, material.tables
    if filled(tables, "contrasts"):
        yield Items(sentences.losses_on_error(study, tables))
    yield from _figures(material, "final-error")
    if filled(tables, "contrasts"):
        yield contrast_tables.error_contrasts(tables)
    if filled(tables, "metrics"):
        yield result_tables.errors(tables)
        yield result_tables.seed_errors(tables)
    yield from _figures(material, "predictions")
    if filled(tables, "metrics"):
        yield result_tables.class_errors(tables)
    if filled(tables, "confusion"):
        yield result_tables.confusion(tables)


def _sensitivity(material: Material) -> Iterator[Block]:
    tables = material.tables
    yield Prose(sentences.sensitivity(tables))
    yield from _figures(material, "sensitivity")
    if filled(tables, "choices"):
        yield tuning.choices(tables)
    if filled(tables, "metrics", "choices"):
        yield tuning.trials(tables)
    yield Heading("At one shared rate")
    yield Prose(sentences.same_rate(tables))
    yield from _figures(material, "same-rate")
    if filled(tables, "contrasts"):
        yield contrast_tables.same_rate(tables)
        yield contrast_tables.same_rate_speed(tables)


def _mechanism(material: Material) -> Iterator[Block]:
    if filled(material.tables, "history"):
        yield Prose(
            "Theory says that under MSE the gradient of the logits carries the slope of the "
            "output, which is small where the output is sure of itself, right or wrong; under "
            "cross-entropy that slope cancels. Both were measured while the networks trained.",
            "theory",
            "the theory",
        )
    yield from _figures(material, "mechanism")
    yield from last_layer(material.tables)


def _features(material: Material) -> Iterator[Block]:
    yield from _figures(material, "features")
    if filled(material.tables, "geometry"):
        yield feature_tables.geometry(material.tables)


def _theory(material: Material) -> Iterator[Block]:
    yield from theory(material.tables, material.figures, material.statements)


def _runs(material: Material) -> Iterator[Block]:
    study, tables = material.study, material.tables
    for sentence in (sentences.counts(study, tables), sentences.diverged(tables)):
        if sentence:
            yield Prose(sentence)
    yield run_table.run_table(study, tables)


def _methods(material: Material) -> Iterator[Block]:
    yield from methods(material.study, material.provenance)


def _figures(material: Material, section: FigureSection) -> Iterator[Block]:
    return drawn_of(section, material.figures, material.tables)


SECTIONS = {
    "answer": ("The answer", _answer),
    "claims": ("The claims", _claims),
    "convergence": ("Convergence", _convergence),
    "final-error": ("Final error", _final),
    "sensitivity": ("Sensitivity to the learning rate", _sensitivity),
    "mechanism": ("Mechanism", _mechanism),
    "features": ("Features", _features),
    "theory": ("Theory", _theory),
    "runs": ("Runs", _runs),
    "methods": ("Methods and provenance", _methods),
}
"""Anchor, title and content of each section, in the page's order."""
