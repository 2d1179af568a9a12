"""The page: one HTML file that needs nothing beside itself."""

from collections.abc import Mapping

from markupsafe import Markup

from lossbench.cards.loss import REFERENCE
from lossbench.figures.palette import stylesheet
from lossbench.report import prose, templating
from lossbench.report.blocks import Material, Provenance
from lossbench.report.data_tables import names_left
from lossbench.report.drawings import FigureContent
from lossbench.report.labels import losses
from lossbench.report.sections import SECTIONS
from lossbench.study.config import Study
from lossbench.tables.rows import Tables
from lossbench.words.findings import on_trial


def render(
    study: Study, tables: Tables, figures: Mapping[str, FigureContent], provenance: Provenance
) -> str:
    """The study's page as one HTML text.

    `tables` holds the study's and the theory chapter's tables by name; what needs one that is
    absent is left out. `figures` are placed by name. `provenance` is the pipeline's record; what
    it lacks is printed as not recorded.

    Raises LossbenchError: a figure is not plain SVG.
    """
    return templating.html(
        "page.html.j2",
        study=study,
        material=Material(study, tables, figures, provenance),
        sections=SECTIONS,
        losses=losses(study),
        pair=(REFERENCE, *on_trial(tables)),
        first=prose.first_screen(tables),
        scope=prose.scope(study),
        run_counts=prose.run_counts(study, tables),
        notices=prose.notices(study, tables),
        version=provenance.get("lossbench", ""),
        commit=provenance.get("git_commit"),
        stylesheet=Markup(stylesheet() + templating.source("style.css") + names_left()),
        script=Markup(templating.source("script.js")),
    )
