"""Every random draw of the code, its tests and its benchmarks is from a generator with a seed."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(
    path
    for folder in ("src", "tests", "benchmarks", "tools")
    for path in (ROOT / folder).rglob("*.py")
)
TORCH = {"bernoulli", "multinomial", "normal", "rand", "randint", "randn", "randperm"}
IN_PLACE = {"bernoulli_", "exponential_", "normal_", "random_", "uniform_"}


def unseeded(source: str) -> list[str]:
    """The calls that draw from a generator that all share, or from one without a seed."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [f"line {call.lineno}: {ast.unparse(call)}" for call in calls if is_unseeded(call)]


def is_unseeded(call: ast.Call) -> bool:
    owner, _, name = ast.unparse(call.func).rpartition(".")
    given = {keyword.arg for keyword in call.keywords}
    if name in IN_PLACE or (owner == "torch" and name in TORCH):
        return "generator" not in given
    if name == "sample" and given & {"n", "frac"}:  # of a pandas object
        return "random_state" not in given
    if name == "default_rng" or (owner, name) == ("random", "Random"):
        return not call.args and "seed" not in given
    shared = {"random", "np.random", "numpy.random"}
    return owner in shared or (owner == "torch" and name in {"rand_like", "randn_like"})


def test_no_draw_is_without_a_seed():
    found = {path: unseeded(path.read_text("utf-8")) for path in FILES}
    assert not {path: lines for path, lines in found.items() if lines}


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("torch.randn(3, 4)", 1),
        ("torch.randn(3, 4, generator=generator)", 0),
        ("torch.randn_like(x)", 1),
        ("x.new_empty(3).normal_()", 1),
        ("x.uniform_(-1, 1, generator=generator)", 0),
        ("np.random.normal(size=3) + numpy.random.rand()", 2),
        ("np.random.default_rng().normal()", 1),
        ("np.random.default_rng(3).normal()", 0),
        ("random.shuffle(items)", 1),
        ("random.Random(0).shuffle(items)", 0),
        ("frame.sample(frac=1)", 1),
        ("frame.sample(frac=1, random_state=0)", 0),
    ],
)
def test_the_search_finds_what_it_should(source, count):
    assert len(unseeded(source)) == count
