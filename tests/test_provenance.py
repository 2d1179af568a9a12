"""The record of where results come from: versions and machine.

The commit is in `test_users_surroundings`.
"""

import sys
from pathlib import Path

import pandas as pd
import pytest

from lossbench.provenance import environment
from lossbench.verbs.trace import training


def test_the_environment_names_versions_that_are_installed():
    recorded = environment()
    assert recorded["packages"]["numpy"] == __import__("numpy").__version__
    assert recorded["machine"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert recorded["machine"]["processor"]


def test_no_path_of_the_machine_enters_the_record():
    assert str(Path.home()) not in str(environment())


def test_each_device_has_its_data_sets_seconds_and_share():
    runs = [
        ("H", "cifar10", 10.0, 0.5),
        ("C", "mnist", 1.0, 0.2),
        ("C", "mnist_2", 3.0, 0.4),
        ("C", "mnist", 0.0, 0.9),
    ]
    columns = ["device", "dataset", "train_s", "peak_share"]
    cpu, gpu = training(pd.DataFrame(runs, columns=columns))
    assert gpu == {"device": "H", "datasets": ["cifar10"], "train_seconds": 10, "peak_share": 0.5}
    assert cpu.pop("peak_share") == pytest.approx((1 * 0.2 + 3 * 0.4) / 4)
    assert cpu == {"device": "C", "datasets": ["mnist", "mnist_2"], "train_seconds": 4.0}
