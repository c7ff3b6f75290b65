"""`inhand bench vision`: how long a pose takes on this machine's processor."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any


def vision(weights: Path | None = None, seconds: float = 5.0, threads: int = 0) -> None:
    """Time the networks alone, and image to pose, with one set of three 640 x 480 images.

    The networks take turns; percentiles over all turns. Where there are weights, they are used; what is computed
    does not depend on them. Where onnxruntime and onnx are installed, the corners' network runs in that as well, after
    a comparison of what it finds.

    Args:
        weights: an estimator to time as well.
        seconds: for each row.
        threads: of torch; 0: one a core.
    """
    import numpy as np
    import torch

    from inhand_vision.estimator import estimator_of, load_estimator, prepare_batch
    from inhand_vision.images import load_image_config
    from inhand_vision.rig import nominal_rig
    from inhand_vision.weights import VisionMetadata, build_network

    torch.set_num_threads(threads or len(os.sched_getaffinity(0)))
    images = load_image_config()
    rig = nominal_rig(images)
    frame = np.random.default_rng(0).integers(0, 256, (1, 3, 480, 640, 3), np.uint8)
    estimators = {
        kind: estimator_of(metadata, build_network(metadata))
        for kind, metadata in (
            ("regression (paper)", VisionMetadata("regression", "block", images, 0)),
            ("keypoints", VisionMetadata("keypoints", "block", images, 32)),
        )
    }
    if weights is not None:
        estimators[weights.name] = load_estimator(weights)
    jobs = {}
    for kind, estimator in estimators.items():
        batch = prepare_batch(frame, estimator.metadata)
        batch = batch if estimator.metadata.kind == "regression" else batch.flatten(0, 1)
        jobs[f"{kind}, network"] = _inference(estimator, batch)
        jobs[f"{kind}, image to pose"] = _whole(estimator, frame, rig)
        if estimator.metadata.kind == "keypoints" and (session := _onnxruntime(estimator, batch)) is not None:
            jobs[f"{kind}, network in onnxruntime"] = session
    print(f"{torch.get_num_threads()} threads; median and 99th percentile:")
    for name, (p50, p99, count) in _time(jobs, seconds).items():
        print(f"  {name:36} {p50:7.1f} ms {p99:7.1f} ms   ({count} times)")


def _inference(estimator, batch):
    import torch

    def run() -> None:
        with torch.inference_mode():
            estimator.network(batch)

    return run


def _onnxruntime(estimator, batch):
    """The corners' network as a job in onnxruntime, with as many threads as torch has; None where it is missing."""
    import copy
    import io
    import warnings

    import numpy as np
    import torch

    if not all(map(importlib.util.find_spec, ("onnx", "onnxruntime"))):  # the former is the exporter's
        return None
    onnxruntime = importlib.import_module("onnxruntime")
    single = copy.deepcopy(estimator.source)
    single.in_half = False
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        export: Any = torch.onnx.export  # its types know no file in memory
        export(single, (batch,), file, dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = torch.get_num_threads(), 1
    session = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
    inputs = {session.get_inputs()[0].name: batch.numpy()}
    with torch.inference_mode():
        ours = estimator.network(batch)[0].numpy()
    if (off := float(np.abs(session.run(None, inputs)[0] - ours).max())) > 0.5:
        raise RuntimeError(f"onnxruntime finds corners {off:.2f} px elsewhere")
    return lambda: session.run(None, inputs)


def _whole(estimator, frame, rig):
    import numpy as np

    present = np.ones((1, 3), bool)
    return lambda: estimator.estimate(frame, rig.matrix[None], rig.pose[None], present)


def _time(jobs, seconds: float) -> dict[str, tuple[float, float, int]]:
    """Median and 99th percentile [ms] and number of runs of each job; they take turns."""
    import time

    import numpy as np

    found = {name: [] for name in jobs}
    for job in jobs.values():
        for _ in range(3):
            job()
    end = time.monotonic() + seconds * len(jobs)
    while time.monotonic() < end:
        for name, job in jobs.items():
            begun = time.perf_counter()
            job()
            found[name].append(1e3 * (time.perf_counter() - begun))
    return {name: (*np.percentile(values, [50, 99]).tolist(), len(values)) for name, values in found.items()}
