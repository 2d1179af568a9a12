"""The placebo, cross-entropy again: the same loss on the same data, from another start."""

import pandas as pd

from lossbench.cards.loss import LOSSES, PLACEBO, REFERENCE
from lossbench.networks import losses
from lossbench.study.job import AGAIN, Replicate
from lossbench.study.loading import load_study
from lossbench.study.plan import all_jobs, jobs
from lossbench.study.settings import Compute
from lossbench.training.fit import fit
from test_study_plan import MINIATURE
from test_training import cell, prepared

__all__ = ["prepared"]  # the fixture


def trained(prepared, **replicate) -> dict[str, pd.DataFrame]:
    job = cell(PLACEBO, epochs=2)
    return fit(job, [Replicate(**replicate)], prepared, Compute(accelerator="cpu"), show_bar=False)


def test_it_is_the_reference_under_another_name():
    assert losses.LOSSES[PLACEBO] is losses.LOSSES[REFERENCE]
    assert LOSSES[PLACEBO].formula == LOSSES[REFERENCE].formula
    assert LOSSES[PLACEBO].output == LOSSES[REFERENCE].output
    assert LOSSES[PLACEBO].head == LOSSES[REFERENCE].head


def test_its_runs_share_the_reference_s_division_and_seed_and_start_elsewhere():
    study = load_study(MINIATURE)
    [first, *_] = study.comparisons
    grid = next(grid for grid in first.losses if grid.loss == REFERENCE)
    both = (grid, grid.model_copy(update={"loss": PLACEBO}))
    alone = first.model_copy(update={"losses": both})
    study = study.model_copy(update={"comparisons": (alone,)})
    for stage in ("tuning", "evaluation"):
        planned = {job.cells[0].loss: job for job in jobs(study, stage)}
        reference, placebo = planned[REFERENCE].replicates, planned[PLACEBO].replicates
        for one, again in zip(reference, placebo, strict=True):
            assert (again.split, again.seed) == (one.split, one.seed)
            assert (one.start, again.start) == (one.seed, one.seed + AGAIN)
    starts = [each.start for job in all_jobs(study) for each in job.replicates]
    assert len(set(starts)) == len(starts)


def test_it_is_trained_as_a_run_with_another_seed_on_the_same_division(prepared):
    """Seeds a million apart must not begin alike: PyTorch's generators keep 32 bits of a seed."""
    placebo = trained(prepared, split=100, seed=3, again=True)
    elsewhere = trained(prepared, split=100, seed=3 + AGAIN)
    beside = trained(prepared, split=100, seed=3)
    for name in ("history", "predictions", "geometry"):
        assert set(placebo[name]["seed"]) == {3}
        found, expected, other = (
            tables[name].drop(columns="seed") for tables in (placebo, elsewhere, beside)
        )
        pd.testing.assert_frame_equal(found, expected)
        assert not found.equals(other)
    assert placebo["history"]["train_loss"].iloc[0] != beside["history"]["train_loss"].iloc[0]
