"""Training state that outlives a machine: one safetensors file a phase, small enough for a repository.

A checkpoint in a run's folder holds everything, experience under way included, and is large. A kept file holds what
cannot be gathered again: networks, optimisers, curricula, counters and the curve. `keep` writes one from a phase's
newest checkpoint; `unpack` makes checkpoints of the kept files in a run's folder that has none, so that a bare machine
goes on where the last one stopped. Networks are stored as they are, the optimisers' moments in bfloat16, the matrices
of an anchor, which learns no more, in float16.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import safe_open
from torch import Tensor

from inhand_core.config import ConfigError
from inhand_core.files import write_whole
from inhand_core.paths import resource_root
from inhand_training.checkpoint import find_checkpoint, read_checkpoint, write_checkpoint
from inhand_training.runlog import log_entries, thinned, write_entries

MAX_BYTES = 16_000_000
"""A kept file is smaller."""
GATHERED = ("collector", "distiller", "anchor_memory")
"""Parts of a learner's state that new experience replaces."""
CURVE_POINTS = 300
_MOMENTS, _ANCHOR = ("exp_avg", "exp_avg_sq"), "learner.anchor."
_KEY, _VERSION = "inhand_training_state", 1


def kept_folder(reference: str) -> Path:
    """The folder that a recipe's `kept` names: as given where it exists, else below the project's root."""
    return Path(reference) if Path(reference).is_dir() else resource_root() / reference


def keep(phase: Path, out: Path) -> int:
    """Writes what the newest checkpoint in the folder of a phase holds; returns the steps it has had.

    Raises:
        ConfigError: there is no checkpoint, or the file would be too large.
    """
    checkpoint = find_checkpoint(phase)
    if checkpoint is None:
        raise ConfigError(f"{phase}: no checkpoint of this phase")
    ranks = len(list(checkpoint.glob("rank_*.pt")))
    content = read_checkpoint(checkpoint, 0)
    learner = {key: value for key, value in content["learner"].items() if key not in GATHERED}
    tensors: dict[str, Tensor] = {}
    tree = _flatten({"learner": learner, "loop": content["loop"]}, "", tensors, {})
    curve = thinned(log_entries(phase), CURVE_POINTS)
    metadata = {"version": _VERSION, "phase": phase.name, "ranks": ranks, "tree": tree, "curve": curve}
    content_bytes = safetensors.torch.save(tensors, {_KEY: json.dumps(metadata)})
    if len(content_bytes) > MAX_BYTES:
        raise ConfigError(f"{out}: would have {len(content_bytes)} bytes; kept state has at most {MAX_BYTES}")
    write_whole(out, content_bytes)
    return content["loop"][0]


def unpack(kept: Path, phase: Path) -> bool:
    """Makes a checkpoint of a kept file in a phase's folder that has none; false where there is nothing to do.

    Raises:
        ConfigError: the file is none of `keep`'s, or one of another version.
    """
    if not kept.is_file() or find_checkpoint(phase) is not None:
        return False
    metadata = read_kept(kept)
    tensors = safetensors.torch.load_file(kept)
    content = _restored(metadata["tree"], tensors)
    write_checkpoint(phase, [content] * metadata["ranks"])
    write_entries(phase, metadata["curve"])
    return True


def read_kept(path: Path) -> dict[str, Any]:
    """The metadata of a kept file: phase, ranks, curve (entries of its log), tree."""
    with safe_open(path, framework="numpy") as file:
        raw = (file.metadata() or {}).get(_KEY)
    metadata = json.loads(raw) if raw else {}
    if metadata.get("version") != _VERSION:
        raise ConfigError(
            f"{path}: no training state of version {_VERSION}, which `inhand train keep` writes; version "
            f"{metadata.get('version')}"
        )
    return metadata


def _flatten(value: Any, name: str, tensors: dict[str, Tensor], seen: dict[tuple, str]) -> Any:
    """A tree for JSON, its tensors under names of their own in `tensors`; what shares memory is stored once."""
    if isinstance(value, Tensor):
        place = seen.setdefault((value.data_ptr(), value.shape, value.dtype), name) if value.numel() else name
        tensors.setdefault(place, _small(name, value).detach().cpu().clone().contiguous())
        return {"tensor": place, "type": str(value.dtype).removeprefix("torch.")}
    if isinstance(value, dict):
        items = value.items()
        return {"items": [[key, _flatten(item, f"{name}.{key}".lstrip("."), tensors, seen)] for key, item in items]}
    if isinstance(value, (list, tuple)):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [_flatten(item, f"{name}.{i}", tensors, seen) for i, item in enumerate(value)]}
    if value is None or isinstance(value, (bool, int, float, str)):
        return {"value": value}
    raise TypeError(f"{name}: {type(value).__name__} in training state; it holds tensors and plain values")


def _small(name: str, value: Tensor) -> Tensor:
    """A tensor in the precision that is enough for it."""
    if name.rpartition(".")[2] in _MOMENTS:
        return value.to(torch.bfloat16)
    return value.to(torch.float16) if name.startswith(_ANCHOR) and value.ndim > 1 else value


def _restored(tree: dict[str, Any], tensors: dict[str, Tensor]) -> Any:
    ((kind, content),) = ((key, item) for key, item in tree.items() if key != "type")
    if kind == "tensor":
        return tensors[content].to(getattr(torch, tree["type"]))
    if kind == "items":
        return {key: _restored(item, tensors) for key, item in content}
    makers: dict[str, Callable[[list[Any]], Any]] = {"tuple": tuple, "list": list}
    if kind in makers:
        return makers[kind]([_restored(item, tensors) for item in content])
    return content
