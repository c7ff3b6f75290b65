"""Everything that records, on a disk that is full: nothing that was recorded is lost, and the error names the file."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from std_msgs.msg import String
from std_srvs.srv import Trigger
from support.disk import MEBI, SmallDisk, small_disk
from support.probe import Probe
from support.processes import Processes, executable, wait_for

from inhand_core.files import write_whole
from inhand_core.paths import config_file
from inhand_data.bags import open_bag
from inhand_data.videos import check_video, video_writer
from inhand_eval.commands import _write
from inhand_eval.interrupted import Interrupted
from inhand_interfaces.msg import ControllerStatus
from inhand_ros.bag import Bag, BagConfig
from inhand_ros.bag_writer import BagWriter
from inhand_ros.raw import RawMessage
from inhand_training.checkpoint import find_checkpoint, read_checkpoint, save_checkpoint
from inhand_training.kept import keep
from inhand_training.ranks import Ranks
from inhand_training.runlog import RunLog, log_entries
from inhand_vision.datasets.files import ShardWriter

LONG = 60.0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 8 * MEBI) as found:
        yield found


def full(caught: pytest.ExceptionInfo, path: Path) -> bool:
    """Whether an error says that the disk is full, and of which file."""
    return caught.value.errno == errno.ENOSPC and str(path) in str(caught.value)


def text(number: int, size: int = 20_000) -> RawMessage:
    """A String that no compression makes small."""
    letters = f"{number:08d}".encode() + os.urandom(size // 2).hex().encode()
    data = b"\0\1\0\0" + (len(letters) + 1).to_bytes(4, "little") + letters + b"\0"
    return RawMessage("/text", data, 10**9 * (number + 1), 10**9 * (number + 1), number, b"a")


@pytest.mark.parametrize("compression", ["none", "lz4"])
def test_a_bag_keeps_what_was_written_before(disk: SmallDisk, compression: str) -> None:
    bag = Bag(disk.folder / "run", "kilted", BagConfig(keep_free_mb=0.0, compression=compression, flush_s=0.01))
    bag.add_topic("/text", "std_msgs/msg/String", True, False)
    writer, number = BagWriter(bag, 64.0), 0
    while writer.error is None and number < 2000:
        writer.put(text(number))
        number += 1
        time.sleep(0.0005)
    writer.close()
    error = writer.error
    assert error is not None and error.errno == errno.ENOSPC and "run_0.mcap" in str(error)
    with open_bag(disk.folder / "run") as kept:
        got = [int(message.data[:8]) for _, message in kept.messages(["/text"])]
    assert got == list(range(len(got))) and len(got) > 100, "whole, in order, from the first on"
    assert writer.result()["messages"] == len(got) and writer.result()["missing"] == number - len(got)
    assert not (disk.folder / "run/.reserve").exists() and (disk.folder / "run/metadata.yaml").stat().st_size > 100


def test_a_bag_that_cannot_begin_says_so_and_leaves_nothing(disk: SmallDisk) -> None:
    disk.fill()
    with pytest.raises(OSError) as caught:
        Bag(disk.folder / "run", "kilted", BagConfig(keep_free_mb=0.0))
    assert full(caught, disk.folder / "run")
    assert not (disk.folder / "run").exists()


def test_the_recorder_leaves_a_bag_that_opens_and_names_it(disk: SmallDisk, processes: Processes, domain: int) -> None:
    folder = disk.folder / "bag"
    words = ["-p", f"bag:={folder}", "-p", "keep_free_mb:=0.0", "-p", "compression:=none"]
    recorder = processes.start("recorder", [executable("inhand_ros/recorder_node"), "--ros-args", *words])
    probe = Probe(domain, {"/diagnostics": "diagnostic_msgs/msg/DiagnosticArray"})
    speaker = probe.node.create_publisher(String, "/text", 10)
    wait_for(speaker.get_subscription_count, LONG, processes.logs)

    def errors() -> list[str]:
        said = [s for m in probe.since("/diagnostics", 0.0) for s in m.status if s.name.startswith("recorder")]
        return [s.message for s in said if s.level == s.ERROR]

    def speak() -> list[str]:
        for number in range(20):
            speaker.publish(String(data=f"{number:08d}" + os.urandom(10_000).hex()))
        return errors()

    wait_for(speak, LONG, processes.logs)
    assert "No space left on device" in errors()[0] and "bag_0.mcap" in errors()[0]
    assert recorder.poll() is None, "the run goes on"
    recorder.send_signal(signal.SIGINT)
    assert recorder.wait(LONG) == 0
    probe.close()
    with open_bag(folder) as bag:
        assert len(list(bag.entries(["/text"]))) > 50


def test_a_dataset_that_does_not_fit_is_an_error_and_not_the_end_of_the_process(disk: SmallDisk) -> None:
    """An array in a file that is mapped and has no room kills who fills it (SIGBUS)."""
    small = ShardWriter(disk.folder, "first", 10, 3, 64)
    small.samples.images[:] = 7
    small.close({"seed": 0})
    code = (
        "import sys; from pathlib import Path; from inhand_vision.datasets.files import ShardWriter\n"
        "try: w = ShardWriter(Path(sys.argv[1]), 'second', 10_000, 3, 64); w.samples.images[:] = 7\n"
        "except OSError as error: print(error); raise SystemExit(3)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(disk.folder)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 3, (done.returncode, done.stderr[-500:])
    assert "No space left on device" in done.stdout and "images.npy" in done.stdout
    assert [path.name for path in disk.folder.iterdir()] == ["first"], "the room is given back"
    assert (np.load(disk.folder / "first/images.npy") == 7).all()


def content(value: float, size: int) -> dict:
    """A checkpoint, as far as its writer and `keep` care."""
    learner = {"model": {"weight": torch.full((size,), value)}, "collector": torch.zeros(1)}
    return {"learner": learner, "loop": (100, 1, 2.0)}


def test_a_checkpoint_that_does_not_fit_leaves_the_one_before(disk: SmallDisk) -> None:
    phase = disk.folder / "run/phase"
    save_checkpoint(phase, content(1.0, 500_000), Ranks())
    disk.fill(leave=MEBI)
    with pytest.raises(OSError) as caught:
        save_checkpoint(phase, content(2.0, 500_000), Ranks())
    assert full(caught, phase / "checkpoint.new/rank_0.pt")
    assert disk.free > MEBI // 2, "half of a checkpoint takes no room"
    found = read_checkpoint(find_checkpoint(phase), 0)
    assert (found["learner"]["model"]["weight"] == 1.0).all()
    disk.make_room()
    save_checkpoint(phase, content(2.0, 500_000), Ranks())
    assert (read_checkpoint(find_checkpoint(phase), 0)["learner"]["model"]["weight"] == 2.0).all()


def test_a_kept_state_that_does_not_fit_leaves_the_one_before(disk: SmallDisk) -> None:
    phase, kept = disk.folder / "run/phase", disk.folder / "kept.safetensors"
    save_checkpoint(phase, content(1.0, 100_000), Ranks())
    assert keep(phase, kept) == 100
    before = kept.read_bytes()
    disk.fill()
    with pytest.raises(OSError) as caught:
        keep(phase, kept)
    assert full(caught, kept) and kept.read_bytes() == before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # TensorBoard's writer
def test_half_a_line_of_a_training_log_costs_that_line_alone(disk: SmallDisk) -> None:
    log = RunLog(disk.folder / "phase", "phase")
    log.write({"steps": 1.0, "minutes": 0.5})
    disk.fill()
    with pytest.raises(OSError) as caught:
        for step in range(2, 2000):
            log.write({"steps": float(step), "minutes": 0.5})
    assert full(caught, disk.folder / "phase")
    disk.make_room()
    with (disk.folder / "phase/log.jsonl").open("a") as file:
        file.write('{"steps": 3')
    again = RunLog(disk.folder / "phase", "phase")
    again.write({"steps": 4000.0, "minutes": 1.0})
    again.close()
    entries = log_entries(disk.folder / "phase")
    assert entries[0]["steps"] == 1.0 and entries[-1]["steps"] == 4000.0


def test_an_evaluation_goes_on_and_its_report_is_not_lost(disk: SmallDisk, capsys: pytest.CaptureFixture) -> None:
    store = Interrupted(disk.folder / ".report.json.policy", {"seed": 0}, every_s=0.0)
    store.offer(lambda: [1, 2, 3])
    report = disk.folder / "report.json"
    write_whole(report, "{}")
    disk.fill()
    store.offer(lambda: list(range(10**5)))
    assert "No space left on device" in (said := capsys.readouterr().err) and ".report.json.policy" in said
    assert store.load() == [1, 2, 3]
    with pytest.raises(OSError) as caught:
        _write(report, {"mean": 12.5, "trials": [0] * 5000})
    assert full(caught, report) and report.read_text() == "{}"
    assert json.loads(capsys.readouterr().out)["mean"] == 12.5, "the work of hours is at least on the terminal"


def test_a_video_that_does_not_fit_is_an_error(disk: SmallDisk) -> None:
    """OpenCV says nothing."""
    disk.fill(leave=MEBI // 4)
    path, frames = disk.folder / "film.mp4", np.random.default_rng(0).integers(0, 256, (60, 240, 320, 3), np.uint8)
    with pytest.raises(OSError, match="film.mp4"):
        writer = video_writer(path, 30, (240, 320))
        for frame in frames:
            writer.write(frame)
        writer.release()
        check_video(path, len(frames))


def test_a_stop_is_kept_on_a_disk_that_is_full(disk: SmallDisk, processes: Processes, domain: int) -> None:
    """The latch has its room from the controller's start on; where it has none, there is no controller."""
    files = [word for name in ("hand", "controller") for word in ("--params-file", str(config_file(name)))]
    options = ["-p", "auto_enable:=true", "-p", "rt.priority:=1", "-p", "rt.io_priority:=0"]
    command = [executable("inhand_control/rt_node"), "--ros-args", *files, *options]
    state = disk.folder / "state"
    node = processes.start("rt_node", command, INHAND_STATE_DIR=str(state))
    probe = Probe(domain, {"controller/status": "inhand_interfaces/msg/ControllerStatus"})
    wait_for(lambda: probe.newest("controller/status"), LONG, processes.logs)
    disk.fill()
    answer = probe.call(Trigger, "controller/stop")
    assert answer.success and "will not know" not in answer.message, answer.message
    node.kill()
    node.wait()
    then = time.monotonic()
    node = processes.start("rt_node", command, INHAND_STATE_DIR=str(state))
    wait_for(lambda: probe.since("controller/status", then), LONG, processes.logs)
    assert probe.newest("controller/status").mode == ControllerStatus.STOPPED
    node.kill()
    node.wait()
    for path in sorted(state.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    disk.fill()
    done = subprocess.run(
        command,
        env={**processes.environment, "INHAND_STATE_DIR": str(state)},
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    probe.close()
    assert done.returncode == 1 and str(state) in done.stderr and "No space left" in done.stderr, done.stderr
