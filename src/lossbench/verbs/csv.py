"""Write the tables as CSV."""

from lossbench.files import atomic
from lossbench.study.paths import EXPORTED, StudyPaths
from lossbench.tables.stored import read_tables, read_theory
from lossbench.verbs import Folder


def csv(folder: Folder) -> None:
    paths = StudyPaths.around(folder)
    for name, frame in (read_tables(paths, *EXPORTED) | read_theory(paths)).items():
        with atomic(paths.csv(name)) as temporary:
            frame.to_csv(temporary, index=False)
