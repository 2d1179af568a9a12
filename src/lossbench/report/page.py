"""The page: one HTML file that needs nothing beside itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from lossbench.cards.dataset import STAND_INS
from lossbench.cards.loss import PRIMARY
from lossbench.figures.palette import stylesheet
from lossbench.report import sentences, verdicts
from lossbench.report.blocks import FigureContent, LossKey, Section
from lossbench.report.evidence import Tables
from lossbench.report.labels import losses
from lossbench.report.methods import UNRECORDED, Provenance
from lossbench.report.sections import Material, sections
from lossbench.report.statements import Statement
from lossbench.study.config import Study
from lossbench.words import numbers
from lossbench.words.names import dataset_name


@dataclass(frozen=True)
class Page:
    """What the page's template shows."""

    title: str
    description: str
    generator: str
    standfirst: str
    notices: tuple[str, ...]
    losses: tuple[LossKey, ...]
    sections: tuple[Section, ...]
    colophon: str


def render(
    study: Study,
    tables: Tables,
    figures: Mapping[str, FigureContent],
    provenance: Provenance,
    statements: Sequence[Statement] = (),
) -> str:
    """The study's page as one HTML text.

    `tables` holds the study's and the theory chapter's tables by name; one that is absent leaves
    its place out. `figures` stand in their sections, those of the theory chapter each with its
    statement from `statements`. `provenance` is the pipeline's record; what it lacks is
    printed as not recorded.

    Raises LossbenchError: a figure or statement is not plain SVG or MathML.
    """
    material = Material(study, tables, figures, provenance, statements)
    page = Page(
        title=study.title,
        description=verdicts.plain(verdicts.speed(tables, PRIMARY)),
        generator=f"lossbench {provenance.get('lossbench', '')}".strip(),
        standfirst=_standfirst(study, tables, provenance),
        notices=tuple(notices(study, tables)),
        losses=losses(study),
        sections=sections(material),
        colophon=_colophon(study, provenance),
    )
    environment = _environment()
    html = environment.get_template("page.html.j2").render(
        page=page,
        stylesheet=Markup(stylesheet() + _source("style.css")),
        script=Markup(_source("script.js")),
    )
    return html + "\n"


def notices(study: Study, tables: Tables) -> list[str]:
    """What a reader must know before any number: stand-ins, shortened studies, missing data."""
    stand_ins = [dataset_name(each.name) for each in study.datasets if each.name in STAND_INS]
    caps = study.limits.model_dump(exclude_none=True)
    limits = numbers.join([f"{name.replace('_', ' ')}: {cap}" for name, cap in caps.items()])
    found = [
        f"{numbers.join(stand_ins)}: small data that need no download. What holds on them need not "
        "hold on the data sets they stand in for."
        if stand_ins
        else "",
        f"This study was shortened (at most {limits}). It shows that everything works; its numbers "
        "are not the study's answer."
        if caps
        else "",
        sentences.missing(study, tables),
    ]
    return [notice for notice in found if notice]


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("lossbench.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _source(name: str) -> str:
    """A file beside the templates, as it stands: CSS and JavaScript are not templates."""
    environment = _environment()
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def _standfirst(study: Study, tables: Tables, provenance: Provenance) -> str:
    names = numbers.join([dataset_name(dataset.name) for dataset in study.datasets])
    finished = str(provenance.get("finished") or "")
    return (
        f"{numbers.count(len(losses(study)), 'loss')} on {names}. {sentences.counts(study, tables)}"
        + (f" Finished {finished}." if finished else "")
    )


def _colophon(study: Study, provenance: Provenance) -> str:
    commit = str(provenance.get("git_commit") or UNRECORDED)
    return (
        f"Study {study.name}, made by lossbench {provenance.get('lossbench', '')} at commit "
        f"{commit}. This file needs no network; its tables and figures can be saved one by one."
    )
