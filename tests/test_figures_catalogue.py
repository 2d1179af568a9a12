"""One registration places a figure: its module, its template, its tables, its section."""

import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest

from lossbench import figures
from lossbench.code.code_digest import Package
from lossbench.figures.catalogue import FIGURES, Section, figures_of
from lossbench.tables.study import TABLES
from lossbench.tables.theory import THEORY_TABLES

FOLDER = Path(figures.__file__).parent


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_a_name_fit_for_a_path_and_reads_tables_that_the_pipeline_makes(name):
    assert re.fullmatch("[a-z][a-z0-9-]*", name)
    tables = FIGURES[name].tables
    assert tables
    assert set(tables) <= TABLES.keys() | THEORY_TABLES.keys()
    is_theory = set(tables) <= THEORY_TABLES.keys()
    assert is_theory == (FIGURES[name].section == "theory")


def test_every_template_has_its_figure_and_every_figure_a_module_of_its_own():
    modules = [entry.module.rpartition(".")[2] for entry in FIGURES.values()]
    assert len(set(modules)) == len(modules)
    templates = [import_module(entry.module).TEMPLATE for entry in FIGURES.values()]
    assert templates == [f"{module}.j2" for module in modules]
    assert {path.name for path in FOLDER.glob("templates/*")} == set(templates)


def test_no_figure_s_module_imports_another_s():
    modules = {entry.module for entry in FIGURES.values()}
    for module in modules:
        source = Path(import_module(module).__file__).read_text()
        assert not modules & set(re.findall(r"(?:from|import) (lossbench\.figures\.\w+)", source))


def test_each_section_has_its_figures_in_the_catalogue_s_order():
    placed = [name for section in get_args(Section) for name in figures_of(section)]
    assert placed == list(FIGURES)


def test_the_catalogue_is_light_enough_for_a_plan():
    heavy = {"matplotlib", "seaborn", "pandas", "numpy", "scipy", "jinja2"}
    program = (
        "import sys, lossbench.figures.catalogue\n"
        f"sys.exit(str({heavy} & {{name.split('.')[0] for name in sys.modules}} or '') or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_new_figure_and_a_new_sentence_leave_the_other_figures_alone(tmp_path):
    package = tmp_path / "lossbench"
    shutil.copytree(FOLDER.parent, package, ignore=shutil.ignore_patterns("__pycache__"))

    def digests() -> dict[str, str]:
        copied = Package(package)
        return {name: copied.digest("draw", name) for name in FIGURES}

    before = digests()
    folder = package / "figures"
    text = (folder / "answer.py").read_text().replace('"answer.j2"', '"another.j2"')
    (folder / "another.py").write_text(text)
    shutil.copy(folder / "templates/answer.j2", folder / "templates/another.j2")
    catalogue = folder / "catalogue.py"
    entry = 'Entry("answer", "lossbench.figures.another", ("contrasts",))'
    text = catalogue.read_text()
    catalogue.write_text(
        text.replace('    "answer": Entry(', f'    "another": {entry},\n    "answer": Entry(', 1)
    )
    assert digests() == before
    template = folder / "templates/answer.j2"
    template.write_text(template.read_text().replace("hollow", "open"))
    changed = {name for name, digest in digests().items() if digest != before[name]}
    assert changed == {"answer"}
