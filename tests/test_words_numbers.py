import math

import pytest

from lossbench.words import numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (numbers.percent(0.0123), "1.23%"),
        (numbers.percent(0.5, 0), "50%"),
        (numbers.percent(math.nan), "–"),
        (numbers.points(0.0031), "+0.31\u00a0pp"),
        (numbers.points(-0.0031), "\u22120.31\u00a0pp"),
        (numbers.points(-1e-9), "0.00\u00a0pp"),
        (numbers.points(1e-9), "0.00\u00a0pp"),
        (numbers.ratio(2.84), "2.8×"),
        (numbers.ratio(1.013), "1.01×"),
        (numbers.ratio(0.947), "0.95×"),
        (numbers.ratio(12.3), "12×"),
        (numbers.ratio(1250.0), "1,250×"),
        (numbers.ratio(math.inf), "∞×"),
        (numbers.ratio(math.nan), "–"),
        (numbers.duration(90), "1.5 minutes"),
        (numbers.duration(9000), "2.5 hours"),
        (numbers.p_value(0.0004), "p\u00a0<\u00a00.001"),
        (numbers.p_value(0.0312), "p\u00a0=\u00a00.031"),
        (numbers.p_value(0.0051), "p\u00a0=\u00a00.005"),
        (numbers.p_value(1.0), "p\u00a0=\u00a01.00"),
        (numbers.p_value(math.nan), "p\u00a0–"),
        (numbers.ratio(1.9), "1.90×"),
        (numbers.count(1, "seed"), "1\u00a0seed"),
        (numbers.count(5, "loss"), "5\u00a0losses"),
        (numbers.count(10000, "test image"), "10,000\u00a0test images"),
        (numbers.count(0, "run"), "0\u00a0runs"),
        (numbers.counts([10, 3, 5], "seed"), "3 to 10\u00a0seeds"),
        (numbers.counts([1, 1], "seed"), "1\u00a0seed"),
        (numbers.ratio(1.9996), "2.0×"),
        (numbers.ratio(0.9996), "1.00×"),
        (numbers.signed(0.031), "+0.03"),
        (numbers.signed(-0.031), "\u22120.03"),
        (numbers.signed(0.004), "0.00"),
        (numbers.span([0.0131, 0.0023], numbers.points), "+0.23 to +1.31\u00a0pp"),
        (numbers.span([-0.002, 0.004], numbers.points), "\u22120.20 to +0.40\u00a0pp"),
        (numbers.span([2.8, 1.4, math.nan], numbers.ratio), "1.40× to 2.8×"),
        (numbers.span([2.0001, 1.9999], numbers.ratio), "2.0×"),
        (numbers.span([math.nan], numbers.ratio), "–"),
        (numbers.span([], numbers.points), "–"),
        (numbers.join([]), "none"),
        (numbers.join(["a"]), "a"),
        (numbers.join(["a", "b", "c"]), "a, b and c"),
    ],
)
def test_numbers_read_as_in_a_sentence(text: str, expected: str) -> None:
    assert text == expected
