"""Hosts that end whatever becomes of the program that made them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.processes import wait_for

from inhand_bench.network.hosts import Host, TwoHosts, why_not

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
PROGRAM = """
import signal, sys, time
from pathlib import Path
from inhand_bench.network.hosts import TwoHosts
with TwoHosts(18) as hosts:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    print(hosts.hand.start(["sleep", "600"], Path(sys.argv[1])).pid, flush=True)
    time.sleep(600)
"""


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_nothing_outlives_the_program(end: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as program:
        try:
            pid = int(program.stdout.readline())
            here = os.readlink("/proc/self/ns/net")
            wait_for(lambda: os.readlink(f"/proc/{pid}/ns/net") != here, 20.0, "the process on its host")
            program.send_signal(end)
            program.wait(30.0)
        finally:
            program.kill()
    wait_for(lambda: not alive(pid), 30.0, "the end of what was started on a host")
    devices = Path("/proc/net/dev").read_text()
    assert f"inh{program.pid}" not in devices


def test_what_cannot_be_had_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(RuntimeError, match="need root"):
        TwoHosts(18)


def test_hosts_share_nothing_but_the_wire(tmp_path: Path) -> None:
    with TwoHosts(18) as hosts:
        seen = {}
        for name, host in {"hand": hosts.hand, "policy": hosts.policy}.items():
            assert isinstance(host, Host)
            script = f"echo {name} > /dev/shm/inhand_test_who; ls /dev/shm; cut -d: -f1 -s /proc/net/dev"
            assert host.start(["sh", "-c", script], tmp_path / name).wait(20.0) == 0
            seen[name] = (tmp_path / name).read_text().split()
        assert all(words[0] == "inhand_test_who" and "lo" in words for words in seen.values())
        assert not Path("/dev/shm/inhand_test_who").exists()
        assert set(seen["hand"]) != set(seen["policy"])
