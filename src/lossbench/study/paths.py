"""Where every file of a study is, relative to the project's root."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from lossbench.study.config import Study
from lossbench.study.fields import Stage
from lossbench.study.groups import Group

STAGE_TABLES: dict[Stage, tuple[str, ...]] = {
    "tuning": ("history", "runs", "timing"),
    "evaluation": ("history", "runs", "timing", "predictions", "geometry", "projections"),
}
"""The tables of a run of each stage."""
LISTING = "runs.json"
"""In a training job's folder, written last: its runs, and where each came from."""
COLLECTED = (*STAGE_TABLES["evaluation"], "origins", "choices", "levels")
"""The study's tables that only gather rows of many files."""
DERIVED = (
    "last_layer",
    "class_names",
    "metrics",
    "class_errors",
    "confusion",
    "reliability",
    "gallery",
    "mean_squares",
    "steps_to_level",
    "level_ratios",
    "contrasts",
    "repetition",
    "together",
    "claims",
)
"""The study's tables that one job computes for all runs."""
COMPARED = ("metrics", "runs", "steps_to_level", "choices", "geometry", "mean_squares")
"""The tables that contrasts are made of, of one study or of several."""
EXPORTED = tuple(name for name in (*COLLECTED, *DERIVED) if name != "predictions")
"""The tables that are written as CSV too; predictions are hundreds of megabytes as text."""


RESULTS = Path("results")


def prepared(dataset: str, results: Path = RESULTS) -> Path:
    """A data set's prepared form; studies share it."""
    return results / "datasets" / f"{dataset}.npz"


def manifest(dataset: str, results: Path = RESULTS) -> Path:
    """The small file beside it with digests, counts and source."""
    return prepared(dataset, results).with_suffix(".json")


@dataclass(frozen=True)
class StudyPaths:
    """The paths of the study called `name`."""

    name: str
    results: Path = RESULTS

    @classmethod
    def around(cls, folder: Path) -> Self:
        """The paths of the study whose folder this is.

        Where Snakemake keeps a study's files in a remote storage, its local copies of them are
        in a tree of their own.
        """
        return cls(folder.name, folder.parent)

    @cached_property
    def root(self) -> Path:
        """Everything but the page."""
        return self.results / self.name

    @property
    def study(self) -> Path:
        """The resolved configuration, as JSON."""
        return self.root / "study.json"

    @property
    def own_code(self) -> Path:
        """What trying the study's own losses and networks found."""
        return self.root / "own_code.json"

    @property
    def provenance(self) -> Path:
        """Code digests, versions, machine, commit."""
        return self.root / "provenance.json"

    @property
    def summary(self) -> Path:
        """The Markdown summary."""
        return self.root / "summary.md"

    @property
    def page(self) -> Path:
        """The report."""
        return self.results.parent / "report" / f"{self.name}.html"

    def group(self, group: Group) -> Path:
        """The folder of a training process: one for each of its jobs."""
        return self.root / "runs" / group.folder

    def jobs(self, group: Group) -> list[Path]:
        """The folders of its jobs: in each a listing, and a folder with its tables for each run."""
        return [self.root / "runs" / folder for folder in group.folders]

    def log(self, group: Group) -> Path:
        """What a training process printed."""
        return self.root / "logs" / f"{group.folder}.log"

    def benchmark(self, group: Group) -> Path:
        """The resources that a training process took; written when it ended well."""
        return self.root / "benchmarks" / f"{group.folder}.tsv"

    def choice(self, comparison: str, loss: str) -> Path:
        """What tuning chose for one loss of the comparison in this folder."""
        return self.root / "choices" / comparison / f"{loss}.parquet"

    def levels(self, comparison: str) -> Path:
        """The validation errors to be reached, declared before any evaluation run."""
        return self.root / "levels" / f"{comparison}.parquet"

    def table(self, name: str) -> Path:
        """A table of the whole study; its CSV is beside it."""
        return self.root / "tables" / f"{name}.parquet"

    def theory(self, name: str) -> Path:
        """A table of the theory chapter."""
        return self.root / "theory" / f"{name}.parquet"

    def csv(self, name: str) -> Path:
        """A table of the study or of the theory chapter, as CSV."""
        return self.root / "tables" / f"{name}.csv"

    @property
    def codebook(self) -> Path:
        """What the columns of the CSV files mean."""
        return self.root / "tables/README.md"

    def stored(self, name: str) -> Path:
        """A table as it is there: of a published study the CSV, a long one packed by xz."""
        whole, text = self.table(name), self.csv(name)
        found = (path for path in (whole, text, text.with_suffix(".csv.xz")) if path.exists())
        return next(found, whole)

    def figure(self, name: str) -> Path:
        """A figure, as SVG."""
        return self.root / "figures" / f"{name}.svg"

    def words(self, name: str) -> Path:
        """A figure's title, subtitle, alternative text and caption, as JSON; {} without data."""
        return self.root / "figures" / f"{name}.json"

    def drawn(self, name: str) -> Path:
        """A figure and its words as they were drawn last, sealed with what determined them."""
        return self.root / "drawn" / f"{name}.json"


def choices(paths: StudyPaths, study: Study) -> list[Path]:
    """What tuning chose, for every loss of every comparison."""
    return [
        paths.choice(each.folder, grid.loss) for each in study.comparisons for grid in each.losses
    ]


def levels(paths: StudyPaths, study: Study) -> list[Path]:
    """The error levels of every comparison."""
    return [paths.levels(each.folder) for each in study.comparisons]
