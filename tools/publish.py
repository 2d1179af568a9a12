"""Publishes a finished study: page, most tables, origin; the default study's answer in the README.

`python -m tools.publish results/mnist-cifar10`, or `make publish`, to docs/published. The README
says what is computed from the published tables alone: whoever has them can compute it again.
"""

import json
import lzma
import shutil
import sys
from pathlib import Path

import pandas as pd

from lossbench.report import markdown, promises
from lossbench.report.packing import DIGITS
from lossbench.report.templating import paragraph
from lossbench.study.loading import load_study
from lossbench.study.own_code import local_modules, resolved
from lossbench.study.paths import EXPORTED, StudyPaths
from lossbench.tables.rows import Tables, filled
from lossbench.tables.stored import read_finished
from lossbench.words import numbers
from lossbench.words.names import dataset_name
from tools.marks import put

ROOT = Path(__file__).parents[1]
PUBLISHED = ROOT / "docs/published"
ANSWERING_STUDY = "mnist-cifar10"
"""The one whose answer and cost the README has."""
FIGURE = "answer"
ANSWERING = ("metrics", "contrasts")
"""The tables that the answer is made from."""
LEFT_OUT = ("confusion", "gallery", "origins", "projections", "reliability")
"""Large tables that no verdict rests on."""
KEPT = tuple(name for name in EXPORTED if name not in LEFT_OUT)
"""The tables that are published."""
LONG = 10_000
"""A table of more bytes is published packed."""
BESIDE = "../lossbench"
"""The checkout, from a folder beside it, as in the README. A machine's paths are no one's."""
MARK, END = "<!-- {}, by make publish -->", "<!-- end of {} -->"


def copy(paths: StudyPaths, folder: Path) -> None:
    """Copy the study's page, tables, configuration, own code and origin."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tables").mkdir(parents=True)
    page = paths.page.read_text("utf-8").replace(str(ROOT), BESIDE)
    folder.with_suffix(".html").write_text(page, "utf-8")
    for source in (paths.provenance, paths.summary):
        shutil.copy(source, folder)
    study = json.loads(paths.study.read_text("utf-8")) | {"repetition": None}
    (folder / paths.study.name).write_text(json.dumps(study, separators=(",", ":")) + "\n", "utf-8")
    for own in own_files(paths):
        (folder / own).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(paths.results.parent / own, folder / own)
    for name in KEPT:
        _copy_table(paths.csv(name), folder / "tables")
    shutil.copy(paths.codebook, folder / "tables")
    (folder / "README.md").write_text(contents(paths.name), "utf-8")
    # Outside the page a drawing has no background of its own, and a dark one would hide its text.
    drawing = paths.figure(FIGURE).read_text("utf-8")
    on_white = drawing.replace("<svg ", '<svg style="background:#fff" ', 1)
    (folder / f"{FIGURE}.svg").write_text(on_white, "utf-8")


def own_files(paths: StudyPaths) -> list[Path]:
    """The files of the study's own losses and networks, and those of their own that they import.

    Relative to the folder in which it was run. Raises ValueError: one is elsewhere.
    """
    home = paths.results.parent.absolute()
    study = json.loads(paths.study.read_text("utf-8"))
    sources = [resolved(own["source"], home) for own in (*study["losses"], *study["networks"])]
    files = {file.absolute() for source in sources for file in local_modules(source).values()}
    return sorted(file.relative_to(home) for file in files)


def _copy_table(source: Path, folder: Path) -> None:
    frame = pd.read_csv(source, keep_default_na=False, na_values=[""], low_memory=False)
    text = frame.convert_dtypes().to_csv(index=False, float_format=f"%.{DIGITS}g").encode()
    if len(text) > LONG:
        (folder / f"{source.name}.xz").write_bytes(lzma.compress(text))
    else:
        (folder / source.name).write_bytes(text)


def contents(name: str) -> str:
    """What the folder of the published study `name` holds, and how the rest is made again."""
    return f"""# The published study `{name}`

`python -m tools.publish results/{name}` writes this folder and [the page](../{name}.html).

| file | what it is |
|---|---|
| `study.json` | the configuration, all but `repetition`; a study file, with own code beside it |
| `provenance.json` | commit, digests of code and data, versions, machine |
| `summary.md` | the answer, the headline table and the claims |
| `answer.svg` | its figure |
| `tables/` | {", ".join(f"`{table}`" for table in KEPT)}; to {DIGITS} digits, long ones as xz |
| `tables/README.md` | what their columns mean |

Left out are {", ".join(f"`{table}`" for table in LEFT_OUT)} and `predictions`, which are large, and
the tables of the theory chapter, which come from no training.
`snakemake --cores all --configfile docs/published/{name}/study.json` makes all of them again, in
`results/{name}`; `lossbench compare docs/published/{name} results/{name}` compares the two.
"""


def answer(folder: Path) -> str:
    """The answer in two sentences and its figure, from the published tables."""
    tables = read_finished(folder, *ANSWERING, "repetition", "together")
    place = folder.relative_to(ROOT).as_posix()
    alt = "Test error and steps to the same error of each loss, against cross-entropy"
    return "\n\n".join(
        [
            markdown.answer(tables)[0],
            f"[![{alt}]({place}/{FIGURE}.svg)]({place}.html)",
            f"[The page]({place}.html) has every claim and every number; [its folder]({place}) has"
            " most tables as CSV, the configuration, the versions and the machine."
            + _repeated(tables),
        ]
    )


def _repeated(tables: Tables) -> str:
    if not filled(tables, "repetition"):
        return ""
    found = promises.seen(tables)
    return (
        f" Repeated with other seeds, the study gave {found['primary_same']} of {found['primary']}"
        f" primary verdicts again; of all {found['promise'].verdicts}, {found['differ']} differ and"
        f" {found['opposite']} are reversed. {paragraph('prose/decided.txt.j2', **found)}"
    )


def cost(folder: Path) -> str:
    """What the study took, from what is published of its runs."""
    load_study(folder / "study.json")  # which names its data sets
    origin = json.loads((folder / "provenance.json").read_text("utf-8"))
    timing = read_finished(folder, "timing")["timing"]
    trained = [
        f"{numbers.duration(each['train_seconds'])} on {each['device']}"
        f" ({', '.join(dataset_name(name) for name in each['datasets'])})"
        for each in origin["training"]
    ]
    return (
        f"`{folder.name}` made {numbers.count(len(timing), 'run')} at commit"
        f" `{origin['git_commit'][:10]}`. Training and what it measures took"
        f" {numbers.join(trained)}, the times of jobs that ran side by side added up. No job took"
        f" more than {timing['peak_memory_bytes'].max() / 2**30:.1f} GiB of memory."
    )


def main(source: Path) -> None:
    """Publish the study in the folder `source`; of the default one, renew what the README says."""
    paths = StudyPaths(source.name, source.parent)
    folder = PUBLISHED / source.name
    copy(paths, folder)
    if source.name != ANSWERING_STUDY:
        return
    for name, text in (("the answer", answer), ("the cost", cost)):
        put(ROOT / "README.md", MARK.format(name), END.format(name), text(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
