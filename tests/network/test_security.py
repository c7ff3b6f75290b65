"""DDS security with a keystore of ours: who is not in it can neither read nor command, who is can do what it may.

The secured participants are programs on the Fast DDS of the Linux distribution, which can do security; the intruder is
a node of the ROS at hand, whatever that can do. That both understand each other without security is tested as well, so
that silence means security and nothing else.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from rclpy.serialization import serialize_message
from support.probe import Probe
from support.processes import Processes, wait_for

from inhand_bringup.security.keystore import create
from inhand_bringup.security.policy import load_security
from inhand_interfaces.msg import HandAction

SOURCE = Path(__file__).with_name("secure_participant.cpp")
HEADER = Path("/usr/include/fastdds/dds/domain/DomainParticipant.hpp")
KIND = "inhand_interfaces/msg/HandAction"
TYPE = "inhand_interfaces::msg::dds_::HandAction_"
NOBODY = "-"
LONG = 60.0
SOME = 20

Participant = Callable[..., "Running"]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of a secured participant, built here."""
    if not HEADER.exists():
        pytest.skip("no Fast DDS 2 with headers (Debian package libfastrtps-dev)")
    path = tmp_path_factory.mktemp("program") / "secure_participant"
    command = ["g++", "-std=c++17", str(SOURCE), "-o", str(path), "-lfastrtps", "-lfastcdr"]
    # The wheels' own Fast DDS has the same name and another version.
    environment = {name: value for name, value in os.environ.items() if name not in ("CPATH", "LIBRARY_PATH")}
    subprocess.run(command, check=True, env=environment)
    return path


@pytest.fixture(scope="module")
def keystore(tmp_path_factory: pytest.TempPathFactory, domain: int) -> Path:
    """The enclaves of a keystore as `inhand security init` makes it."""
    folder = tmp_path_factory.mktemp("keys") / "security"
    create(folder, load_security(), (domain,))
    return folder / "enclaves" / "inhand"


class Running:
    """A participant's process and what it has said."""

    def __init__(self, process: subprocess.Popen, log: Path) -> None:
        self.process, self._log = process, log

    @property
    def heard(self) -> int:
        """Messages so far."""
        return self._log.read_text().count("heard ")

    @property
    def said(self) -> str:
        """Its output so far."""
        return self._log.read_text()


@pytest.fixture
def participant(program: Path, domain: int, tmp_path: Path) -> Iterator[Participant]:
    """Starts participants: (enclave folder or NOBODY, "pub" or "sub", topic); all ended after the test."""
    payload = tmp_path / "payload"
    payload.write_bytes(serialize_message(HandAction()))
    started: list[subprocess.Popen] = []
    environment = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}

    def start(enclave: Path | str, verb: str, topic: str) -> Running:
        log = tmp_path / f"{len(started)}.log"
        command = [str(program), str(domain), str(enclave), verb, f"rt/{topic}", TYPE]
        with log.open("w") as output:
            started.append(
                subprocess.Popen(
                    [*command, *([str(payload)] if verb == "pub" else [])],
                    env=environment,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            )
        return Running(started[-1], log)

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def intruder(domain: int) -> Iterator[Probe]:
    """An ordinary node, which listens to actions."""
    probe = Probe(domain, {"policy/action": KIND}, latched=())
    yield probe
    probe.close()


def test_without_security_the_intruder_reads_and_commands(participant: Participant, intruder: Probe) -> None:
    """The control: on the same topics, types and machine, nothing but security keeps them apart."""
    participant(NOBODY, "pub", "policy/action")
    ear = participant(NOBODY, "sub", "hand/action")
    publisher = intruder.node.create_publisher(HandAction, "hand/action", 10)
    wait_for(lambda: len(intruder.heard["policy/action"]) >= SOME, LONG, "actions at the intruder")

    def command_and_look() -> bool:
        publisher.publish(HandAction())
        return ear.heard >= SOME

    wait_for(command_and_look, LONG, "commands of the intruder")


def test_with_it_an_unauthenticated_node_neither_reads_nor_commands(
    participant: Participant, intruder: Probe, keystore: Path
) -> None:
    publisher = intruder.node.create_publisher(HandAction, "hand/action", 10)
    participant(keystore / "policy", "pub", "policy/action")
    reader = participant(keystore / "hand", "sub", "policy/action")
    ear = participant(keystore / "hand", "sub", "hand/action")
    participant(keystore / "hand", "pub", "hand/action")
    stranger = participant(NOBODY, "sub", "policy/action")
    commands = participant(NOBODY, "pub", "trial")
    wary = participant(keystore / "hand", "sub", "trial")
    wait_for(lambda: ear.heard > 0, LONG, "commands from the hand's own enclave")
    start = reader.heard

    def exchanged() -> bool:
        publisher.publish(HandAction())
        time.sleep(0.05)
        return reader.heard >= start + 3 * SOME

    wait_for(exchanged, LONG, "actions from one enclave to the other")
    assert not intruder.heard["policy/action"], "the intruder reads"
    assert publisher.get_subscription_count() == 0, "the intruder has somebody to command"
    assert stranger.heard == 0 and "up" in stranger.said
    assert commands.process.poll() is None
    assert wary.heard == 0 and "up" in wary.said


def test_another_authoritys_certificate_opens_nothing(
    participant: Participant, keystore: Path, domain: int, tmp_path: Path
) -> None:
    create(tmp_path / "other", load_security(), (domain,))
    participant(keystore / "policy", "pub", "policy/action")
    reader = participant(keystore / "hand", "sub", "policy/action")
    stranger = participant(tmp_path / "other" / "enclaves" / "inhand" / "hand", "sub", "policy/action")
    wait_for(lambda: reader.heard >= 3 * SOME, LONG, "actions between the enclaves of one keystore")
    assert stranger.heard == 0 and "up" in stranger.said


@pytest.mark.parametrize(
    ("enclave", "verb", "topic"),
    [
        ("policy", "pub", "hand/action"),
        ("policy", "pub", "hand/motor_commands"),
        ("policy", "pub", "trial"),
        ("policy", "sub", "hand/sensors"),
        ("operator", "pub", "policy/action"),
    ],
)
def test_an_enclave_may_do_nothing_beyond_its_permissions(
    participant: Participant, keystore: Path, enclave: str, verb: str, topic: str
) -> None:
    refused = participant(keystore / enclave, verb, topic)
    assert refused.process.wait(LONG) == 4
    assert "not found in allow rule" in refused.said


@pytest.mark.parametrize("file", ["governance.p7s", "permissions.p7s", "cert.pem"])
def test_a_tampered_file_is_refused(participant: Participant, keystore: Path, tmp_path: Path, file: str) -> None:
    copy = tmp_path / "policy"
    shutil.copytree(keystore / "policy", copy)
    content = (copy / file).read_text()
    if file == "cert.pem":
        changed = (keystore / "hand" / file).read_text()  # another's certificate: the key does not fit
    else:
        changed = content.replace("DENY", "ALLOW") if "DENY" in content else content.replace("false", "true", 1)
    assert changed != content
    (copy / file).write_text(changed)
    assert participant(copy, "pub", "policy/action").process.wait(LONG) == 3


def test_the_policys_node_needs_nothing_that_its_enclave_forbids(processes: Processes, intruder: Probe) -> None:
    """What the real node publishes, hears and serves, in the names of DDS, against the permissions of its enclave."""
    processes.start("policy", ["ros2", "run", "inhand_policy", "policy_node", "--ros-args", "-p", "use_sim_time:=true"])
    node = intruder.node
    wait_for(lambda: "policy" in node.get_node_names(), LONG, processes.logs)
    wait_for(
        lambda: dict(node.get_subscriber_names_and_types_by_node("policy", "/")).keys() >= {"/goal", "/clock"},
        LONG,
        "the policy's subscriptions",
    )
    publish, subscribe = load_security().enclaves["policy"].topics()
    services = dict(node.get_service_names_and_types_by_node("policy", "/"))
    assert "/policy/get_state" in services
    used = [f"rt{name}" for name, _ in node.get_publisher_names_and_types_by_node("policy", "/")]
    used += [f"rr{name}Reply" for name in services]
    heard = [f"rt{name}" for name, _ in node.get_subscriber_names_and_types_by_node("policy", "/")]
    heard += [f"rq{name}Request" for name in services]
    assert {"rt/policy/action", "rt/diagnostics", "rt/rosout"} <= set(used)
    assert not [name for name in used if not any(fnmatchcase(name, pattern) for pattern in publish)]
    assert not [name for name in heard if not any(fnmatchcase(name, pattern) for pattern in subscribe)]
