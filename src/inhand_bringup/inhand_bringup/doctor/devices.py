"""What the graph works with: renderers, cameras, the hand's wire, the policy's weights."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from inhand_bringup.doctor.finding import ERROR, OK, WARNING, Finding, ask

BACKENDS = ("egl", "osmesa")
CONTEXT = "import mujoco; mujoco.GLContext(64, 64).make_current()"
FILAMENT = """
import numpy as np
from inhand_sim.cameras import make_renderer
qpos = np.zeros(31); qpos[27] = 1.0
print(make_renderer("filament", crop=64).render(qpos, cameras=("top",)).shape)
"""
CAMERAS = """
from pypylon import pylon
for device in pylon.TlFactory.GetInstance().EnumerateDevices():
    print(device.GetModelName(), device.GetSerialNumber())
"""
WIRE = """
from inhand_drivers.hand.wire import missing_capability, missing_raw_sockets
print(missing_raw_sockets() or '', '|', missing_capability() or '')
"""
WEIGHTS = """
from inhand_core import load_graph, read_yaml
from inhand_core.paths import config_file, resource_root
from inhand_policy.weights import check_deployment, load_weights
weights = load_weights(resource_root() / read_yaml(config_file("policy"))["weights"])
check_deployment(weights, read_yaml(config_file("smoother")), load_graph("realtime").topics["policy/action"].rate)
print(weights.random, weights.source, weights.metadata.training.recipe)
"""
USB_MIB = 256


def renderers() -> Iterator[Finding]:
    """What the simulated cameras can be drawn with, off screen."""
    chosen = os.environ.get("MUJOCO_GL")
    drawn = [name for name in ([chosen] if chosen else BACKENDS) if ask(CONTEXT, environment=_with_gl(name)).done]
    if drawn:
        yield Finding(OK, f"classic: MUJOCO_GL={drawn[0]}")
    elif chosen:
        remedy = f"unset MUJOCO_GL, or one of {list(BACKENDS)}"
        yield Finding(WARNING, f"classic: MUJOCO_GL={chosen} does not draw", remedy)
    else:
        yield Finding(
            WARNING, "classic: no off-screen rendering", "apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri"
        )
    answer = ask(FILAMENT)
    if answer.done:
        yield Finding(OK, "filament: draws")
    else:
        yield Finding(WARNING, f"filament: {answer.complaint}", "use renderer:=classic")


def cameras() -> Iterator[Finding]:
    """Basler cameras that can be seen from here; none are needed for simulated ones."""
    answer = ask(CAMERAS)
    if not answer.done:
        yield Finding(
            WARNING, f"pypylon does not work: {answer.complaint}", "pip install pypylon; cameras:=sim needs none"
        )
        return
    found = [line for line in answer.text.splitlines() if line.strip()]
    yield Finding(OK, f"{len(found)} Basler cameras: {', '.join(found) or 'cameras:=sim needs none'}")
    path = Path("/sys/module/usbcore/parameters/usbfs_memory_mb")
    if found and path.exists() and int(path.read_text()) < USB_MIB:
        remedy = f"echo 1000 | sudo tee {path}"
        yield Finding(WARNING, f"USB buffers of {path.read_text().strip()} MiB lose images of three cameras", remedy)


def hand() -> Iterator[Finding]:
    """Whether this process may speak EtherCAT."""
    answer = ask(WIRE)
    if not answer.done:
        yield Finding(WARNING, f"the hand's driver does not import: {answer.complaint}", "make build")
        return
    for_hand, _, for_emulator = (part.strip() for part in answer.text.partition("|"))
    if for_hand:
        remedy = "run as root, or with CAP_NET_RAW; hand:=sim needs neither"
        yield Finding(WARNING, f"EtherCAT: {for_hand}", remedy)
    elif for_emulator:
        yield Finding(OK, f"EtherCAT: raw sockets are allowed; not the emulated hand's: {for_emulator}")
    else:
        yield Finding(OK, "EtherCAT: raw sockets are allowed")


def weights() -> Iterator[Finding]:
    """The policy's weights against the hand, the graph and the smoother they are to run with."""
    answer = ask(WEIGHTS)
    remedy = "name others in config/policy.yaml, or weights:=…"
    if not answer.done:
        complaint = answer.complaint.partition("Error: ")[2] or answer.complaint
        yield Finding(ERROR, f"weights do not fit: {complaint}", remedy)
        return
    random, source, recipe = answer.text.split(maxsplit=2)
    if random == "True":
        yield Finding(
            WARNING, f"{source} was never trained", "name trained weights in config/policy.yaml, or weights:=…"
        )
    else:
        yield Finding(OK, f"{source} fits hand, graph and smoother (recipe: {recipe})")


def _with_gl(backend: str | None) -> dict[str, str]:
    return {**os.environ, "MUJOCO_GL": backend or ""}
