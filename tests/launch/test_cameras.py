"""The simulator's cameras over DDS: only what is wanted, of one instant, as the renderer draws that instant's state."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParametersAtomically
from sensor_msgs.msg import CameraInfo, Image
from support.probe import Probe
from support.processes import Processes, executable, wait_for

from inhand_data.pixels import rgb_image
from inhand_description import CAMERAS
from inhand_description.cameras import nominal_info
from inhand_interfaces.msg import SimState
from inhand_ros.codecs import to_ns
from inhand_sim.cameras import RendererError, make_renderer
from inhand_sim.nodes.snapshots import qpos_of

LONG = 120.0
TICK_NS = 2_500_000


@pytest.fixture
def start(processes: Processes) -> Callable[..., None]:
    """Starts simulator and cameras; parameters are those of the cameras' node."""

    def run(*parameters: str, **environment: str) -> None:
        words = [word for parameter in parameters for word in ("-p", parameter)]
        processes.start("sim_node", [executable("inhand_sim/sim_node"), "--ros-args", "-p", "randomization:=physics"])
        cameras = [executable("inhand_sim/camera_node"), "--ros-args", *words]
        processes.start("camera_node", cameras, **environment)

    return run


class Listener:
    """A subscription of the test's own; `heard` are the messages by their stamps [ns]."""

    def __init__(self, probe: Probe, kind: Any, topic: str) -> None:
        self.heard: dict[int, Any] = {}
        self._probe = probe
        self._subscription = probe.node.create_subscription(kind, topic, self._on_message, 10)

    def _on_message(self, message: Any) -> None:
        self.heard[to_ns(message.header.stamp)] = message

    def close(self) -> None:
        self._probe.run(lambda: self._probe.node.destroy_subscription(self._subscription))


def statuses(probe: Probe) -> list[dict[str, str]]:
    """What the cameras' node has reported, oldest first."""
    found = [s for _, m in probe.heard["diagnostics"] for s in m.status if s.name.startswith("sim_cameras")]
    return [{"level": s.level, "message": s.message, **{v.key: v.value for v in s.values}} for s in found]


def readers(probe: Probe) -> int:
    return probe.node.count_subscribers("/sim/state")


def test_only_what_is_subscribed_to_is_rendered(start, probe: Probe, processes: Processes) -> None:
    start()
    wait_for(lambda: len(statuses(probe)) > 1, LONG, processes.logs)
    assert readers(probe) == 0, "nobody looks, so nobody needs to know the state"
    assert {statuses(probe)[-1][f"{row.name} process"] for row in CAMERAS} == {"none"}
    left = Listener(probe, Image, "camera_left/image_raw")
    wait_for(lambda: len(left.heard) > 5, LONG, processes.logs)
    seen = len(statuses(probe))
    wait_for(lambda: len(statuses(probe)) > seen + 1, LONG, "diagnostics")
    rates = {key: float(value) for key, value in statuses(probe)[-1].items() if key.endswith("rate [Hz]")}
    assert rates.pop("left rate [Hz]") > 0.0
    assert rates == {"top rate [Hz]": 0.0, "right rate [Hz]": 0.0}
    processes_of = {row.name: statuses(probe)[-1][f"{row.name} process"] for row in CAMERAS}
    assert processes_of == {"top": "none", "left": "rendering", "right": "none"}
    left.close()
    wait_for(lambda: readers(probe) == 0, LONG, "the end of the rendering")


def test_images_show_the_state_of_their_stamp(start, probe: Probe, processes: Processes) -> None:
    """All cameras' images of one stamp are what the renderer draws of the snapshot with that stamp."""
    try:
        renderer = make_renderer("classic")
    except RendererError as error:
        pytest.skip(str(error))
    states = Listener(probe, SimState, "sim/state")
    images = {row.name: Listener(probe, Image, f"camera_{row.name}/image_raw") for row in CAMERAS}
    infos = {row.name: Listener(probe, CameraInfo, f"camera_{row.name}/camera_info") for row in CAMERAS}
    start()

    def common() -> set[int]:
        return set.intersection(*(set(x.heard) for x in (states, *images.values(), *infos.values())))

    wait_for(lambda: len(common()) > 3, LONG, processes.logs)
    for stamp in sorted(common())[:3]:
        assert stamp % TICK_NS == 0
        state = states.heard[stamp]
        assert state.header.frame_id == "world" and abs(state.object_scale - 1.0) > 1e-6
        expected = renderer.render(qpos_of(state), object_scale=state.object_scale)
        for row, drawn in zip(CAMERAS, expected, strict=True):
            image, info = images[row.name].heard[stamp], infos[row.name].heard[stamp]
            difference = np.abs(rgb_image(image).astype(int) - drawn)
            assert (difference > 2).mean() < 1e-3, row.name
            assert image.header == info.header and image.header.frame_id == f"camera_{row.name}_optical_frame"
            assert (info.width, info.height) == row.resolution == (image.width, image.height)
            assert np.allclose(info.k, nominal_info(row).k) and not any(info.d)
    stamps = np.array(sorted(states.heard))
    assert np.abs(np.diff(stamps) * 30 / 1e9 - np.round(np.diff(stamps) * 30 / 1e9)).max() < 0.1, "a grid of 30 Hz"
    renderer.close()
    for listener in (states, *images.values(), *infos.values()):
        listener.close()


def test_with_all_groups_looks_are_random_until_they_are_not(start, probe: Probe, processes: Processes) -> None:
    start("randomization:=all")
    top = Listener(probe, Image, "camera_top/image_raw")

    def colourfulness() -> float:
        """Median difference between the channels of what is not background, in an image that is yet to come."""
        seen = len(top.heard)
        wait_for(lambda: len(top.heard) > seen + 3, LONG, processes.logs)
        image = rgb_image(top.heard[max(top.heard)]).astype(int)
        return float(np.median(np.ptp(image, axis=-1)[np.abs(image - image[0, 0]).max(axis=-1) > 12]))

    drawn = colourfulness()
    assert randomize(probe, "physics").successful
    wait_for(lambda: statuses(probe)[-1]["looks"] == "calibrated", LONG, "the report of it")
    assert drawn > colourfulness() + 10.0, "a hand of many colours becomes a grey one"
    refused = randomize(probe, "colours")
    assert not refused.successful and "'colours'" in refused.reason
    top.close()


def test_its_processes_end_with_it_however_it_ends(start, probe: Probe, processes: Processes) -> None:
    start()
    top = Listener(probe, Image, "camera_top/image_raw")
    wait_for(lambda: top.heard, LONG, processes.logs)
    parent = processes.running["camera_node"].pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    assert len(children) == 1
    os.kill(parent, signal.SIGKILL)
    wait_for(lambda: not Path(f"/proc/{children[0]}").exists(), LONG, "the end of the child")
    top.close()


def randomize(probe: Probe, groups: str) -> Any:
    """Sets the groups of the cameras' node; the result."""
    value = ParameterValue(type=ParameterType.PARAMETER_STRING, string_value=groups)
    parameters = [Parameter(name="randomization", value=value)]
    return probe.call(SetParametersAtomically, "sim_cameras/set_parameters_atomically", parameters=parameters).result


def test_a_renderer_that_cannot_run_is_an_error_with_its_fix(start, probe: Probe, processes: Processes) -> None:
    probe.heard["diagnostics"].clear()
    start("renderer:=filament", VK_DRIVER_FILES="/nowhere/driver.json")
    top = Listener(probe, Image, "camera_top/image_raw")
    wait_for(lambda: any(s["level"] == DiagnosticStatus.ERROR for s in statuses(probe)), LONG, processes.logs)
    assert "mesa-vulkan-drivers" in statuses(probe)[-1]["message"]
    assert "mesa-vulkan-drivers" in processes.log("camera_node")
    time.sleep(0.5)
    assert processes.running["camera_node"].poll() is None and not top.heard
    top.close()


def test_an_unknown_renderer_ends_the_node_with_a_message(processes: Processes) -> None:
    processes.start("camera_node", [executable("inhand_sim/camera_node"), "--ros-args", "-p", "renderer:=unity"])
    assert wait_for(lambda: processes.running["camera_node"].poll(), 60.0, processes.logs) == 2
    assert "'unity' is not one of" in processes.log("camera_node")
    assert "Traceback" not in processes.log("camera_node")
