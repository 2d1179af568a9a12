"""The rule from evidence to verdict, case by case."""

import pytest

from lossbench.claims.rule import verdict


@pytest.mark.parametrize(
    ("essentials", "cases", "expected"),
    [
        ([True], {}, "supported"),
        ([True, True], {"here": True, "there": True}, "supported"),
        ([True, False], {"here": True}, "contradicted"),
        ([None, False], {}, "contradicted"),
        ([True, None], {"here": True}, "undecided"),
        ([], {}, "undecided"),
        ([True], {"here": False, "there": False}, "contradicted"),
        ([True], {"here": False, "there": None}, "contradicted"),
        ([True], {"here": None, "there": None}, "undecided"),
        ([True], {"here": True, "there": False}, "supported with limits"),
        ([True], {"here": True, "there": None}, "supported with limits"),
    ],
)
def test_rule(essentials, cases, expected):
    found, limits = verdict(essentials, cases)
    assert found == expected
    assert bool(limits) == (expected == "supported with limits")


def test_limits_name_the_cases():
    cases = {"here": True, "on a": False, "on b": False, "on c": None}
    _, limits = verdict([True], cases)
    assert limits == "It does not hold on a and on b. It is undecided on c."
