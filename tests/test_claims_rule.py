"""The one rule from votes to verdict, case by case."""

import pytest

from lossbench.claims.rule import Vote, decide, limited


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        (["for", "for"], "supported"),
        (["for", "against"], "supported with limits"),
        (["for", "open"], "supported with limits"),
        (["against", "against"], "contradicted"),
        (["against", "open"], "contradicted"),
        (["open"], "undecided"),
        ([], "undecided"),
    ],
)
def test_votes_decide(votes: list[Vote], expected: str) -> None:
    assert decide(votes) == expected
    assert decide(votes, ["for"]) == ("supported" if not votes else expected)


@pytest.mark.parametrize(
    ("essentials", "expected"),
    [
        (["for", "for"], "supported"),
        (["for", "against"], "contradicted"),
        (["open", "against"], "contradicted"),
        (["for", "open"], "undecided"),
    ],
)
def test_essentials_must_all_hold(essentials: list[Vote], expected: str) -> None:
    assert decide(["for"], essentials) == decide([], essentials) == expected


@pytest.mark.parametrize("verdict", ["supported with limits", "contradicted", "undecided"])
def test_only_full_support_gives_way_to_a_limit(verdict: str) -> None:
    assert limited("supported", "", "", "").verdict == "supported"
    assert limited("supported", "", "", "here").verdict == "supported with limits"
    assert limited(verdict, "", "here").verdict == verdict
    assert limited("supported", "", "here", "", "there").limits == "here; there"
