"""Two network namespaces that stand for two hosts, with nothing in common but the wire between them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

from inhand_bench.network.link import Link

SUBNET = "10.77.0.{number}"
"""Addresses of the hosts: in namespaces of our own, so that they meet nobody else's."""

# What a host consists of. Its processes share a /dev/shm, as processes of one host do, and none with other hosts: past
# the wire they would talk through it. It ends when this program does, however that ends.
HOLD = "mount -t tmpfs -o size=256m tmpfs /dev/shm && ip link set lo up && echo ready && read forever"
PROFILES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")
"""What a shell of this project binds DDS to the loopback interface with; a host that has peers does not."""
TOOLS = {"ip": "iproute2", "unshare": "util-linux", "nsenter": "util-linux", "setpriv": "util-linux"}


def why_not() -> str | None:
    """What keeps this machine from having hosts, in words; None where nothing does."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if lacking := [tool for tool in TOOLS if shutil.which(tool) is None]:
        return f"there is no `{lacking[0]}` (Debian package {TOOLS[lacking[0]]})"
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return "there is no /dev/net/tun"
    return None


class Host:
    """A network and a mount namespace, with processes in them.

    Args:
        device: the end of the wire that becomes this host's.
        address: its IPv4 address on the wire.
        peer: address of the other host.
        domain: ROS domain id.

    Attributes:
        environment: what its processes get: discovery on the host itself, and of the other host by its address.
    """

    def __init__(self, device: str, address: str, peer: str, domain: int) -> None:
        shell = {name: value for name, value in os.environ.items() if name not in PROFILES}
        self.environment = {
            **shell,
            "ROS_DOMAIN_ID": str(domain),
            "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
            "ROS_STATIC_PEERS": peer,
            "INHAND_STATE_DIR": "/dev/shm/inhand_state",  # the host's own
            "PYTHONUNBUFFERED": "1",
        }
        self._processes: list[subprocess.Popen] = []
        command = ["unshare", "--net", "--mount", "sh", "-c", HOLD]
        self._holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self._holder.stdout is None or self._holder.stdout.readline() != "ready\n":
            raise RuntimeError("a network namespace could not be made (its error is above)")
        # However this program ends, what it started here is told to end.
        self._enter = [
            "setpriv",
            "--pdeathsig",
            "TERM",
            "nsenter",
            "--target",
            str(self._holder.pid),
            "--net",
            "--mount",
        ]
        _run("ip", "link", "set", "dev", device, "netns", str(self._holder.pid))
        _run(*self._enter, "ip", "addr", "add", f"{address}/30", "dev", device)
        _run(*self._enter, "ip", "link", "set", "dev", device, "up")

    def start(self, command: list[str], log: Path, **environment: str) -> subprocess.Popen:
        """Starts a process on this host, with its output in a file; it ends with the host at the latest."""
        with log.open("a") as output:
            process = subprocess.Popen(
                [*self._enter, *command],
                env={**self.environment, **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def close(self) -> None:
        """Ends its processes, SIGINT first, and the namespaces with them."""
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in self._processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15.0)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._holder.communicate()


class TwoHosts:
    """Hosts "hand" and "policy" and the link between them; a context manager.

    Args:
        domain: ROS domain id of both.
        loss, delay_s, seed: of the link.

    Raises:
        RuntimeError: this machine cannot have them; the text says why.
    """

    def __init__(self, domain: int, loss: float = 0.0, delay_s: float = 0.0, seed: int = 0) -> None:
        if reason := why_not():
            raise RuntimeError(reason)
        devices = (f"inh{os.getpid()}h", f"inh{os.getpid()}p")  # at most 15 characters
        addresses = (SUBNET.format(number=1), SUBNET.format(number=2))
        self._hosts: list[Host] = []
        self.link = Link(devices, loss, delay_s, seed)
        try:
            self.hand = self._add(devices[0], addresses[0], addresses[1], domain)
            self.policy = self._add(devices[1], addresses[1], addresses[0], domain)
        except BaseException:
            self.close()
            raise

    def _add(self, device: str, address: str, peer: str, domain: int) -> Host:
        self._hosts.append(Host(device, address, peer, domain))
        return self._hosts[-1]

    def close(self) -> None:
        """Ends the hosts' processes, the hosts and the wire."""
        for host in self._hosts:
            host.close()
        self.link.close()

    def __enter__(self) -> TwoHosts:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"`{' '.join(command)}`: {done.stderr.strip()}")
