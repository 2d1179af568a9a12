"""Draw figures, and write down the words around them; what is drawn already is taken as it is."""

import hashlib
import json
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from lossbench.errors import FileError, LossbenchError
from lossbench.figures.catalogue import FIGURES
from lossbench.figures.drawing import svg_and_words
from lossbench.files import file_sha256, read_json, write_json, write_text
from lossbench.study.paths import StudyPaths
from lossbench.study.slices import read_slice
from lossbench.tables.stored import read_tables, table_path
from lossbench.verbs import Folder, StudyText

USES = (
    "comparisons.dataset",
    "comparisons.model",
    "comparisons.recipe",
    "comparisons.epochs",
    "recipes.name",
    "recipes.tuned_for",
    "statistics.level",
    "theory.learning_rate",
)
CARDS = ("loss", "network", "dataset")
LIBRARIES = ("matplotlib", "seaborn", "pandas", "numpy", "scipy")


def draw(
    study: StudyText,
    folder: Folder,
    codes: Annotated[str, typer.Option(help="The digest of each figure's code, as JSON.")],
    cards: Annotated[str, typer.Option(help="What figures use of the study's cards, as JSON.")],
) -> None:
    settings, paths = read_slice(study, USES), StudyPaths.around(folder)
    shared = [settings.model_dump_json(), cards, *map(metadata.version, LIBRARIES)]
    read: dict[str, pd.DataFrame] = {}
    for name, code in json.loads(codes).items():
        if name not in FIGURES:
            raise LossbenchError(f"--codes: no figure {name!r}; allowed: {', '.join(FIGURES)}")
        entry = FIGURES[name]
        files = [table_path(paths, each) for each in entry.tables]
        determinants = [code, *shared, *map(file_sha256, files)]
        kept = _kept(paths.drawn(name), determinants)
        if kept is None:
            read |= read_tables(paths, *(each for each in entry.tables if each not in read))
            tables = {each: read[each] for each in entry.tables}
            svg, described = svg_and_words(name, entry.module, tables, settings)
            words = asdict(described) if described else {}
            kept = {"svg": svg, "words": words, "seal": _seal(determinants, svg, words)}
            write_json(paths.drawn(name), kept)
            print(f"{name}: drawn")
        write_text(paths.figure(name), kept["svg"])
        write_json(paths.words(name), kept["words"])


def _kept(path: Path, determinants: list[str]) -> dict[str, Any] | None:
    """The figure as an earlier process drew it from the same; None where it is not there whole."""
    try:
        kept = read_json(path)
        is_same = kept["seal"] == _seal(determinants, kept["svg"], kept["words"])
    except (FileError, LookupError, TypeError):
        return None
    return kept if is_same else None


def _seal(determinants: list[str], svg: str, words: dict[str, str]) -> str:
    content = json.dumps([determinants, svg, words])
    return hashlib.sha256(content.encode()).hexdigest()
