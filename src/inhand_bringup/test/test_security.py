"""The keystore: who is in it, what they may do, and that nothing secret is where it should not be."""

from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from inhand_bringup.security.commands import environment, init
from inhand_bringup.security.keystore import create
from inhand_bringup.security.policy import Enclave, SecurityConfig, load_security
from inhand_core.config import ConfigError
from inhand_core.graph import load_graph

FILES = {
    "cert.pem",
    "governance.p7s",
    "identity_ca.cert.pem",
    "key.pem",
    "permissions.p7s",
    "permissions.xml",
    "permissions_ca.cert.pem",
}  # what rcl looks for in an enclave, and the readable permissions
NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def keystore(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A keystore of the project's own policy, for domains 7 and 8."""
    folder = tmp_path_factory.mktemp("keys") / "security"
    create(folder, load_security(), (7, 8), NOW)
    return folder


def rules(keystore: Path, enclave: str) -> tuple[set[str], set[str]]:
    """Topics that an enclave may publish and subscribe to."""
    root = ElementTree.parse(keystore / "enclaves" / "inhand" / enclave / "permissions.xml")
    return tuple(
        {e.text for e in root.findall(f".//allow_rule/{verb}/topics/topic")} for verb in ("publish", "subscribe")
    )


def test_every_host_has_all_files_and_no_more(keystore: Path) -> None:
    homes = sorted((keystore / "enclaves" / "inhand").iterdir())
    assert [home.name for home in homes] == ["hand", "operator", "policy"]
    for home in homes:
        assert {path.name for path in home.iterdir()} == FILES
        assert not any(path.is_symlink() for path in home.iterdir()), "a copied folder has to be complete"


def test_keys_are_their_owners_alone(keystore: Path) -> None:
    keys = [*keystore.rglob("*key.pem")]
    assert len(keys) == 4
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}
    assert len({path.read_bytes() for path in keys}) == 4
    authority = (keystore / "private" / "ca.key.pem").read_bytes()
    assert not any(authority in path.read_bytes() for path in (keystore / "enclaves").rglob("*") if path.is_file())


def moment(certificate: x509.Certificate, name: str) -> datetime:
    """An end of a certificate's validity; before version 42 cryptography gives it without a time zone."""
    aware = getattr(certificate, f"{name}_utc", None)
    return aware or getattr(certificate, name).replace(tzinfo=UTC)


def test_certificates_are_the_authoritys_and_fit_their_keys(keystore: Path) -> None:
    authority = x509.load_pem_x509_certificate((keystore / "public" / "ca.cert.pem").read_bytes())
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    for home in (keystore / "enclaves" / "inhand").iterdir():
        certificate = x509.load_pem_x509_certificate((home / "cert.pem").read_bytes())
        certificate.verify_directly_issued_by(authority)
        assert certificate.subject.rfc4514_string() == f"CN=/inhand/{home.name}"
        key = load_pem_private_key((home / "key.pem").read_bytes(), None)
        assert key.public_key() == certificate.public_key()
        assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        first, last = (moment(certificate, name) for name in ("not_valid_before", "not_valid_after"))
        assert first < NOW < last
        assert (last - NOW).days == load_security().days


def test_governance_lets_nobody_in_unknown_and_leaves_nothing_in_clear(keystore: Path) -> None:
    signed = (keystore / "enclaves" / "inhand" / "hand" / "governance.p7s").read_text()
    root = ElementTree.fromstring(signed[signed.index("<?xml") : signed.index("</dds>") + len("</dds>")])
    assert root.findtext(".//allow_unauthenticated_participants") == "false"
    assert root.findtext(".//enable_join_access_control") == "true"
    assert [e.text for e in root.findall(".//domains/id")] == ["7", "8"]
    for name in ("discovery", "liveliness"):
        assert root.findtext(f".//{name}_protection_kind") == "ENCRYPT"
    for name in ("metadata", "data"):
        assert root.findtext(f".//topic_rule/{name}_protection_kind") == "ENCRYPT"


def test_the_policy_says_and_hears_what_the_graph_gives_it(keystore: Path) -> None:
    publish, subscribe = rules(keystore, "policy")
    policy = load_graph("realtime").component("policy")
    assert {f"rt/{topic}" for topic in policy.outputs.values()} <= publish
    assert {f"rt/{topic}" for topic in policy.inputs.values()} <= subscribe
    assert "rt/hand/action" not in publish and "rt/hand/motor_commands" not in publish
    assert not any("*" in topic for topic in publish | subscribe if not topic.startswith(("rq/policy/", "rr/policy/")))
    assert not any("controller" in topic for topic in publish), "it cannot call the controller's services"


def test_the_operator_calls_and_publishes_nothing(keystore: Path) -> None:
    publish, subscribe = rules(keystore, "operator")
    assert {topic for topic in publish if topic.startswith("rt/")} == {"rt/rosout", "rt/parameter_events"}
    assert "rq/*Request" in publish and "rr/*Reply" in subscribe and "rt/*" in subscribe


def test_services_are_named_as_ros_names_them() -> None:
    publish, subscribe = Enclave(serve=("a/b",), call=("c",)).topics()
    assert {"rr/a/bReply", "rq/cRequest"} <= set(publish)
    assert {"rq/a/bRequest", "rr/cReply"} <= set(subscribe)


def test_what_is_wrong_is_named(keystore: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="polizy"):
        Enclave(components=("polizy",)).topics()
    with pytest.raises(ValueError, match="exists"):
        create(keystore, load_security(), (0,))
    with pytest.raises(ValueError, match="no enclaves"):
        SecurityConfig()


def test_init_says_what_to_do_on_each_host(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert init(tmp_path / "keys", (3,)) == 0
    said = capsys.readouterr().out
    for enclave in load_security().enclaves:
        for line in environment(tmp_path / "keys", enclave):
            assert f"export {line}" in said
