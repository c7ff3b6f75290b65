"""The PhaseSpace driver against an emulated server in another process: every frame, broken packets, a dead server."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from support.listener import Listener
from support.probe import Probe, in_a_trial
from support.processes import Processes, executable, wait_for

from inhand_core.graph import load_graph
from inhand_drivers.phasespace.emulator.script import row_of_markers
from inhand_interfaces.msg import ControllerStatus, Trial
from inhand_ros.codecs import to_ns

LONG = 240.0
TOPIC = "mocap/markers"
SERVE = "from inhand_drivers.phasespace.emulator.replay import phasespace; phasespace({})"
SCRIPT = "rate: 960\nduration: 2\nmarkers: {4: {position: [0.1, 0, 0.3], radius: 0.05, lost: [[0.5, 1.0]]}}\n"

OWL = """
import time
from types import SimpleNamespace as Record

Type = Record(FRAME=0x80)


class Context:
    def open(self, device, options): self.start = time.monotonic()
    def initialize(self, options): assert "frequency=960" in options, options
    def streaming(self, mode): self.sent = 0
    def isOpen(self): return True
    def property(self, name): return 1
    def done(self): pass
    def close(self): pass

    def nextEvent(self, timeout):
        time.sleep(0.002)
        if self.sent > 960 * (time.monotonic() - self.start): return None
        self.sent += 1
        return Event(self.sent * 1_000_000 // 960)


class Event:
    type_id = Type.FRAME

    def __init__(self, time):
        self.time = time
        self.markers = [Record(id=4, flags=0, time=time, x=100.0, y=0.0, z=300.0, cond=5.0)]

    def __contains__(self, name): return name == "markers"
"""
"""What the driver uses of PhaseSpace's Python module `owl`: a capture that shows one LED."""


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def listener(domain: int) -> Iterator[Listener]:
    """Hears every marker frame."""
    found = Listener(domain, {TOPIC: load_graph("realtime").topics[TOPIC].message})
    yield found
    found.close()


@pytest.fixture
def diagnostics(domain: int) -> Iterator[Callable[[str], str]]:
    """The newest value of a key of the driver's diagnostics, "" before the first; the key "level" is the level."""
    probe = Probe(domain, {"diagnostics": "diagnostic_msgs/msg/DiagnosticArray"})

    def value(key: str) -> str:
        reports = [m.status[0] for _, m in probe.heard["diagnostics"] if m.status[0].hardware_id == "phasespace"]
        if not reports:
            return ""
        values = {pair.key: pair.value for pair in reports[-1].values}
        return values.get(key, "") if key != "level" else str(ord(reports[-1].level))

    value.probe = probe
    yield value
    probe.close()


@pytest.fixture
def serve(processes: Processes, tmp_path: Path) -> Callable[..., int]:
    """Starts an emulated server on a script at 960 frames a second; returns its port."""

    def start(port: int = 0, **options: object) -> int:
        script, port = tmp_path / "script.yaml", port or free_port()
        script.write_text(SCRIPT)
        given = {"source": str(script), "address": f"127.0.0.1:{port}", **options}
        processes.start(
            "server", [sys.executable, "-c", SERVE.format(", ".join(f"{k}={v!r}" for k, v in given.items()))]
        )
        return port

    return start


@pytest.fixture
def drive(processes: Processes) -> Callable[..., None]:
    """Starts the driver."""

    def start(port: int, *parameters: str, **environment: str) -> None:
        words = [f"address:=127.0.0.1:{port}", "rate:=960", *parameters]
        command = [executable("inhand_drivers/phasespace_driver"), "--ros-args"]
        processes.start("driver", command + [word for parameter in words for word in ("-p", parameter)], **environment)

    return start


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_960_frames_a_second_arrive_one_message_each(serve, drive, listener, processes, transport: str) -> None:
    drive(serve(drift_ppm=100.0), f"transport:={transport}")
    wait_for(lambda: len(listener.raw(TOPIC)) > 4 * 960, LONG, processes.logs)
    numbers = listener.sequences(TOPIC)
    assert (np.diff(numbers) == 1).all(), "a message for every frame"
    messages = listener.messages(TOPIC)
    assert {m.header.frame_id for m in messages} == {"world"} and {tuple(m.id) for m in messages} == {tuple(range(17))}
    stamps = np.array([to_ns(m.header.stamp) for m in messages])
    assert (np.diff(stamps) > 0).all() and abs(stamps[-1] - time.time_ns()) < 60e9
    x, condition = (np.array([getattr(m, name) for m in messages]) for name in ("x", "condition"))
    rest = np.arange(17) != 4
    assert np.abs(x[:, rest] - row_of_markers()[rest, 0]).max() < 1e-6, "metres"
    lost = condition[:, 4] <= 0.0
    seen = x[~lost, 4]  # a driver that starts while the marker is hidden has no place of it yet
    assert np.abs(seen - 0.1).max() == pytest.approx(0.05, abs=1e-4)
    assert 0.2 < lost.mean() < 0.35 and (condition[:, rest] > 0.0).all()
    kept = lost[1:] & lost[:-1]
    assert (np.diff(x[:, 4])[kept] == 0.0).all(), "a lost marker keeps its place"


def test_broken_packets_are_refused_and_counted_while_frames_flow(
    serve, drive, listener, diagnostics, processes
) -> None:
    drive(serve(malformed=0.3), "transport:=udp")
    wait_for(lambda: len(listener.raw(TOPIC)) > 4 * 960, LONG, processes.logs)
    causes = ("checksum", "oversized", "truncated")
    wait_for(lambda: all(int(diagnostics(f"packets refused: {c}") or 0) > 0 for c in causes), 60.0, processes.logs)
    numbers = np.array(listener.sequences(TOPIC))
    assert (np.diff(numbers) > 0).all()
    share = len(numbers) / (numbers[-1] - numbers[0] + 1)
    assert share > 0.999, "what is refused is what was broken"
    assert diagnostics("level") in ("0", "1") and diagnostics("connection") == "streaming"
    assert processes.running["driver"].poll() is None


def test_broken_packets_in_a_stream_cost_few_frames_and_never_the_driver(serve, drive, listener, processes) -> None:
    drive(serve(malformed=0.1), "transport:=tcp")
    wait_for(lambda: len(listener.raw(TOPIC)) > 2 * 960, LONG, processes.logs)
    numbers = np.array(listener.sequences(TOPIC))
    assert (np.diff(numbers) > 0).all() and len(numbers) / (numbers[-1] - numbers[0] + 1) > 0.8
    assert processes.running["driver"].poll() is None


def test_a_server_that_dies_is_told_and_found_again(serve, drive, listener, diagnostics, processes) -> None:
    port = serve()
    drive(port)
    wait_for(lambda: len(listener.raw(TOPIC)) > 960, LONG, processes.logs)
    wait_for(lambda: diagnostics("level") == "0", LONG, processes.logs)
    os.kill(processes.running["server"].pid, signal.SIGKILL)
    wait_for(lambda: diagnostics("level") == "2", 20.0, "an error in the diagnostics")
    before = len(listener.raw(TOPIC))
    serve(port)
    wait_for(lambda: len(listener.raw(TOPIC)) > before + 960, LONG, processes.logs)
    assert (np.diff(listener.sequences(TOPIC)) == 1).all(), "numbers go on where they stopped"
    wait_for(lambda: diagnostics("level") == "0" and diagnostics("connections") == "2", 20.0, "the second connection")
    assert processes.running["driver"].poll() is None


def test_the_lifecycle_decides_when_it_listens(serve, drive, listener, diagnostics, processes) -> None:
    drive(serve(), "autostart:=false")
    probe = diagnostics.probe

    def change(transition: int) -> None:
        assert probe.call(ChangeState, "phasespace/change_state", transition=Transition(id=transition)).success

    change(Transition.TRANSITION_CONFIGURE)
    wait_for(lambda: diagnostics("connection") == "inactive", LONG, processes.logs)
    assert not listener.raw(TOPIC)
    change(Transition.TRANSITION_ACTIVATE)
    wait_for(lambda: len(listener.raw(TOPIC)) > 100, LONG, processes.logs)
    change(Transition.TRANSITION_DEACTIVATE)
    time.sleep(0.5)
    before = len(listener.raw(TOPIC))
    time.sleep(0.5)
    assert len(listener.raw(TOPIC)) == before
    change(Transition.TRANSITION_ACTIVATE)
    wait_for(lambda: len(listener.raw(TOPIC)) > before + 100, LONG, processes.logs)


def test_the_vendors_module_is_used_where_it_is_asked_for(drive, listener, diagnostics, processes, tmp_path) -> None:
    (tmp_path / "owl.py").write_text(OWL)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    drive(8000, "client:=vendor", PYTHONPATH=path)
    wait_for(lambda: len(listener.raw(TOPIC)) > 100, LONG, processes.logs)
    assert (np.diff(listener.sequences(TOPIC)) == 1).all()
    message = listener.messages(TOPIC)[-1]
    led = list(message.id).index(4)
    assert (message.x[led], message.z[led], message.condition[led]) == pytest.approx((0.1, 0.3, 5.0))
    assert all(c <= 0.0 for i, c in enumerate(message.condition) if i != led), "the others were never seen"
    wait_for(lambda: diagnostics("connection") == "streaming", LONG, processes.logs)


@pytest.mark.parametrize(
    ("parameter", "culprit"),
    [
        ("client:=vendor", "`owl`"),
        ("transport:=pigeon", "'pigeon'"),
        ("rate:=2000", "rate must be in [1, 960]"),
        ("config:=/nowhere.yaml", "no such file"),
        ("sped:=1", "sped"),
    ],
)
def test_what_it_cannot_work_with_ends_it_with_a_message(drive, processes, parameter: str, culprit: str) -> None:
    drive(8000, parameter, *(() if parameter.startswith("client") else ("client:=builtin",)))
    assert wait_for(lambda: processes.running["driver"].poll(), 60.0, processes.logs) == 2
    assert culprit in processes.log("driver") and "Traceback" not in processes.log("driver")


def test_a_server_killed_in_mid_run_holds_the_hand_and_marks_the_trial(launch, probe) -> None:
    port = free_port()
    arguments = ("console:=false", "goal_timeout:=80.0", "emulate:=phasespace", f"phasespace_server:=127.0.0.1:{port}")
    launched = launch("sim.launch.xml", *arguments)
    wait_for(lambda: in_a_trial(probe), LONG, lambda: f"a running trial\n{launched.output[-4000:]}")
    driver, marks = launched.pid("phasespace_driver"), []
    while Trial.REASON_INTERRUPTED not in marks:  # the object may drop before the driver's word is heard
        assert len(marks) < 6, f"how trials ended: {marks}"
        marks.append(killed_and_returned(launched, probe))
    assert launched.pid("phasespace_driver") == driver, "the driver was not restarted"


def killed_and_returned(launched, probe: Probe) -> int:
    """Kills the server in a running trial, waits for its return and the next trial; returns how that trial ended."""
    wait_for(lambda: in_a_trial(probe), LONG, "a running trial")
    server, trial, wall = launched.pid("emulate_phasespace"), probe.newest("trial").trial_id, time.monotonic()
    os.kill(server, signal.SIGKILL)
    held = [ControllerStatus.HOLD, ControllerStatus.ZERO_TORQUE]
    wait_for(lambda: any(m.mode in held for m in probe.since("controller/status", wall)), LONG, "the hold")
    ended = wait_for(lambda: [m.reason for m in probe.since("trial", wall) if m.state == Trial.ENDED], LONG, "the end")
    wait_for(lambda: launched.pid("emulate_phasespace") != server, LONG, "a new server")
    back = time.monotonic()
    wait_for(lambda: probe.since(TOPIC, back), LONG, lambda: f"frames again\n{launched.output[-4000:]}")
    wait_for(lambda: in_a_trial(probe) and probe.newest("trial").trial_id > trial, LONG, "the next trial")
    return Trial.REASON_INTERRUPTED if Trial.REASON_INTERRUPTED in ended else ended[-1]
