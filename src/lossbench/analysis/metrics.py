"""From stored logits to metrics: error, negative log-likelihood, Brier score, calibration.

Probabilities follow the table's `output` column: the softmax of the logits, or their sigmoids
divided by their sum. A network trained with squared error on raw logits (`none`) states no
probabilities. Making some up, with a softmax that no loss has seen, would measure our choice and
not the network, so its NLL, Brier score and ECE are missing; its errors are not.

A diverged run has no predictions and counts as a network that guesses: all its errors are those
of chance, and what needs probabilities is missing.
"""

from collections.abc import Callable, Mapping, Sequence

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
from lossbench.tables.parquet import check, empty
from lossbench.tables.runs import CHANCE_ERROR, CLASSES, LOGITS

Floats = NDArray[np.float64]
Integers = NDArray[np.integer]

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


def class_names(named: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """The CLASS_NAMES rows of data sets whose sources name their classes, by label."""
    rows = [
        {"dataset": dataset, "label": label, "name": name}
        for dataset, names in named.items()
        for label, name in enumerate(names)
    ]
    return check(pd.DataFrame(rows), study.CLASS_NAMES) if rows else empty(study.CLASS_NAMES)


def confusion(predictions: pd.DataFrame) -> pd.DataFrame:
    """The CONFUSION rows: how many images of each class every run took for each class."""
    run, identity = _number_runs(predictions)
    counts = _confusion_counts(predictions, run, len(identity))
    labels = np.arange(CLASSES)
    table = identity.loc[identity.index.repeat(CLASSES**2)].reset_index(drop=True)
    table["label"] = np.tile(labels.repeat(CLASSES), len(identity))
    table["predicted"] = np.tile(labels, CLASSES * len(identity))
    table["count"] = counts.ravel()
    return check(table, study.CONFUSION)


def reliability(predictions: pd.DataFrame) -> pd.DataFrame:
    """The RELIABILITY rows: confidence and accuracy of every run in each of its filled bins.

    A run whose output states no probabilities has none.
    """
    run, identity = _number_runs(predictions)
    logits = predictions[list(LOGITS)].to_numpy(np.float64)
    log_p = log_probabilities(logits, predictions["output"].to_numpy(object))
    confidence = np.exp(log_p.max(axis=1))
    known = ~np.isnan(confidence)
    correct = logits.argmax(axis=1) == predictions["label"].to_numpy()
    cell = run[known] * BINS + _bins(confidence[known])
    size = len(identity) * BINS
    counts = np.bincount(cell, minlength=size)
    filled = np.flatnonzero(counts)
    table = identity.iloc[filled // BINS].assign(bin=filled % BINS, count=counts[filled])
    for name, values in (("confidence", confidence), ("accuracy", correct)):
        sums = np.bincount(cell, values[known], minlength=size)
        table[name] = sums[filled] / counts[filled]
    return check(table, study.RELIABILITY)


def log_probabilities(logits: Floats, outputs: NDArray[np.object_]) -> Floats:
    """Log-probabilities (N, K) of logits (N, K), each row by its output; NaN for `none`.

    Raises TableError: an unknown output, or a logit that is not finite.
    """
    if unknown := sorted(set(outputs) - set(OUTPUTS)):
        allowed = ", ".join(OUTPUTS)
        raise TableError(f"predictions: output {unknown[0]!r}; allowed: {allowed}")
    if not np.isfinite(logits).all():
        raise TableError("predictions: a logit is not finite; allowed: finite logits")
    result = np.empty_like(logits)
    for output, transform in OUTPUTS.items():
        rows = outputs == output
        result[rows] = transform(logits[rows])
    return result


def expected_calibration_errors(
    confidence: Floats, correct: NDArray[np.bool_], run: Integers, runs: int
) -> Floats:
    """ECE of each of `runs` runs: mean |accuracy − confidence| over the bins, by their weight.

    `confidence`, `correct`, `run`: (N,), the probability of the predicted class, whether it is
    the label, and whose prediction it is. Bins are closed on the right. NaN where a run's
    confidences are. Source: Guo et al. 2017, On Calibration of Modern Neural Networks, eq. 3.
    """
    known = ~np.isnan(confidence)
    bins = run[known] * BINS + _bins(confidence[known])
    gaps = np.bincount(bins, correct[known] - confidence[known], minlength=runs * BINS)
    totals = np.abs(gaps.reshape(runs, BINS)).sum(axis=1)
    counts = np.bincount(run, minlength=runs)
    complete = np.bincount(run[known], minlength=runs) == counts
    return np.where(complete, totals / counts, np.nan)


def _bins(confidence: Floats) -> Integers:
    """The bin of each confidence, (N,); closed on the right."""
    return np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)


def _test_metrics(predictions: pd.DataFrame) -> pd.DataFrame:
    run, identity = _number_runs(predictions)
    counts = np.bincount(run)
    confusion = _confusion_counts(predictions, run, len(identity))
    correct = np.diagonal(confusion, axis1=1, axis2=2)
    images = confusion.sum(axis=2)
    values = identity.assign(error=(counts - correct.sum(axis=1)) / counts, images=counts)
    for name, scores in _probability_scores(predictions, run, len(identity)).items():
        values[name] = scores
    absent = np.full(images.shape, np.nan)
    errors = np.divide(images - correct, images, out=absent, where=images > 0)
    for label in range(CLASSES):
        values[f"class_error_{label}"] = errors[:, label]
    return _long(values, "test")


def _probability_scores(predictions: pd.DataFrame, run: Integers, runs: int) -> dict[str, Floats]:
    """NLL, Brier score and ECE of each run, (runs,)."""
    logits = predictions[list(LOGITS)].to_numpy(np.float64)
    log_p = log_probabilities(logits, predictions["output"].to_numpy(object))
    labels = predictions["label"].to_numpy(np.int64)
    true_log_p = log_p[np.arange(len(labels)), labels]
    p = np.exp(log_p, out=log_p)
    confidence = p.max(axis=1)
    correct = logits.argmax(axis=1) == labels
    # Σ (p − t)² = Σ p² − 2 p_label + 1, without a one-hot matrix.
    brier = np.einsum("nk,nk->n", p, p) - 2 * np.exp(true_log_p) + 1
    counts = np.bincount(run, minlength=runs)
    return {
        "nll": np.bincount(run, -true_log_p, minlength=runs) / counts,
        "brier": np.bincount(run, brier, minlength=runs) / counts,
        "ece": expected_calibration_errors(confidence, correct, run, runs),
    }


def _confusion_counts(predictions: pd.DataFrame, run: Integers, runs: int) -> Integers:
    """Counts (runs, label, predicted). Of equal logits the first counts as the largest."""
    predicted = predictions[list(LOGITS)].to_numpy().argmax(axis=1)
    labels = predictions["label"].to_numpy(np.int64)
    flat = (run * CLASSES + labels) * CLASSES + predicted
    return np.bincount(flat, minlength=runs * CLASSES**2).reshape(runs, CLASSES, CLASSES)


def _number_runs(predictions: pd.DataFrame) -> tuple[Integers, pd.DataFrame]:
    """Each row's run as a number from 0, (N,), and the identity of each run in that order."""
    run = predictions.groupby(KEY, sort=False).ngroup().to_numpy(np.int64)
    return run, predictions[KEY].drop_duplicates(ignore_index=True)


def _guessed(diverged: pd.DataFrame) -> pd.DataFrame:
    """Test metrics of runs without a network: the errors of chance, no probabilities."""
    values = diverged[KEY].copy()
    for name in OF_PREDICTIONS:
        values[name] = CHANCE_ERROR if "error" in name else np.nan
    return _long(values.drop(columns="images"), "test")


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
