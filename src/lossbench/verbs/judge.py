"""Give every claim its verdict, from the theory chapter and from the contrasts."""

from lossbench.claims.from_benchmark import benchmark_claims
from lossbench.claims.from_theory import claims
from lossbench.study.loading import read_study
from lossbench.study.paths import StudyPaths
from lossbench.tables.parquet import concat
from lossbench.tables.stored import read_tables, read_theory, write_tables
from lossbench.tables.study import CLAIMS
from lossbench.verbs import StudyFile


def judge(study: StudyFile) -> None:
    settings = read_study(study)
    paths = StudyPaths.around(study)
    derived = claims(read_theory(paths))
    tables = read_tables(paths, "contrasts", "metrics")
    measured = benchmark_claims(settings, theory=derived, **tables)
    write_tables(paths, {"claims": concat([derived, measured], CLAIMS)})
