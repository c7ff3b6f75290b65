"""From config/security.yaml to the XML of DDS security: governance and permissions (DDS Security 1.1, 9.4.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from xml.etree import ElementTree

from inhand_core.config import load_config, read_yaml
from inhand_core.graph import load_graph
from inhand_core.paths import config_file

NAMESPACE = "http://www.w3.org/2001/XMLSchema-instance"
SCHEMA = "http://www.omg.org/spec/DDS-Security/20170901/omg_shared_ca_{kind}.xsd"
# What a node says and hears by being one.
EVERY_NODE_PUBLISHES = ("rt/rosout", "rt/parameter_events", "ros_discovery_info")
EVERY_NODE_SUBSCRIBES = ("rt/parameter_events", "ros_discovery_info")


@dataclass(frozen=True)
class Enclave:
    """What one identity may do; names of topics and services without the leading slash, * and ? allowed."""

    components: tuple[str, ...] = ()
    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()
    call: tuple[str, ...] = ()
    serve: tuple[str, ...] = ()

    def topics(self) -> tuple[list[str], list[str]]:
        """DDS topics that it may publish and subscribe to, as ROS 2 names them (rt/, rq/…Request, rr/…Reply).

        Raises:
            ConfigError: a component is not in the graph.
        """
        graph = load_graph("realtime")
        publish, subscribe, serve = list(self.publish), list(self.subscribe), list(self.serve)
        for name in self.components:
            component = graph.component(name)
            publish += [*component.outputs.values(), f"{name}/transition_event"]
            subscribe += component.inputs.values()
            serve.append(f"{name}/*")
        writes = [*EVERY_NODE_PUBLISHES, *(f"rt/{name}" for name in publish)]
        reads = [*EVERY_NODE_SUBSCRIBES, *(f"rt/{name}" for name in subscribe)]
        writes += [f"rr/{name}Reply" for name in serve] + [f"rq/{name}Request" for name in self.call]
        reads += [f"rq/{name}Request" for name in serve] + [f"rr/{name}Reply" for name in self.call]
        return list(dict.fromkeys(writes)), list(dict.fromkeys(reads))


@dataclass(frozen=True)
class SecurityConfig:
    """config/security.yaml: validity in days, and the enclaves by name."""

    enclaves: dict[str, Enclave] = field(default_factory=dict)
    days: int = 3650

    def __post_init__(self) -> None:
        if not self.enclaves:
            raise ValueError("no enclaves")
        if self.days < 1:
            raise ValueError(f"days must be at least 1, is {self.days}")


def load_security() -> SecurityConfig:
    """Read config/security.yaml."""
    path = config_file("security")
    return load_config(SecurityConfig, read_yaml(path), str(path))


def governance(domains: tuple[int, ...]) -> bytes:
    """Return the rules of the whole domain: nobody unknown, everything encrypted, every topic by permission.

    The values are those that the ROS 2 security tools write.
    """
    root, access = _document("dds", "domain_access_rules", "governance")
    rule = ElementTree.SubElement(access, "domain_rule")
    _domains(rule, domains)
    for name, value in (
        ("allow_unauthenticated_participants", "false"),
        ("enable_join_access_control", "true"),
        ("discovery_protection_kind", "ENCRYPT"),
        ("liveliness_protection_kind", "ENCRYPT"),
        ("rtps_protection_kind", "SIGN"),
    ):
        ElementTree.SubElement(rule, name).text = value
    topic = ElementTree.SubElement(ElementTree.SubElement(rule, "topic_access_rules"), "topic_rule")
    for name, value in (
        ("topic_expression", "*"),
        ("enable_discovery_protection", "true"),
        ("enable_liveliness_protection", "true"),
        ("enable_read_access_control", "true"),
        ("enable_write_access_control", "true"),
        ("metadata_protection_kind", "ENCRYPT"),
        ("data_protection_kind", "ENCRYPT"),
    ):
        ElementTree.SubElement(topic, name).text = value
    return _text(root)


def permissions(subject: str, enclave: Enclave, domains: tuple[int, ...], begin: datetime, end: datetime) -> bytes:
    """Return what one identity may do in these domains, all else denied.

    Args:
        subject: common name of its certificate, such as "/inhand/policy".
        enclave: what it may do.
        domains: ROS domain ids.
        begin, end: validity, UTC.
    """
    root, access = _document("dds", "permissions", "permissions")
    grant = ElementTree.SubElement(access, "grant", name=subject)
    ElementTree.SubElement(grant, "subject_name").text = f"CN={subject}"
    validity = ElementTree.SubElement(grant, "validity")
    ElementTree.SubElement(validity, "not_before").text = begin.strftime("%Y-%m-%dT%H:%M:%S")
    ElementTree.SubElement(validity, "not_after").text = end.strftime("%Y-%m-%dT%H:%M:%S")
    rule = ElementTree.SubElement(grant, "allow_rule")
    _domains(rule, domains)
    for verb, topics in zip(("publish", "subscribe"), enclave.topics(), strict=True):
        listed = ElementTree.SubElement(ElementTree.SubElement(rule, verb), "topics")
        for topic in topics:
            ElementTree.SubElement(listed, "topic").text = topic
    ElementTree.SubElement(grant, "default").text = "DENY"
    return _text(root)


def _document(tag: str, inner: str, kind: str) -> tuple[ElementTree.Element, ElementTree.Element]:
    ElementTree.register_namespace("xsi", NAMESPACE)
    root = ElementTree.Element(tag, {f"{{{NAMESPACE}}}noNamespaceSchemaLocation": SCHEMA.format(kind=kind)})
    return root, ElementTree.SubElement(root, inner)


def _domains(rule: ElementTree.Element, domains: tuple[int, ...]) -> None:
    listed = ElementTree.SubElement(rule, "domains")
    for domain in domains:
        ElementTree.SubElement(listed, "id").text = str(domain)


def _text(root: ElementTree.Element) -> bytes:
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
