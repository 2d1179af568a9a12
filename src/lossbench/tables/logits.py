"""The logits of the predictions table: a list in each row, as long as its data set has classes."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lossbench.errors import TableError
from lossbench.tables.parquet import ARROW


def column(logits: NDArray[np.floating]) -> "pd.Series[float]":
    """Logits (N, K) as a column of N lists, float32."""
    ends = np.arange(0, logits.size + 1, logits.shape[1], dtype=np.int32)
    values = logits.astype(np.float32).ravel()
    lists = pa.ListArray.from_arrays(ends, values, type=ARROW["float32 list"])
    return pd.Series(pd.arrays.ArrowExtensionArray(lists))


def matrix(predictions: pd.DataFrame) -> NDArray[np.float32]:
    """The logits (N, K) of predictions on one data set. Raises TableError: rows of two lengths."""
    lengths = np.unique(_lengths(predictions))
    if len(lengths) > 1:
        listed = ", ".join(map(str, lengths))
        raise TableError(f"predictions: rows of {listed} logits; allowed: as many in each")
    values = np.asarray(pc.list_flatten(_lists(predictions)), dtype=np.float32)
    return values.reshape(len(predictions), -1)


def predicted(predictions: pd.DataFrame) -> NDArray[np.int64]:
    """The class of each row's largest logit (N,), of equal ones the first; on any data sets."""
    lengths = _lengths(predictions)
    found = np.empty(len(predictions), np.int64)
    for length in np.unique(lengths):
        found[lengths == length] = matrix(predictions[lengths == length]).argmax(axis=1)
    return found


def _lengths(predictions: pd.DataFrame) -> NDArray[np.int64]:
    return np.asarray(pc.list_value_length(_lists(predictions)), dtype=np.int64)


def _lists(predictions: pd.DataFrame) -> pa.ChunkedArray:
    return predictions["logits"].array.__arrow_array__()
