import math

import pytest

from lossbench import wording


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (wording.percent(0.0123), "1.23%"),
        (wording.percent(0.5, 0), "50%"),
        (wording.percent(math.nan), "–"),
        (wording.points(0.0031), "+0.31\u00a0pp"),
        (wording.points(-0.0031), "\u22120.31\u00a0pp"),
        (wording.points(-1e-9), "0.00\u00a0pp"),
        (wording.points(1e-9), "0.00\u00a0pp"),
        (wording.ratio(2.84), "2.8×"),
        (wording.ratio(1.013), "1.01×"),
        (wording.ratio(0.947), "0.95×"),
        (wording.ratio(12.3), "12×"),
        (wording.ratio(1250.0), "1,250×"),
        (wording.ratio(math.inf), "∞×"),
        (wording.ratio(math.nan), "–"),
        (wording.p_value(0.0004), "p\u00a0<\u00a00.001"),
        (wording.p_value(0.0312), "p\u00a0=\u00a00.031"),
        (wording.p_value(0.0051), "p\u00a0=\u00a00.005"),
        (wording.p_value(1.0), "p\u00a0=\u00a01.00"),
        (wording.p_value(math.nan), "p\u00a0–"),
        (wording.ratio(1.9), "1.90×"),
        (wording.count(1, "seed"), "1\u00a0seed"),
        (wording.count(5, "loss"), "5\u00a0losses"),
        (wording.count(10000, "test image"), "10,000\u00a0test images"),
        (wording.count(0, "run"), "0\u00a0runs"),
        (wording.counts([10, 3, 5], "seed"), "3 to 10\u00a0seeds"),
        (wording.counts([1, 1], "seed"), "1\u00a0seed"),
        (wording.join([]), "none"),
        (wording.join(["a"]), "a"),
        (wording.join(["a", "b", "c"]), "a, b and c"),
    ],
)
def test_numbers_read_as_in_a_sentence(text: str, expected: str) -> None:
    assert text == expected
