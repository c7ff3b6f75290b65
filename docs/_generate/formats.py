"""The page of file formats: what the modules that write and read them say of them."""

from __future__ import annotations

import json
import struct
from pathlib import Path

from sources import ROOT, docstring, module_path, page, table

# Title, module, and class or function (None: the module itself) whose docstring defines the format.
FORMATS = (
    ("Bags (MCAP)", "inhand_ros.bag", None),
    ("Bags of any program", "inhand_data.bags", None),
    ("Calibration files of the hand's factory (YAML)", "inhand_calibration.joints.factory", None),
    ("Weights (safetensors)", "inhand_policy.weights", None),
    ("Networks (safetensors)", "inhand_training.network_files", None),
    ("Camera calibrations and poses (YAML)", "inhand_description.cameras", None),
    ("Hand: calibration tables, gains, limits (YAML)", "inhand_description.hand_yaml", None),
    ("Run summary (JSON)", "inhand_ros.summary", None),
)


def generate() -> str:
    """Return the page."""
    sections = []
    for title, module, name in FORMATS:
        path = module_path(module)
        sections.append(f"## {title}\n\n{docstring(path, name)}\n\nSource: `{path.relative_to(ROOT)}`")
    shipped = sorted((ROOT / "weights").glob("*.safetensors"))
    sections += [f"## weights/{path.name}\n\n{_weights(path)}" for path in shipped]
    sections += [f"## weights/{path.name}\n\n{_json(path)}" for path in sorted((ROOT / "weights").glob("*.json"))]
    intro = (
        "Configuration files are [elsewhere](configuration.md); URDF and MuJoCo models come from `inhand_description`."
    )
    return page("File formats", intro, sections)


def _weights(path: Path) -> str:
    """Return the header of a safetensors file as tables."""
    with path.open("rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    metadata = header.pop("__metadata__", {})
    parts = [table(("metadata", "value"), ((f"`{key}`", _short(value)) for key, value in sorted(metadata.items())))]
    parts.append(table(("tensor", "type", "shape"), ((f"`{k}`", v["dtype"], v["shape"]) for k, v in header.items())))
    return "\n\n".join(parts)


def _json(path: Path) -> str:
    """Return the keys of a JSON file with what they hold in it."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return table(
        ("key", "type", "here"), ((f"`{k}`", type(v).__name__, _short(json.dumps(v))) for k, v in content.items())
    )


def _short(value: str) -> str:
    return f"`{value if len(value) <= 80 else value[:77] + '…'}`"
