"""`inhand bench record`: does the recorder keep every message of three cameras and the motion capture?"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from inhand_bench.record.source import TOPICS
from inhand_data.bags import open_bag

_RECORDER = "from inhand_ros.nodes.recorder_node import main; main()"
_SOURCE = "from inhand_bench.record.source import main; main()"


def record(seconds: float = 60.0, folder: Path | None = None, compression: str = "lz4") -> int:
    """Record three synthetic cameras at 30 Hz and markers at 240 Hz, and count what is missing in the bag.

    Each device is a process of its own. The code is 1 where a message is missing by its publisher's count.

    Args:
        seconds: how long the devices publish.
        folder: where the bag is written, and removed again; a temporary folder by default.
        compression: of the bag: none, lz4 or zstd.
    """
    with tempfile.TemporaryDirectory(prefix="inhand_bench_", dir=folder) as place:
        result = run(seconds, Path(place) / "bag", compression)
    print(f"{seconds:g} s, compression {compression}, {result['mb_s']:.0f} MiB/s of messages:")
    for topic, (sent, kept) in result["topics"].items():
        print(f"  {topic:28} sent {sent:6d}  in the bag {kept:6d}  missing {sent - kept}")
    print(f"  recorder's CPU {result['cpu']:.2f} cores, memory {result['memory_mb']:.0f} MiB")
    return int(any(sent != kept for sent, kept in result["topics"].values()))


def run(seconds: float, bag: Path, compression: str) -> dict:
    """Records for `seconds`; returns sent and kept messages by topic, MiB/s, CPU in cores and peak memory [MiB]."""
    variables = {**os.environ, "ROS_DOMAIN_ID": str(random.SystemRandom().randint(2, 19))}
    arguments = ["--ros-args", "-p", f"bag:={bag}", "-p", f"compression:={compression}"]
    recorder = subprocess.Popen([sys.executable, "-c", _RECORDER, *arguments], env=variables, stdout=subprocess.DEVNULL)
    sources = [
        subprocess.Popen(
            [sys.executable, "-c", _SOURCE, topic, str(seconds)],
            env=variables,
            stdout=subprocess.PIPE,
            text=True,
        )
        for topic in TOPICS
    ]
    sent = {topic: int(source.communicate()[0] or 0) for topic, source in zip(TOPICS, sources, strict=True)}
    time.sleep(1.0)
    usage = _usage(recorder.pid)
    recorder.send_signal(signal.SIGINT)
    recorder.wait()
    kept = _kept(bag)
    size = sum(TOPICS[topic].size * count for topic, count in sent.items())
    topics = {topic: (sent[topic], kept.get(topic, 0)) for topic in TOPICS}
    cpu, memory = usage
    return {"topics": topics, "mb_s": size / seconds / 2**20, "cpu": cpu / seconds, "memory_mb": memory}


def _usage(process: int) -> tuple[float, float]:
    """CPU time [s] and peak memory [MiB] of a process."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    status = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
    return cpu, int(status["VmHWM"].split()[0]) / 1024


def _kept(bag: Path) -> dict[str, int]:
    """Messages in a bag by topic, read from its files."""
    with open_bag(bag) as reader:
        return dict(Counter(entry.topic for entry in reader.entries()))


__all__ = ["record", "run"]
