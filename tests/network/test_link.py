"""The wire between two hosts delays and loses what it is told to, and hosts meet only over it."""

from __future__ import annotations

import re
from pathlib import Path

from support.processes import wait_for

from inhand_bench.network.hosts import PROFILES
from inhand_core.paths import resource_root

PING = re.compile(r"(\d+) received")
TALK = ["ros2", "topic", "pub", "-r", "10", "/who_hears", "std_msgs/msg/String", "data: over the wire"]
HEAR = ["ros2", "topic", "echo", "--once", "--timeout", "60", "/who_hears", "std_msgs/msg/String"]


def echoes(hosts, folder: Path, count: int) -> tuple[int, list[float]]:
    """Sends `count` datagrams there and back; returns how many came back, and after how long [s]."""
    server = (
        "import socket\n"
        "s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('10.77.0.2', 4000)); print('up', flush=True)\n"
        "while True: s.sendto(*s.recvfrom(64))"
    )
    client = (
        "import socket, sys, time\n"
        "s = socket.socket(type=socket.SOCK_DGRAM); s.settimeout(0.25)\n"
        "for n in range(int(sys.argv[1])):\n"
        "    then = time.monotonic(); s.sendto(str(n).encode(), ('10.77.0.2', 4000))\n"
        "    try:\n"
        "        while s.recv(64) != str(n).encode(): pass\n"
        "    except TimeoutError: continue\n"
        "    print(time.monotonic() - then)"
    )
    hosts.policy.start(["python3", "-c", server], folder / "server.log")
    wait_for(lambda: "up" in (folder / "server.log").read_text(), 20.0, "the server")
    assert hosts.hand.start(["python3", "-c", client, str(count)], folder / "client.log").wait(120.0) == 0
    times = [float(line) for line in (folder / "client.log").read_text().split()]
    return len(times), times


def test_it_carries_all_and_takes_its_time(two_hosts, tmp_path: Path) -> None:
    came, times = echoes(two_hosts(delay_s=0.02), tmp_path, 40)
    assert came >= 39  # the address resolution before the first may take longer than its patience
    assert min(times) >= 0.04


def test_it_loses_its_share(two_hosts, tmp_path: Path) -> None:
    """Both ways at 30 % each: 49 % come back; the bounds are 5 standard deviations of the binomial away."""
    hosts = two_hosts(loss=0.3)
    came, _ = echoes(hosts, tmp_path, 100)
    assert 24 <= came <= 74
    assert hosts.link.lost > 10 and hosts.link.carried > 50


def test_hosts_hear_each_other_by_static_peers_alone(two_hosts, tmp_path: Path) -> None:
    """Whoever names a host is let in, though that names nobody: discovery on LOCALHOST shuts nobody out by itself."""
    hosts = two_hosts()
    hosts.policy.start(TALK, tmp_path / "talk.log", ROS_STATIC_PEERS="")
    deaf = hosts.hand.start(HEAR, tmp_path / "deaf.log", ROS_STATIC_PEERS="")
    hearing = hosts.hand.start(HEAR, tmp_path / "hearing.log")
    assert hearing.wait(90.0) == 0, (tmp_path / "hearing.log").read_text()
    assert "over the wire" in (tmp_path / "hearing.log").read_text()
    assert deaf.poll() is None, "without a peer the same program hears nothing"


def test_a_host_that_is_bound_to_loopback_hears_and_tells_nobody(two_hosts, tmp_path: Path) -> None:
    """The setting of setup.bash and the launch files, against another host that names this one."""
    hosts = two_hosts()
    alone = {"ROS_STATIC_PEERS": "", **dict.fromkeys(PROFILES, str(resource_root() / "config/dds/loopback.xml"))}
    hosts.policy.start(TALK, tmp_path / "talk.log", **alone)
    beside = hosts.policy.start(HEAR, tmp_path / "beside.log", **alone)
    attacker = hosts.hand.start(HEAR, tmp_path / "attacker.log")
    loud = [word.replace("who_hears", "who_obeys") for word in TALK]
    deaf = hosts.policy.start([word.replace("who_hears", "who_obeys") for word in HEAR], tmp_path / "deaf.log", **alone)
    hosts.hand.start(loud, tmp_path / "loud.log")
    assert beside.wait(90.0) == 0, (tmp_path / "beside.log").read_text()
    assert echoes(hosts, tmp_path, 10)[0] >= 9, "the wire works"
    for name, ears in (("attacker", attacker), ("deaf", deaf)):
        ears.wait(90.0)  # until its own limit
        assert "over the wire" not in (tmp_path / f"{name}.log").read_text()
