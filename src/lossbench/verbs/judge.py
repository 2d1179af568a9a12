"""Give every claim its verdict, from the theory chapter and from the contrasts."""

from lossbench.claims import all_claims
from lossbench.study.loading import read_study
from lossbench.study.paths import StudyPaths
from lossbench.tables.stored import read_tables, read_theory, write_tables
from lossbench.verbs import StudyFile


def judge(study: StudyFile) -> None:
    paths = StudyPaths.around(study)
    tables = read_tables(paths, "contrasts", "metrics") | read_theory(paths)
    judged = all_claims.judge(tables, read_study(study).statistics.level)
    write_tables(paths, {"claims": judged})
