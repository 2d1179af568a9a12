"""Write the tables as CSV, and what their columns mean."""

from lossbench.files import atomic, write_text
from lossbench.study.paths import EXPORTED, StudyPaths
from lossbench.tables.codebook import codebook
from lossbench.tables.stored import read_tables
from lossbench.tables.study import TABLES
from lossbench.tables.theory import THEORY_TABLES
from lossbench.verbs import Folder


def csv(folder: Folder) -> None:
    paths = StudyPaths.around(folder)
    for name, frame in read_tables(paths, *EXPORTED, *THEORY_TABLES).items():
        with atomic(paths.csv(name)) as temporary:
            frame.to_csv(temporary, index=False)
    schemas = [*(TABLES[name] for name in EXPORTED), *THEORY_TABLES.values()]
    write_text(paths.codebook, codebook(schemas))
