"""A network on a data set has one name in headings and one in sentences."""

import subprocess
import sys

import pandas as pd
import pytest

from lossbench.words.places import Place, on

LENET = Place("mnist", "lenet", "annealed", 2)
CONVNET = Place("cifar10", "convnet", "annealed", 2)


def test_a_place_is_named_in_headings_and_in_sentences() -> None:
    assert LENET.heading == "MNIST · LeNet"
    assert LENET.in_sentence == "MNIST with LeNet"
    assert Place("digits", "mlp", "annealed", 2).heading.startswith("Digits (stand-in)")


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ([LENET], "on MNIST with LeNet"),
        ([LENET, CONVNET], "on MNIST with LeNet and on CIFAR-10 with ConvNet"),
        ([Place("mnist", "mlp", "annealed", 2), LENET], "on MNIST with MLP and LeNet"),
    ],
)
def test_several_places_name_their_data_set_once(places, words) -> None:
    assert on(places) == words


def test_its_rows_are_those_of_its_network_and_data_set() -> None:
    frame = pd.DataFrame({"dataset": "mnist", "model": ["mlp", "lenet"], "at": [0, 1]})
    frame = frame.assign(recipe="annealed", epochs=2)
    assert LENET.rows(frame)["at"].tolist() == [1]
    assert Place.of(next(frame.itertuples())) == Place("mnist", "mlp", "annealed", 2)


def test_who_only_names_places_does_not_load_pandas() -> None:
    code = "import sys, lossbench.verbs.status; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
