"""The last layer's least-squares problem, as the first step of training finds it.

Squared error on the logits z = W x, (1/K) Σ_k (w_k·x − t_k)², is quadratic in each row w_k of the
last layer. Its Hessian there, (2/K) E[x xᵀ], is the same wherever W is. x are the body's features
behind a 1 for the bias, and before training they depend on the network alone, not on the loss.
Cross-entropy's Hessian is E[(diag p − p pᵀ) ⊗ x xᵀ]: at equal logits its largest eigenvalue is
half as large, and it shrinks as the softmax p grows sure.
"""

from collections.abc import Sequence

import pandas as pd
import torch
from torch import Tensor

from lossbench.datasets.prepared import Prepared
from lossbench.networks.models import build
from lossbench.study.fields import NetworkName
from lossbench.tables.parquet import check
from lossbench.tables.study import LAST_LAYER
from lossbench.training.examples import labelled


def last_layer(
    model: NetworkName, seeds: Sequence[int], prepared: Prepared, *, examples: int, threads: int
) -> pd.DataFrame:
    """The table LAST_LAYER for one network: a row a seed, from the first training examples."""
    torch.set_num_threads(threads)
    probed = prepared.rows("train")[:examples]
    images = labelled(prepared, [probed], torch.device("cpu"))[0][0]
    shape = prepared.manifest.image_shape
    rows = []
    for seed in seeds:
        network = build(model, "linear", shape, classes=prepared.classes, seed=seed)
        with torch.no_grad():  # in training mode: BatchNorm sees a batch, as in the first step
            features = network(images).features
        rows.append(
            {"seed": seed, "features": features.shape[1], **measures(features, prepared.classes)}
        )
    place = {"dataset": prepared.manifest.name, "model": model}
    return check(pd.DataFrame(rows).assign(**place), LAST_LAYER)


def measures(features: Tensor, classes: int) -> dict[str, float]:
    """Of features (N, H): `squared_length` E‖x‖², `mean_share` ‖E x‖² / E‖x‖², `curvature`.

    The curvature is the largest eigenvalue of the Hessian above for K `classes`, that of the bias
    included. Of features that are all zero the mean has no share, and what is not finite has no
    curvature: NaN.
    """
    wide = features.double()
    length = wide.square().sum(1).mean()
    with_ones = torch.cat([torch.ones_like(wide[:, :1]), wide], dim=1)
    second_moment = with_ones.T @ with_ones / len(wide)
    finite = bool(second_moment.isfinite().all())
    largest = torch.linalg.eigvalsh(second_moment)[-1].item() if finite else float("nan")
    return {
        "squared_length": length.item(),
        "mean_share": (wide.mean(0).square().sum() / length).item(),
        "curvature": 2 / classes * largest,
    }
