"""The whole way of a stop: a click in a browser, on the page of the launched graph, and the real controller latches."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator

import numpy as np
import pytest
from std_srvs.srv import SetBool
from support.probe import Probe
from support.processes import Processes, wait_for

from inhand_bench.page.chromium import Chromium, executable
from inhand_interfaces.msg import ControllerStatus

pytestmark = pytest.mark.skipif(executable() is None, reason="no Chromium on this machine (Debian package: chromium)")
PATIENCE_S = 120.0
ACTIONS = 12
"""A second of the policy."""
ARGUMENTS = ("console:=true", "port:=18600", "cameras:=off")


@pytest.fixture
def probe(domain: int) -> Iterator[Probe]:
    topics = {
        "controller/status": "inhand_interfaces/msg/ControllerStatus",
        "hand/action": "inhand_interfaces/msg/HandAction",
        "hand/motor_commands": "inhand_interfaces/msg/MotorCommands",
    }
    probe = Probe(domain, topics)
    yield probe
    probe.close()


def test_a_click_on_stop_latches_the_real_controller(processes: Processes, probe: Probe) -> None:
    ros2 = shutil.which("ros2")
    assert ros2, "no ros2 on the path: source setup.bash"
    processes.start("launch", [ros2, "launch", "inhand_bringup", "sim.launch.xml", *ARGUMENTS])

    def mode() -> int | None:
        status = probe.newest("controller/status")
        return None if status is None else status.mode

    def address() -> re.Match[str] | None:
        return re.search(r"page: (http://127\.0\.0\.1:\d+)", processes.log("launch"))

    found = wait_for(address, PATIENCE_S, processes.logs)
    wait_for(lambda: mode() == ControllerStatus.RUNNING, PATIENCE_S, processes.logs)
    with Chromium(700, 500) as browser:
        browser.open(found[1])
        wait_for(lambda: "RUNNING" in browser.text(), PATIENCE_S, lambda: browser.text() + processes.logs())
        browser.click("STOP")
        wait_for(lambda: mode() == ControllerStatus.STOPPED, PATIENCE_S, processes.logs)
        stopped = time.monotonic()
        wait_for(lambda: "stop the hand: done" in browser.text(), PATIENCE_S, browser.text)
        wait_for(lambda: "STOPPED" in browser.text(), PATIENCE_S, browser.text)
    # The policy's actions go on, and neither they nor a request to enable undo the stop.
    wait_for(lambda: len(probe.since("hand/action", stopped)) > ACTIONS, PATIENCE_S, processes.logs)
    assert not probe.call(SetBool, "controller/enable", data=True).success
    wait_for(lambda: not np.any(probe.newest("hand/motor_commands").torque), PATIENCE_S, "zero torque")
    modes = {status.mode for status in probe.since("controller/status", stopped)}
    assert modes == {ControllerStatus.STOPPED}
