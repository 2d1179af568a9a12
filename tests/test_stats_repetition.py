"""A study and its repetition: what was promised, what was seen, and refusals."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
import scipy

from builders import synthetic
from builders.study_tables import PLACE
from lossbench.errors import ConfigError
from lossbench.stats.repetition import Promise, repetition, require_other_seeds


def judged(chances: list[float], networks: list[str]) -> pd.DataFrame:
    """Verdicts in comparisons that differ in their networks."""
    return pd.DataFrame({"replication": chances}).assign(**PLACE).assign(model=networks)


def test_a_promise_is_the_distribution_of_the_number_that_differ():
    rng = np.random.default_rng(4)
    chances = rng.uniform(0.4, 1.0, 60)
    networks = [*rng.choice(list("abcdefgh"), 60), "a"]
    promise = Promise.of(judged([*chances, np.nan], networks))
    numbers = scipy.stats.poisson_binom(1 - chances)
    assert promise.verdicts == 60
    assert promise.expected == pytest.approx(numbers.mean())
    assert promise.independent == numbers.interval(0.95)
    # One draw a comparison decides on all its verdicts.
    luck = pd.DataFrame(rng.random((20_000, 8)), columns=list("abcdefgh"))[networks[:-1]].to_numpy()
    assert promise.together == tuple(np.quantile((luck > chances).sum(axis=1), [0.025, 0.975]))


def test_nothing_is_promised_of_verdicts_without_a_chance():
    assert Promise.of(judged([np.nan, np.nan], ["a", "b"])) == Promise(0, 0.0, (0, 0), (0, 0))


def test_the_table_has_the_verdicts_that_both_give_and_no_other_row():
    contrasts = synthetic.build()[0]["contrasts"]
    judged = contrasts[contrasts["verdict"] != ""]
    again = contrasts[contrasts["loss"] != "mse_logits"].assign(
        verdict=contrasts["verdict"].replace("worse", "undecided"), value=contrasts["value"] + 1
    )
    found = repetition(contrasts, again, "again")
    kept = judged[judged["loss"] != "mse_logits"]
    assert len(found) == len(kept) > 10
    assert list(found["verdict"]) == list(kept["verdict"])
    assert set(found["study"]) == {"again"}
    turned = found["verdict"] != found["verdict_again"]
    assert set(found.loc[turned, "verdict"]) == {"worse"}
    assert set(found.loc[turned, "verdict_again"]) == {"undecided"}
    measured = found.dropna(subset="value")
    assert np.allclose(measured["value_again"] - measured["value"], 1)
    digits, photos = (contrasts[contrasts["dataset"] == name] for name in ("mnist", "cifar10"))
    assert repetition(digits, photos, "again").empty


def test_a_study_with_a_seed_of_this_one_is_no_repetition():
    def metrics(*seeds, tuning=7):
        stages = ["tuning", *["evaluation"] * len(seeds)]
        return pd.DataFrame({"stage": stages, "seed": [tuning, *seeds]})

    require_other_seeds(metrics(1, 2), metrics(3, 4, tuning=2), "again")
    with pytest.raises(ConfigError, match=r"again has tuning seeds of this study \(7\)"):
        require_other_seeds(metrics(1, 2), metrics(3, 4), "again")
    with pytest.raises(ConfigError, match=r"again has evaluation seeds of this study \(2, 3\)"):
        require_other_seeds(metrics(1, 2, 3), metrics(2, 3, 4, tuning=8), "again")


@pytest.mark.parametrize("networks", ["abc", "aab", "aabbc", "abcde"])
def test_a_promise_for_an_odd_or_even_number_of_verdicts_is_that_of_every_outcome(networks):
    differ = np.random.default_rng(6).uniform(0.1, 0.9, len(networks))
    chance = np.zeros(len(networks) + 1)
    groups = [np.sort(differ[np.array([*networks]) == name]) for name in sorted(set(networks))]
    for counts in product(*(range(len(group) + 1) for group in groups)):
        # So many of a group: the last of them by their chance differs and the next does not.
        edges = [np.array([0, *group, 1]) for group in groups]
        each = [e[-1 - n] - e[-2 - n] for e, n in zip(edges, counts, strict=True)]
        chance[sum(counts)] += np.prod(each)
    ends = tuple(int((np.cumsum(chance) < tail).sum()) for tail in (0.025, 0.975))
    assert Promise.of(judged([*(1 - differ)], [*networks])).together == ends
