"""DDS: do two processes hear each other, by which way, and do large messages come through?"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from inhand_bringup.doctor.finding import ERROR, OK, WARNING, Finding, ask

SHARED_MEMORY_MIB = 64  # Fast DDS keeps its segments there; a container has 64 MiB unless told otherwise
TALK_S = 12.0
LARGE = 2**20  # bytes; a camera's image has 0.9 MB
RECEIVE_BUFFER = 2**21  # bytes; ROS 2's tuning guide asks for room for a burst of fragments
RANGE, PEERS = "ROS_AUTOMATIC_DISCOVERY_RANGE", "ROS_STATIC_PEERS"
PROFILES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")

TALKER = """
import rclpy, sys, time
from std_msgs.msg import String
rclpy.init(); node = rclpy.create_node("inhand_doctor_talker")
publisher = node.create_publisher(String, "/inhand_doctor", 1)
text = "x" * int(sys.argv[1])
while True:
    publisher.publish(String(data=text)); time.sleep(0.1)
"""
LISTENER = """
import rclpy, sys, time
from std_msgs.msg import String
rclpy.init(); node = rclpy.create_node("inhand_doctor_listener"); heard = []
node.create_subscription(String, "/inhand_doctor", heard.append, 1)
begun = time.monotonic()
while not heard and time.monotonic() < begun + float(sys.argv[1]):
    rclpy.spin_once(node, timeout_sec=0.2)
print(len(heard[-1].data) if heard else 0, round(time.monotonic() - begun, 2))
"""


def check() -> Iterator[Finding]:
    """Shared memory, discovery, the way of the packets and their sizes."""
    yield from shared_memory()
    yield from discovery_range()
    yield from talk()
    yield from packets()


def shared_memory(folder: Path = Path("/dev/shm")) -> Iterator[Finding]:
    """The room for Fast DDS's shared-memory segments."""
    try:
        free = shutil.disk_usage(folder).free // 2**20
    except OSError:
        yield Finding(WARNING, f"{folder} is not there: DDS goes through the network", "docker run --ipc=host")
        return
    if not os.access(folder, os.W_OK):
        yield Finding(WARNING, f"{folder} cannot be written: DDS goes through the network", f"chmod 1777 {folder}")
    elif free < SHARED_MEMORY_MIB:
        yield Finding(WARNING, f"shared memory: {free} MiB free", "docker run --shm-size=512m, or --ipc=host")
    else:
        yield Finding(OK, f"shared memory: {free} MiB free")


def discovery_range() -> Iterator[Finding]:
    """Who can find this machine's nodes."""
    setting, domain = os.environ.get(RANGE, "SUBNET"), os.environ.get("ROS_DOMAIN_ID", "0")
    known = {
        "LOCALHOST": "nodes on this machine alone look for each other",
        "SUBNET": "not loopback only: nodes of every machine on this network find each other",
        "SYSTEM_DEFAULT": "as the middleware's own configuration says",
    }
    if setting == "OFF":
        yield Finding(ERROR, f"{RANGE}=OFF: no node finds another", f"export {RANGE}=LOCALHOST")
    elif setting not in known:
        yield Finding(ERROR, f"{RANGE}={setting} is none of {[*known, 'OFF']}", f"export {RANGE}=LOCALHOST")
    else:
        yield Finding(OK, f"discovery {setting}, domain {domain}: {known[setting]}")
        yield from doors()


def doors() -> Iterator[Finding]:
    """Whether others are let in, which the discovery range alone does not say."""
    peers, secured = os.environ.get(PEERS, ""), os.environ.get("ROS_SECURITY_ENABLE") == "true"
    bound = any("loopback.xml" in os.environ.get(name, "") for name in PROFILES)
    if bound and (peers or os.environ.get(RANGE, "SUBNET") != "LOCALHOST"):
        text = f"DDS is bound to the loopback interface, though {PEERS if peers else RANGE} opens it"
        yield Finding(WARNING, text, "source setup.bash again in this shell")
    elif bound:
        yield Finding(OK, "DDS's ports are on the loopback interface: nobody outside this machine is let in")
    elif secured:
        yield Finding(OK, "DDS's ports are open, and DDS security lets in who has a key")
    else:
        text = "DDS's ports are open: whoever reaches this machine and names it as a peer hears and commands everything"
        remedy = (
            "DDS security (docs/security.md), a firewall" if peers else f"unset {PEERS} and source setup.bash again"
        )
        yield Finding(WARNING, text, remedy)


def talk() -> Iterator[Finding]:
    """A message of 1 MiB from one process to another, under this shell's domain and discovery range."""
    talker = subprocess.Popen([sys.executable, "-c", TALKER, str(LARGE)], stderr=subprocess.DEVNULL)
    try:
        answer = ask(LISTENER, str(TALK_S))
    finally:
        talker.kill()
        talker.wait()
    if not answer.done:
        yield Finding(ERROR, f"two processes cannot talk: {answer.complaint}", "see the finding about ros")
        return
    size, seconds = answer.text.split()[-2:]
    if int(size) == LARGE:
        yield Finding(OK, f"two processes exchange messages of 1 MiB, {seconds} s after the start of discovery")
    else:
        remedy = f"is a firewall or a network namespace in the way? ip link set lo up; try {RANGE}=LOCALHOST"
        yield Finding(ERROR, f"two processes do not hear each other within {TALK_S:g} s", remedy)


def packets() -> Iterator[Finding]:
    """Packet sizes and buffers; they matter where messages leave the machine."""
    links = {path.parent.name: int(path.read_text()) for path in Path("/sys/class/net").glob("*/mtu")}
    up = {name: size for name, size in links.items() if _up(name)}
    text = ", ".join(f"{name} {size}" for name, size in sorted(up.items())) or "none is up"
    alone = os.environ.get(RANGE, "SUBNET") == "LOCALHOST"
    if "lo" not in up:
        yield Finding(ERROR, f"the loopback interface is down (packet sizes: {text})", "ip link set lo up")
    elif small := sorted(name for name, size in up.items() if size < 1500):
        remedy = "" if alone else f"ip link set {small[0]} mtu 1500"
        yield Finding(OK if alone else WARNING, f"packet sizes [bytes]: {text}", remedy)
    else:
        yield Finding(OK, f"packet sizes [bytes]: {text}")
    path = Path("/proc/sys/net/core/rmem_max")
    buffer = int(path.read_text()) if path.exists() else 0
    if buffer and buffer < RECEIVE_BUFFER and not alone:
        remedy = f"sysctl -w net.core.rmem_max={RECEIVE_BUFFER * 4} (images between machines lose fragments otherwise)"
        yield Finding(WARNING, f"receive buffers of at most {buffer} bytes", remedy)
    elif buffer:
        yield Finding(OK, f"receive buffers of at most {buffer} bytes{', loopback only' if alone else ''}")


def _up(interface: str) -> bool:
    flags = Path("/sys/class/net") / interface / "flags"
    return flags.exists() and bool(int(flags.read_text(), 16) & 1)
