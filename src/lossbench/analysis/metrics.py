"""From stored logits to metrics: error, negative log-likelihood, Brier score, calibration.

Probabilities follow the table's `output` column: the softmax of the logits, or their sigmoids
divided by their sum. A network trained with squared error on raw logits (`none`) states no
probabilities. Making some up, with a softmax that no loss has seen, would measure our choice and
not the network, so its NLL, Brier score and ECE are missing; its errors are not.

A diverged run has no predictions and counts as a network that guesses: all its errors are those
of chance, and what needs probabilities is missing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from lossbench.analysis import outcomes
from lossbench.analysis.outcomes import KEY
from lossbench.cards.kinds import OutputName
from lossbench.cards.metric import OF_PREDICTIONS
from lossbench.errors import TableError
from lossbench.tables import study
from lossbench.tables.logits import matrix
from lossbench.tables.parquet import check, empty

Floats = NDArray[np.float64]
Integers = NDArray[np.integer]
Booleans = NDArray[np.bool_]

BINS = 15
"""Confidence bins of the calibration error, equally wide (Guo et al. 2017)."""


def measure(predictions: pd.DataFrame, runs: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """The METRICS rows of every run in `runs`.

    Split `test`: every metric of every evaluation run. Split `validation`: the error at the last
    measurement of every run, tuning runs included.

    Raises TableError: a run that did not diverge lacks its history or its predictions, a logit is
    not finite, or an output is unknown.
    """
    evaluated = runs[runs["stage"] == "evaluation"]
    trained = evaluated.loc[~evaluated["diverged"], KEY]
    found = trained.merge(predictions[KEY].drop_duplicates(), on=KEY, how="left", indicator=True)
    outcomes.require(found[found["_merge"] == "left_only"], "predictions")
    scored = [_test_metrics(predictions)] if len(predictions) else []
    parts = [*scored, _guessed(evaluated[evaluated["diverged"]]), _validation(history, runs)]
    return check(pd.concat(parts, ignore_index=True), study.METRICS)


def reliability(predictions: pd.DataFrame) -> pd.DataFrame:
    """The RELIABILITY rows: confidence and accuracy of every run in each of its filled bins.

    A run whose output states no probabilities has none.
    """
    rows = [
        {**run, **filled} for run, scores in _scored(predictions) for filled in _filled_bins(scores)
    ]
    return check(pd.DataFrame(rows), study.RELIABILITY) if rows else empty(study.RELIABILITY)


def log_probabilities(logits: Floats, output: OutputName) -> Floats:
    """Log-probabilities (N, K) of logits (N, K) by their output; NaN for `none`.

    Raises TableError: an unknown output, or a logit that is not finite.
    """
    if output not in OUTPUTS:
        raise TableError(f"predictions: output {output!r}; allowed: {', '.join(OUTPUTS)}")
    if not np.isfinite(logits).all():
        raise TableError("predictions: a logit is not finite; allowed: finite logits")
    return OUTPUTS[output](logits)


def expected_calibration_error(confidence: Floats, correct: Booleans) -> float:
    """ECE: mean |accuracy − confidence| over the bins, by their weight; NaN with a NaN.

    `confidence`, `correct`: (N,), the probability of the predicted class, and whether it is the
    label. Bins are closed on the right. Source: Guo et al. 2017, On Calibration of Modern Neural
    Networks, eq. 3.
    """
    if np.isnan(confidence).any():
        return np.nan
    gaps = np.bincount(_bins(confidence), correct - confidence, minlength=BINS)
    return float(np.abs(gaps).sum() / len(confidence))


@dataclass(frozen=True)
class Scores:
    """What one run's predictions say of N images, each (N,); NaN without probabilities."""

    correct: Booleans
    confidence: Floats
    """Probability of the predicted class."""
    nll: Floats
    brier: Floats


def _scored(predictions: pd.DataFrame) -> Iterator[tuple[dict[str, Any], Scores]]:
    """Each run's identity and scores; one by one, since many logits are large in float64."""
    for names, rows in predictions.groupby(KEY, sort=False):
        outputs = rows["output"].unique()
        if len(outputs) > 1:
            raise TableError(f"predictions: outputs {', '.join(outputs)} of one run; allowed: one")
        labels = rows["label"].to_numpy(np.int64)
        scores = _scores(matrix(rows).astype(np.float64), labels, outputs[0])
        yield dict(zip(KEY, names, strict=True)), scores


def _scores(logits: Floats, labels: Integers, output: OutputName) -> Scores:
    log_p = log_probabilities(logits, output)
    true_log_p = log_p[np.arange(len(labels)), labels]
    p = np.exp(log_p)
    return Scores(
        correct=logits.argmax(axis=1) == labels,
        confidence=p.max(axis=1),
        nll=-true_log_p,
        # Σ (p − t)² = Σ p² − 2 p_label + 1, without a one-hot matrix.
        brier=np.einsum("nk,nk->n", p, p) - 2 * np.exp(true_log_p) + 1,
    )


def _bins(confidence: Floats) -> Integers:
    """The bin of each confidence, (N,); closed on the right."""
    return np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)


def _filled_bins(scores: Scores) -> Iterator[dict[str, float]]:
    if np.isnan(scores.confidence).any():
        return
    bins = _bins(scores.confidence)
    for number in np.unique(bins):
        inside = bins == number
        yield {
            "bin": number,
            "count": inside.sum(),
            "confidence": scores.confidence[inside].mean(),
            "accuracy": scores.correct[inside].mean(),
        }


def _test_metrics(predictions: pd.DataFrame) -> pd.DataFrame:
    rows = [
        {
            **run,
            "error": (~scores.correct).mean(),
            "images": len(scores.correct),
            "nll": scores.nll.mean(),
            "brier": scores.brier.mean(),
            "ece": expected_calibration_error(scores.confidence, scores.correct),
        }
        for run, scores in _scored(predictions)
    ]
    return _long(pd.DataFrame(rows), "test")


def _guessed(diverged: pd.DataFrame) -> pd.DataFrame:
    """Test metrics of runs without a network: the errors of chance, no probabilities."""
    absent = dict.fromkeys(set(OF_PREDICTIONS) - {"images"}, np.nan)
    values = diverged[KEY].assign(**absent | {"error": outcomes.chance_errors(diverged)})
    return _long(values, "test")


def _validation(history: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    ended = outcomes.final_validation_errors(history, runs)
    values = ended[KEY].assign(error=ended["validation_error"])
    return _long(values, "validation")


def _long(values: pd.DataFrame, split: str) -> pd.DataFrame:
    return values.melt(id_vars=KEY, var_name="metric").assign(split=split)


OUTPUTS: dict[OutputName, Callable[[Floats], Floats]] = {
    "softmax": lambda logits: scipy.special.log_softmax(logits, axis=1),
    "sigmoid": lambda logits: scipy.special.log_softmax(scipy.special.log_expit(logits), axis=1),
    "none": lambda logits: np.full_like(logits, np.nan),
}
"""From logits (N, K) to log-probabilities (N, K), in log-sum-exp form."""
