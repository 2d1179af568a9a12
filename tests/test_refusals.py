"""Refusals that nothing else here reaches: each names what was given and what is allowed.

The others stand beside what they refuse.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders import synthetic
from builders.project_copy import TINY
from builders.refusals import refused
from builders.tiny_sources import idx
from lossbench.analysis.metrics import measure
from lossbench.datasets.idx import parse_idx
from lossbench.datasets.idx_folder import read_idx_folder
from lossbench.datasets.image import Reading
from lossbench.datasets.layout import layout
from lossbench.datasets.shards import read_shards
from lossbench.datasets.source_files import shard_files
from lossbench.errors import ConfigError, DataError, TableError
from lossbench.networks.loader import load
from lossbench.study.loading import load_study, parse_study
from lossbench.tables.listing import read_listing
from lossbench.tables.logits import column, matrix
from lossbench.tables.parquet import read
from lossbench.tables.study import TABLES
from lossbench.verbs.cache import parse_size

RATES = [0.1, 0.3]


def compared(*losses: dict, **fields) -> dict:
    """The study with these losses in its one comparison."""
    grids = [{"learning_rates": RATES} | loss for loss in losses]
    comparison = TINY["comparisons"][0] | {"losses": grids}
    return TINY | {"comparisons": [comparison]} | fields


def margins(loss: str, *settings: dict) -> dict:
    return compared({"loss": "cross_entropy"}, {"loss": loss, "margins": list(settings)})


def mine(setting: dict, **grid) -> dict:
    """The study with a loss of its own that has this setting."""
    own = {"name": "mine", "source": "own.py:loss", "label": "Mine", "settings": [setting]}
    return compared({"loss": "cross_entropy"}, {"loss": "mine"} | grid, losses=[own])


@pytest.mark.parametrize(
    ("study", "message"),
    [
        (
            TINY | {"seeds": {"tuning": [100, 101, 102], "evaluation": [0, 1]}},
            "seeds: tuning lists 3 and evaluation 2 seeds; allowed: as many",
        ),
        (compared({"loss": "mse_softmax"}), "losses lacks cross_entropy, the reference"),
        (margins("sm_softmax", {"gamma": 1}), "margins of sm_softmax: allowed: m, s, annealing"),
        (margins("mse_logits", {"m": 1}), "margins of mse_logits: k and M belong to MSE on logits"),
        (margins("sm_softmax", {"m": 1, "s": 2}), "s belongs to losses with a cosine head"),
        (margins("sm_softmax", {"m": 1, "annealing": {}}), "annealing belongs to l_softmax alone"),
        (margins("l_softmax", {"m": 5, "annealing": {}}), "m is 5; allowed: 1, 2, 3, 4"),
        (margins("sm_softmax", {"m": 0.3}, {"m": 0.30000001}), "margins lists m=0.3 twice"),
        (mine({"a": 2}, margins=[{"a": 1}]), "mine takes no margins; its settings are in losses"),
        (mine({"a": "two"}), "losses.0.settings.0.a: 'two' is not allowed"),
        (mine({"a": 10**400}), "is not allowed: Input should be a finite number"),
        (margins("sm_softmax", {"m": "two"}), "margins.0.m: 'two' is not allowed"),
        (margins("mse_logits", {"k": 1}), "margins.0.M: is missing"),
        (mine({"2nd": 2}), "'2nd' is not allowed: a setting is named like `gamma`"),
    ],
)
def test_what_a_study_asks_for_and_may_not(study, message):
    assert message in refused(ConfigError, parse_study, study, origin="a.yaml")


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"absent\.yaml: cannot be read"):
        load_study(tmp_path / "absent.yaml")
    with pytest.raises(DataError, match="absent: cannot be read"):
        layout(tmp_path / "absent")
    with pytest.raises(ConfigError, match=r"absent\.py"):
        load(f"{tmp_path}/absent.py:loss")


def test_an_idx_file_shorter_or_longer_than_its_header_says():
    header = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3])
    assert parse_idx(header + bytes(6), origin="a").shape == (2, 3)
    for values in (5, 7):
        with pytest.raises(DataError, match=rf"^a: holds {values} values; .* header's \(2, 3\)"):
            parse_idx(header + bytes(values), origin="a")


@pytest.mark.parametrize(
    "mapping", ["0 65\n", "0 A\n1 B\n", "0 -1\n1 66\n", "0 99999999999\n1 1\n"]
)
def test_a_mapping_of_other_labels_or_of_no_characters(tmp_path, mapping):
    for part in ("train", "t10k"):
        images, labels = np.zeros((4, 16, 16), np.uint8), np.array([0, 1, 0, 1], np.uint8)
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels))
    (tmp_path / "mapping.txt").write_text("0 65\n1 66 98\n")
    assert read_idx_folder(tmp_path, Reading()).classes == ("A", "Bb")
    (tmp_path / "mapping.txt").write_text(mapping)
    with pytest.raises(DataError, match=r"mapping\.txt: is no mapping of these labels"):
        read_idx_folder(tmp_path, Reading())


def test_class_folders_of_one_name_in_two_spellings(tmp_path):
    for name in ("é", "e\N{COMBINING ACUTE ACCENT}", "f"):
        (tmp_path / name).mkdir()
    with pytest.raises(DataError, match="has two class folders é"):
        layout(tmp_path)


@pytest.fixture
def own(tmp_path) -> Path:
    """A folder whose name says nothing of a part, as that of the test would."""
    folder = tmp_path / "own"
    folder.mkdir()
    return folder


def test_parquet_files_of_a_part_alone_or_of_none(own):
    for name in ("train-0.parquet", "validation.parquet", "photos.parquet"):
        (own / name).touch()
    with pytest.raises(DataError, match=r"photos\.parquet: is of no part; allowed: train, test"):
        shard_files(own)
    (own / "validation.parquet").unlink()
    with pytest.raises(DataError, match=r"are of .*all.*; allowed: names that begin with train"):
        shard_files(own)


@pytest.mark.parametrize(("names", "is_told"), [(["kind"], True), (["kind", "sort"], False)])
def test_a_column_of_labels_is_the_only_one_of_whole_numbers(own, names, is_told):
    fields = [("image", pa.binary()), *((name, pa.int64()) for name in names)]
    pq.write_table(pa.schema(fields).empty_table(), own / "train.parquet")
    said = "all holds no image" if is_told else r"columns image .*, kind .*, sort .*; allowed: one"
    with pytest.raises(DataError, match=said):
        read_shards(own, Reading())


def test_a_job_folder_without_its_listing(tmp_path):
    with pytest.raises(TableError, match="not the folder of a finished training job"):
        read_listing(tmp_path)
    (tmp_path / "runs.json").write_text(json.dumps([{"key": "a"}]))
    with pytest.raises(TableError, match="not the folder of a finished training job"):
        read_listing(tmp_path)


def test_logits_of_two_numbers_of_classes():
    three, four = (pd.DataFrame({"logits": column(np.zeros((2, k)))}) for k in (3, 4))
    assert matrix(three).shape == (2, 3)
    with pytest.raises(TableError, match="rows of 3, 4 logits; allowed: as many in each"):
        matrix(pd.concat([three, four]))


def test_predictions_of_two_outputs():
    tables = synthetic.build()[0]
    predictions = tables["predictions"]
    mixed = predictions.assign(
        output=predictions["output"].mask(predictions["example"] == 0, "sigmoid")
    )
    with pytest.raises(TableError, match=r"outputs .*sigmoid.* of one run; allowed: one"):
        measure(mixed, tables["runs"], tables["history"])


def test_a_table_of_another_version_s_types(tmp_path):
    tables = synthetic.build()[0]
    path, levels = tmp_path / "levels.parquet", TABLES["levels"]
    content = pa.Table.from_pandas(tables["levels"].astype({"level": "int64"}))
    pq.write_table(content.replace_schema_metadata({b"table": b"levels"}), path)
    with pytest.raises(TableError, match="column types differ from this version's levels schema"):
        read(path, levels)


@pytest.mark.parametrize("text", ["", "ten", "10 QB", "1.2.3GB", "-", "infGB", "10", "-1GB"])
def test_what_is_no_size(text):
    assert (parse_size("10GB"), parse_size("1.5 kB")) == (10**10, 1500)
    with pytest.raises(ConfigError, match="is not a size; allowed: a number with B, kB, MB"):
        parse_size(text)
