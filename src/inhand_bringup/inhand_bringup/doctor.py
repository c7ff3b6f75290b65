"""`inhand doctor`: does this machine have what the system needs, and do two ROS processes on it hear each other?"""

import importlib.metadata
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LIBRARIES = ("mujoco", "numpy", "torch", "opencv-python-headless", "viser", "rosbags")
SHARED_MEMORY_MIB = 64  # Fast DDS keeps its segments there; a container has 64 MiB unless told otherwise
TALK_TIMEOUT_S = 15.0

TALKER = """
import rclpy, time
from std_msgs.msg import String
rclpy.init(); node = rclpy.create_node("inhand_doctor_talker")
publisher = node.create_publisher(String, "/inhand_doctor", 10)
while True:
    publisher.publish(String(data="heard")); time.sleep(0.1)
"""
LISTENER = """
import rclpy, sys, time
from std_msgs.msg import String
rclpy.init(); node = rclpy.create_node("inhand_doctor_listener"); heard = []
node.create_subscription(String, "/inhand_doctor", heard.append, 10)
end = time.monotonic() + float(sys.argv[1])
while not heard and time.monotonic() < end:
    rclpy.spin_once(node, timeout_sec=0.2)
sys.exit(0 if heard else 1)
"""


@dataclass(frozen=True)
class Finding:
    """The result of one check: ok, a warning (it works, but worse), or an error; with what to do about it."""

    level: str  # "ok", "warning" or "error"
    what: str
    remedy: str = ""


def doctor(talk: bool = True) -> int:
    """Check this machine: Python, ROS, libraries, rendering, real-time rights, DDS discovery; exits 1 on an error.

    Args:
        talk: let two processes exchange a message over DDS (takes a second or two).
    """
    checks = [python_and_ros, libraries, rendering, real_time, shared_memory]
    worst = "ok"
    for check in [*checks, discovery] if talk else checks:
        for finding in check():
            print(f"{finding.level:8} {finding.what}{f'  -> {finding.remedy}' if finding.remedy else ''}", flush=True)
            worst = "error" if "error" in (worst, finding.level) else finding.level if worst == "ok" else worst
    print(f"{worst}: {'everything is in place' if worst == 'ok' else 'see the remedies above'}")
    return 1 if worst == "error" else 0


def python_and_ros() -> Iterator[Finding]:
    """Check that rclpy imports and say where this ROS comes from."""
    yield Finding("ok", f"Python {sys.version.split()[0]} at {sys.executable}")
    source = "pip wheels" if "INHAND_WHEELS_CMAKE" in os.environ else os.environ.get("AMENT_PREFIX_PATH", "nowhere")
    done = subprocess.run([sys.executable, "-c", "import rclpy"], capture_output=True, text=True)
    if done.returncode != 0:
        yield Finding("error", f"rclpy does not import: {done.stderr.strip().splitlines()[-1]}", "source setup.bash")
    else:
        yield Finding("ok", f"ROS 2 {os.environ.get('ROS_DISTRO', '')} from {source}")
    if shutil.which("ros2") is None:
        yield Finding("error", "no `ros2` on the PATH", "source setup.bash")


def libraries() -> Iterator[Finding]:
    """Check that the Python libraries are installed and say their versions."""
    for name in LIBRARIES:
        try:
            yield Finding("ok", f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            yield Finding("error", f"{name} is not installed", "run `make build`")


def rendering() -> Iterator[Finding]:
    """Check that MuJoCo can draw without a screen."""
    script = "import mujoco; mujoco.GLContext(64, 64).make_current()"
    for backend in filter(None, dict.fromkeys((os.environ.get("MUJOCO_GL"), "egl", "osmesa"))):
        environment = {**os.environ, "MUJOCO_GL": backend}
        if subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True).returncode == 0:
            yield Finding("ok", f"off-screen rendering by MUJOCO_GL={backend}")
            return
    yield Finding("warning", "no off-screen rendering", "apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri")


def real_time() -> Iterator[Finding]:
    """Check the rights that the controller's thread asks for; without them it runs at normal priority."""
    priority = resource.getrlimit(resource.RLIMIT_RTPRIO)[0]
    root = os.geteuid() == 0
    if root or priority == resource.RLIM_INFINITY or priority >= 50:
        yield Finding("ok", "SCHED_FIFO may be used")
    else:
        yield Finding("warning", f"no real-time priority (limit {priority})", "'@realtime - rtprio 98' in limits.conf")
    locked = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    if root or locked == resource.RLIM_INFINITY:
        yield Finding("ok", "memory may be locked")
    else:
        yield Finding("warning", f"only {locked // 1024} KiB may be locked", "'@realtime - memlock unlimited'")


def shared_memory(folder: Path = Path("/dev/shm")) -> Iterator[Finding]:
    """Check the room for Fast DDS's shared-memory segments (containers often have too little)."""
    try:
        free = shutil.disk_usage(folder).free // 2**20
    except OSError:
        yield Finding("warning", f"{folder} is not there: DDS goes through the network", "docker run --ipc=host")
        return
    if free < SHARED_MEMORY_MIB:
        yield Finding("warning", f"{free} MiB free in {folder}", "docker run --shm-size=512m, or --ipc=host")
    else:
        yield Finding("ok", f"{free} MiB free in {folder}")


def discovery() -> Iterator[Finding]:
    """Let two processes exchange a message under this shell's domain and discovery range."""
    setting = f"ROS_DOMAIN_ID={os.environ.get('ROS_DOMAIN_ID', '0')}, "
    setting += f"ROS_AUTOMATIC_DISCOVERY_RANGE={os.environ.get('ROS_AUTOMATIC_DISCOVERY_RANGE', 'SUBNET')}"
    talker = subprocess.Popen([sys.executable, "-c", TALKER], stderr=subprocess.DEVNULL)
    try:
        heard = subprocess.run([sys.executable, "-c", LISTENER, str(TALK_TIMEOUT_S)], stderr=subprocess.DEVNULL)
    finally:
        talker.kill()
        talker.wait()
    if heard.returncode == 0:
        yield Finding("ok", f"two processes hear each other ({setting})")
    else:
        remedy = "is a firewall or a network namespace in the way? Try ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST"
        yield Finding("error", f"two processes do not hear each other ({setting})", remedy)
