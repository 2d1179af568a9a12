"""Figures: safe to show, and each with the way to its numbers."""

import pandas as pd
import pytest

from builders.report_pages import SVG, figure
from lossbench.errors import LossbenchError
from lossbench.report.drawings import drawn, embedded
from lossbench.report.packing import MOST_ROWS


@pytest.mark.parametrize(
    "svg",
    [
        SVG.replace("<g", "<script>1</script><g"),
        SVG.replace("<g", '<g onload="alert(1)"'),
        SVG.replace("<g", '<a href="https://example.org"/><g'),
        SVG.replace("</svg>", ""),
        "<p>no drawing</p>",
    ],
)
def test_an_active_or_broken_drawing_is_refused(svg):
    with pytest.raises(LossbenchError, match=r"figures?[ /]answer"):
        embedded(svg, "answer")


def test_a_prolog_is_dropped():
    prolog = '<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "x" "y">\n<!-- note -->\n'
    assert embedded(prolog + SVG, "answer") == SVG


ROW = pd.DataFrame({"label": [3], "x": [0.5]})


def test_a_figure_leads_to_its_table_or_holds_its_numbers():
    shown = drawn("confusion", figure(), {"confusion": ROW})
    assert (shown.table, shown.pack) == ("table-confusion", None)
    packed = drawn("projections", figure(), {"projections": ROW})
    assert packed.table == ""
    assert packed.pack is not None
    assert packed.pack.name == "projections"
    large = pd.concat([ROW] * (MOST_ROWS + 1))
    beside = drawn("projections", figure(), {"projections": large, "class_names": ROW})
    assert beside.pack is None  # the names alone are not what is drawn
