"""Give every claim its verdict, from the theory chapter and from the contrasts."""

from lossbench.claims.from_benchmark import benchmark_claims
from lossbench.claims.from_theory import claims
from lossbench.study.paths import StudyPaths
from lossbench.study.slices import read_slice
from lossbench.tables.parquet import concat
from lossbench.tables.stored import read_tables, read_theory, write_tables
from lossbench.tables.study import CLAIMS
from lossbench.verbs import Folder, StudyText

USES = ("statistics.level",)
CARDS = ("loss.name", "network.name", "dataset.name", "dataset.is_stand_in")


def judge(study: StudyText, folder: Folder) -> None:
    settings = read_slice(study, USES)
    paths = StudyPaths.around(folder)
    derived = claims(read_theory(paths))
    tables = read_tables(paths, "contrasts", "metrics")
    measured = benchmark_claims(settings, theory=derived, **tables)
    write_tables(paths, {"claims": concat([derived, measured], CLAIMS)})
