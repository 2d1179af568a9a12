"""The one rule from votes to verdict, case by case."""

import pytest

from lossbench.claims.rule import Vote, decide


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        (["for", "for"], "supported"),
        (["for", "for", "open"], "supported with limits"),
        (["for", "open"], "undecided"),
        (["for", "against"], "mixed"),
        (["for", "for", "for", "against", "open"], "mixed"),
        (["against", "against"], "contradicted"),
        (["against", "against", "open"], "contradicted"),
        (["against", "open"], "undecided"),
        (["open"], "undecided"),
        ([], "undecided"),
    ],
)
def test_votes_decide(votes: list[Vote], expected: str) -> None:
    assert decide(votes) == expected


MIRROR: dict[Vote, Vote] = {"for": "against", "against": "for", "open": "open"}
OPPOSITES = {"supported": "contradicted", "supported with limits": "contradicted"}


@pytest.mark.parametrize("pro", range(4))
@pytest.mark.parametrize("contra", range(4))
@pytest.mark.parametrize("still_open", range(4))
def test_no_votes_support_a_claim_and_its_opposite(pro: int, contra: int, still_open: int) -> None:
    votes: list[Vote] = [*["for"] * pro, *["against"] * contra, *["open"] * still_open]
    said, of_opposite = decide(votes), decide([MIRROR[vote] for vote in votes])
    if said in OPPOSITES:
        assert of_opposite == OPPOSITES[said]
    elif said != "contradicted":
        assert of_opposite == said
