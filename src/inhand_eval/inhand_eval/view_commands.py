"""`inhand view bag`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

if TYPE_CHECKING:
    from inhand_data.bags import BagReader

RERUN = "rerun-sdk==0.41.0"
"""What is looked at with; requirements-dev.txt has the same."""


def bag(bag: Annotated[Path, tyro.conf.Positional], out: Path | None = None, object: str = "") -> None:
    """Look at a bag in Rerun: hand, object and goal in 3D, cameras, curves, what happened; needs rerun-sdk.

    Args:
        bag: folder of the bag, or an .mcap file.
        out: a file (.rrd) for Rerun's viewer, here or elsewhere; without it the viewer opens.
        object: what was turned; default what the bag's goals name.
    """
    from inhand_data.bags import BagError, open_bag
    from inhand_eval.rerun_scene import SHOWN, Scene, blueprint

    rerun = _import_rerun()
    if out is not None and out.suffix != ".rrd":
        raise ValueError(f"{out}: a recording of Rerun ends in .rrd")
    with open_bag(bag) as reader:
        topics = sorted(set(SHOWN) & set(reader.topics))
        if not topics:
            raise BagError(f"{bag}: none of {sorted(SHOWN)}; it has {sorted(reader.topics)}")
        recording = rerun.RecordingStream("inhand", recording_id=bag.stem)
        if out is None:
            recording.spawn(default_blueprint=blueprint(rerun))
        else:
            out.parent.mkdir(parents=True, exist_ok=True)
            recording.save(out, default_blueprint=blueprint(rerun))
        counts = _log(reader, topics, Scene(rerun, recording, object or _named(reader)))
        recording.flush()
        recording.disconnect()
    print(f"{bag}: " + ", ".join(f"{counts[topic]} of {topic}" for topic in topics))
    if out is not None:
        print(f"{out}: written; look at it with: rerun {out}")


def _log(reader: BagReader, topics: list[str], scene: Any) -> dict[str, int]:
    """Logs messages, no more of a topic in a second than is shown; returns how many of each."""
    from inhand_data.stamps import NANOSECONDS, stamp_of
    from inhand_eval.rerun_scene import SHOWN

    counts, due = dict.fromkeys(topics, 0), dict.fromkeys(topics, 0)
    for entry in reader.entries(topics):
        stamp = stamp_of(entry.data) if reader.has_header(entry.topic) else entry.log_ns
        if stamp < due[entry.topic]:
            continue
        period = round(NANOSECONDS / SHOWN[entry.topic]) if SHOWN[entry.topic] else 0
        due[entry.topic] = stamp + period * 9 // 10
        scene.show(entry.topic, reader.message(entry), stamp)
        counts[entry.topic] += 1
    return counts


def _named(reader: BagReader) -> str:
    """The object that the bag's first goal names, where this machine has it; else the block."""
    from inhand_description.objects import OBJECTS

    for _, message in reader.messages(["/goal"]):
        return message.object if message.object in OBJECTS else "block"
    return "block"


def _import_rerun() -> Any:
    try:
        import rerun  # pyright: ignore[reportMissingImports]  (a tool of its own, see requirements-dev.txt)
    except ImportError as error:
        raise RuntimeError(f"needs {RERUN.partition('==')[0]} ({error}): pip install {RERUN}") from error
    return rerun
