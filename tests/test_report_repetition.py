"""Would it replicate: what is promised, what a repetition says, in words and in the table."""

import numpy as np
import pytest

from builders import synthetic
from builders.report_pages import parsed, rendered
from lossbench.cards.loss import PLACEBO
from lossbench.words.numbers import NO_BREAK, points, ratio, span


def told(tables, study) -> str:
    """The section's words."""
    (section,) = parsed(rendered(tables, study)).all("section", id="replication")
    return " ".join(section.text.split())


@pytest.fixture
def made():
    """An invented study, whose tables may be changed."""
    tables, study = synthetic.build(networks=1)
    return {name: frame.copy() for name, frame in tables.items()}, study


def test_the_section_counts_what_the_table_has(made):
    tables, study = made
    both = tables["repetition"]
    known = both.dropna(subset="replication")
    turned = known[known["verdict"] != known["verdict_again"]]
    assert 0 < len(turned) < len(known) < len(both)
    words = told(tables, study)
    assert f"Of {len(known)} verdicts that both give, {len(turned)} differ" in words
    assert "No verdict says the opposite" in words
    listed = both[both["verdict"] != both["verdict_again"]]
    table = words.partition("Verdicts that the repetition changed")[2]
    assert table.count("undecided") == len(listed)
    tables["repetition"] = both.assign(bound="at least", bound_again="at most")
    table = told(tables, study).partition("Verdicts that the repetition changed")[2]
    assert table.count("at least") == table.count("at most") == len(listed)


def test_the_primary_contrasts_of_both_together_are_counted_and_listed(made):
    tables, study = made
    whole = tables["together"].query("family == 'primary'").copy()
    whole["verdict"] = ["worse", "equivalent", "better", "undecided"][: len(whole)]
    whole["replication"] = [0.95, 0.9, 0.9, 0.99][: len(whole)]
    tables["together"], both = whole, tables["repetition"]
    tables["repetition"] = both.assign(value_again=both["value"] * 1.5)
    words = told(tables, study)
    assert f" decide {min(3, len(whole))} of the {len(whole)} primary contrasts: " in words
    assert ": cross-entropy does better in 1, MSE on softmax does better in 1, both are" in words
    assert "Of these, 1 has a chance of 95% or more" in words
    listed = words.partition("its repetition together")[2].partition("Verdicts that the")[0]
    assert listed.count("95%") == 2  # of the heading
    assert listed.count("99%") == 1
    for metric, value, low, high in whole[["metric", "value", "ci_low", "ci_high"]].to_numpy():
        write = points if metric == "error" else ratio
        each = write(value), write(value * 1.5), write(value), span((low, high), write)
        assert "".join(each).replace(NO_BREAK, " ") in listed


def test_a_study_that_was_not_repeated_says_what_it_promises_alone(made):
    tables, study = made
    tables["repetition"] = tables["repetition"].head(0)
    words = told(tables, study)
    judged = tables["contrasts"].query("verdict != ''").dropna(subset="replication")
    expected = (1 - judged["replication"]).sum()
    assert f"change about {expected:.0f} of this study's {len(judged)} verdicts" in words
    assert "repeated, as" not in words


@pytest.mark.parametrize(("sure", "said"), [(1.0, "the intervals too narrow"), (0.0, "too low")])
def test_more_or_fewer_changes_than_promised_are_told(made, sure, said):
    tables, study = made
    both = tables["repetition"]
    tables["repetition"] = both.assign(replication=np.where(both["replication"].isna(), None, sure))
    assert said in told(tables, study)


def test_opposite_verdicts_and_primary_ones_are_counted(made):
    tables, study = made
    both = tables["repetition"].assign(verdict_again=tables["repetition"]["verdict"])
    is_primary = (both["family"] == "primary").to_numpy()
    first = np.flatnonzero(is_primary & (both["verdict"] == "worse").to_numpy())[0]
    both.loc[both.index[first], "verdict_again"] = "better"
    tables["repetition"] = both
    words = told(tables, study)
    assert "1 says the opposite" in words
    primary = int(is_primary.sum())
    assert f"Of the {primary} primary verdicts, {primary - 1} are the same" in words


def test_the_placebo_s_verdicts_are_told_and_a_clear_one_is_named(made):
    tables, study = made
    for name, column in (("contrasts", "verdict"), ("repetition", "verdict_again")):
        frame = tables[name]
        loss, verdict = frame["loss"].replace("mse_logits", PLACEBO), frame[column]
        level = verdict.mask((loss == PLACEBO) & verdict.isin(("better", "worse")), "equivalent")
        tables[name] = frame.assign(loss=loss, **{column: level})
    again = tables["repetition"]
    of = (again["loss"] == PLACEBO) & (again["metric"] == "speed") & (again["dataset"] == "mnist")
    again.loc[of & (again["rates"] == "same_rate"), "verdict_again"] = "worse"
    words = told(tables, study)
    assert "its final error is undecided in 1 and equivalent in 1, its speed is" in words
    assert "is equivalent in 2. A clear verdict on it, better or worse, is wrong. Of its" in words
    assert "10 verdicts here and 12 in the repetition, of every metric, 1 is clear: Ratio" in words
    assert "of steps at the shared rate on MNIST with MLP, in the repetition." in words
