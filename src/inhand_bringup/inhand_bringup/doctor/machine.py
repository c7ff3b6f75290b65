"""The machine itself: real-time rights, GPU, clock, disk."""

from __future__ import annotations

import ctypes
import getpass
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from inhand_bringup.doctor.finding import ERROR, OK, WARNING, Finding, ask

PRIORITY = 80  # of the controller's thread, config/controller.yaml asks for less
DISK_MB, DISK_MIB_S, FREE_GIB = 64, 100.0, 10.0  # three cameras and all other topics write 90 MB/s
TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
TIMEX_BYTES = 512
FIFO = f"import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param({PRIORITY}))"
LOCK = "import ctypes, os, sys; sys.exit(os.strerror(ctypes.get_errno()) if ctypes.CDLL(None).mlockall(3) else 0)"
CUDA = "import torch; print(torch.cuda.is_available(), torch.version.cuda, torch.cuda.device_count())"


def limits_remedy(user: str) -> str:
    """The lines that allow real-time scheduling and locked memory."""
    lines = r"@realtime - rtprio 98\n@realtime - memlock unlimited\n"
    return (
        f"sudo groupadd -f realtime && sudo usermod -aG realtime {user} && printf '{lines}' | "
        "sudo tee /etc/security/limits.d/90-inhand.conf, then log in again; "
        "in a container: docker run --cap-add=sys_nice --ulimit rtprio=98 --ulimit memlock=-1"
    )


def real_time() -> Iterator[Finding]:
    """The rights that the controller's thread asks for, by asking; without them it runs with more jitter."""
    remedy = limits_remedy(_user())
    if ask(FIFO).done:
        yield Finding(OK, f"SCHED_FIFO may be used (priority {PRIORITY})")
    else:
        limit = resource.getrlimit(resource.RLIMIT_RTPRIO)[0]
        yield Finding(WARNING, f"SCHED_FIFO is denied (rtprio limit {limit})", remedy)
    if ask(LOCK).done:
        yield Finding(OK, "memory may be locked")
    else:
        limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
        yield Finding(WARNING, f"memory cannot be locked (memlock limit {limit // 1024} KiB)", remedy)
    governors = {
        path.read_text().strip() for path in Path("/sys/devices/system/cpu").glob("cpu*/cpufreq/scaling_governor")
    }
    if governors - {"performance"}:
        remedy = "sudo cpupower frequency-set -g performance"
        yield Finding(WARNING, f"CPU frequency governor {', '.join(sorted(governors))}", remedy)
    patched = Path("/sys/kernel/realtime")
    kind = "PREEMPT_RT" if patched.exists() and patched.read_text().strip() == "1" else "without PREEMPT_RT"
    yield Finding(OK, f"kernel {os.uname().release}, {kind}")


def gpu() -> Iterator[Finding]:
    """GPUs, and whether torch can use them; the robot itself needs none."""
    listing = []
    if shutil.which("nvidia-smi"):
        done = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True)
        listing = [line.partition(" (UUID")[0] for line in done.stdout.splitlines()] if done.returncode == 0 else []
    answer = ask(CUDA)
    usable = answer.done and answer.text.startswith("True")
    if listing and not usable:
        words = answer.text or answer.complaint
        yield Finding(
            WARNING, f"{'; '.join(listing)}, but torch cannot use it ({words})", "install a CUDA build of torch"
        )
    elif listing:
        yield Finding(OK, "; ".join(listing))
    else:
        yield Finding(OK, "no GPU: the policy needs none; training and sight are slower without")


def clock() -> Iterator[Finding]:
    """The clock's source, and whether it is synchronised, which matters between machines."""
    path = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
    source = path.read_text().strip() if path.exists() else "unknown"
    if source in ("hpet", "acpi_pm", "jiffies"):
        remedy = "boot with tsc=reliable, or see why the kernel distrusts the TSC: dmesg | grep -i tsc"
        yield Finding(WARNING, f"clock source {source}: reading the time is slow", remedy)
    else:
        yield Finding(OK, f"clock source {source}")
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    if state == TIME_ERROR:
        remedy = "sudo timedatectl set-ntp true, or chrony; needed where nodes run on several machines"
        yield Finding(WARNING, "the clock is not synchronised", remedy)
    elif state < 0:
        yield Finding(OK, "whether the clock is synchronised cannot be read here")
    else:
        yield Finding(OK, "the clock is synchronised")


def disk(folder: Path) -> Iterator[Finding]:
    """How fast a bag can be written to `folder`, and how much room there is."""
    try:
        speed = write_speed(folder)
    except OSError as error:
        yield Finding(
            ERROR, f"cannot write to {folder.resolve()}: {error.strerror}", "record to another folder: bag:=…"
        )
        return
    free = shutil.disk_usage(folder).free / 2**30
    text = f"{folder.resolve()}: {speed:.0f} MiB/s, {free:.0f} GiB free"
    if speed < DISK_MIB_S:
        remedy = "record to a faster disk, or without images"
        yield Finding(WARNING, f"{text}; all topics with three cameras need {DISK_MIB_S:.0f} MiB/s", remedy)
    elif free < FREE_GIB:
        yield Finding(
            WARNING, text, f"make room: {FREE_GIB:.0f} GiB are {FREE_GIB * 1024 / DISK_MIB_S:.0f} s of images"
        )
    else:
        yield Finding(OK, text)


def write_speed(folder: Path) -> float:
    """MiB/s of a file that is written and brought to disk, then removed.

    Raises:
        OSError: the folder cannot be written to.
    """
    block = os.urandom(2**20)
    with tempfile.TemporaryFile(dir=folder) as file:
        begun = time.perf_counter()
        for _ in range(DISK_MB):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
        return DISK_MB / (time.perf_counter() - begun)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "$USER"
