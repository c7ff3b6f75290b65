"""Who is in this shell's ROS domain already, and whether a stop is in force there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from inhand_bringup.doctor.finding import ERROR, OK, WARNING, Finding, ask
from inhand_core.paths import state_folder

LISTEN_S = 3.0
OWNED = ("/clock", "/hand/motor_commands", "/controller/status", "/hand/sensors")
"""Topics with one publisher in a namespace: two of them are two graphs that work on one hand."""

# Fast DDS begins a GUID with its vendor (2 bytes) and the host (2 bytes), so that hosts can be told apart.
PARTICIPANTS = """
import json, rclpy, sys, time
rclpy.init(); node = rclpy.create_node("inhand_doctor_lookout")
own = None
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    rclpy.spin_once(node, timeout_sec=0.2)
def host(info): return bytes(info.endpoint_gid[2:4]).hex()
def name(info): return info.node_namespace.rstrip("/") + "/" + info.node_name
logs = node.get_publishers_info_by_topic("/rosout")
events = node.get_publishers_info_by_topic("/parameter_events")
own = {host(i) for i in logs + events if i.node_name == "inhand_doctor_lookout"}
hosts = {}
for topic, _ in node.get_topic_names_and_types():
    for info in node.get_publishers_info_by_topic(topic) + node.get_subscriptions_info_by_topic(topic):
        hosts[name(info)] = host(info)
hosts.pop("/inhand_doctor_lookout", None)
known = [topic for topic, _ in node.get_topic_names_and_types() if topic.endswith(tuple(sys.argv[2:]))]
owned = {topic: [name(i) for i in node.get_publishers_info_by_topic(topic)] for topic in known}
print(json.dumps({"here": [n for n, h in hosts.items() if h in own], "owned": owned,
                  "elsewhere": [n for n, h in hosts.items() if h not in own]}))
"""


def check() -> Iterator[Finding]:
    """The nodes of this domain, on this machine and on others, and latched stops."""
    yield from participants()
    yield from stops()


def participants() -> Iterator[Finding]:
    """Every node that can be seen from here; a launch would share the hand with them."""
    answer = ask(PARTICIPANTS, str(LISTEN_S), *OWNED)
    domain = os.environ.get("ROS_DOMAIN_ID", "0")
    if not answer.done:
        yield Finding(ERROR, f"the nodes of domain {domain} cannot be listed: {answer.complaint}", "see ros")
        return
    found = json.loads(answer.text.splitlines()[-1])
    yield from judge(found["here"], found["elsewhere"], found["owned"], domain)


def judge(here: list[str], elsewhere: list[str], owned: dict[str, list[str]], domain: str) -> Iterator[Finding]:
    """What nodes on this machine, nodes on other machines and publishers by topic mean for a launch here."""
    another = "end them, or set another ROS_DOMAIN_ID"
    for topic, publishers in owned.items():
        if len(publishers) > 1:
            text = f"{topic} has {len(publishers)} publishers in domain {domain}: {', '.join(sorted(publishers))}"
            yield Finding(ERROR, f"{text}: two graphs work on one hand", another)
    if elsewhere:
        text = f"nodes of other machines are in domain {domain}: {', '.join(sorted(elsewhere))}"
        yield Finding(WARNING, text, f"{another}; docs/security.md says how to shut others out")
    if here:
        yield Finding(OK, f"nodes of this machine in domain {domain}: {', '.join(sorted(here))}")
    if not (here or elsewhere):
        yield Finding(OK, f"nobody else is in domain {domain}")


def stops(folder: Path | None = None) -> Iterator[Finding]:
    """Stops that a person made in this domain and nobody has cleared; they outlive the controller."""
    domain = os.environ.get("ROS_DOMAIN_ID", "0")
    for file in sorted((folder or state_folder()).glob(f"domain_{domain}/*.latch")):
        state, since, *_ = [*file.read_text().split("\n"), "", ""]
        if state != "clear":
            name = "/" + file.stem.replace(".", "/")
            remedy = f"ros2 service call {name}/clear std_srvs/srv/Trigger, while it runs"
            yield Finding(WARNING, f"{name} was stopped at {since or 'a time unknown'} and is not cleared", remedy)
