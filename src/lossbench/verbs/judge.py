"""Give every claim its verdict, from the theory chapter and from the contrasts."""

from lossbench.claims import all_claims
from lossbench.study.paths import StudyPaths
from lossbench.study.slices import read_slice
from lossbench.tables.stored import read_tables, write_tables
from lossbench.tables.theory import THEORY_TABLES
from lossbench.verbs import Folder, StudyText

USES = ("statistics.level", "recipes.name", "recipes.optimiser", "recipes.head_scale")
CARDS = (
    "loss.name",
    "loss.family",
    "loss.output",
    "network.name",
    "dataset.name",
    "dataset.is_stand_in",
)


def judge(study: StudyText, folder: Folder) -> None:
    paths = StudyPaths.around(folder)
    tables = read_tables(paths, "contrasts", "metrics", *THEORY_TABLES)
    asked = read_slice(study, USES)
    judged = all_claims.judge(tables, asked.statistics.level, asked.recipes)
    write_tables(paths, {"claims": judged})
