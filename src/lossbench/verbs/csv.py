"""Write the tables as CSV, and what their columns mean."""

from lossbench.files import atomic
from lossbench.study.paths import EXPORTED, StudyPaths
from lossbench.tables.codebook import codebook
from lossbench.tables.stored import read_tables, read_theory
from lossbench.tables.study import TABLES
from lossbench.tables.theory import THEORY_TABLES
from lossbench.verbs import Folder


def csv(folder: Folder) -> None:
    paths = StudyPaths.around(folder)
    for name, frame in (read_tables(paths, *EXPORTED) | read_theory(paths)).items():
        with atomic(paths.csv(name)) as temporary:
            frame.to_csv(temporary, index=False)
    schemas = [*(TABLES[name] for name in EXPORTED), *THEORY_TABLES.values()]
    with atomic(paths.codebook) as temporary:
        temporary.write_text(codebook(schemas), "utf-8")
