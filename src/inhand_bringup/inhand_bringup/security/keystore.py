"""A keystore as ROS 2 reads it: certificates of an own authority, and signed governance and permissions.

<keystore>/private/ca.key.pem            signs everything; belongs on no robot
<keystore>/public/ca.cert.pem
<keystore>/enclaves/inhand/<enclave>/    what one host needs, and all it needs: real files, no links
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from inhand_bringup.security.policy import SecurityConfig, governance, permissions

PREFIX = "inhand"
CA_NAME = "inhand CA"
CLOCK_SKEW = timedelta(days=1)  # valid since yesterday: the clocks of hosts differ


@dataclass(frozen=True)
class Authority:
    """A certificate authority: its key and its own certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def sign(self, document: bytes) -> bytes:
        """Return an S/MIME message with this document in clear and a detached signature (DDS Security 1.1, 9.4.1)."""
        builder = pkcs7.PKCS7SignatureBuilder().set_data(document)
        builder = builder.add_signer(self.certificate, self.key, hashes.SHA256())
        options = [pkcs7.PKCS7Options.Text, pkcs7.PKCS7Options.DetachedSignature]
        return builder.sign(serialization.Encoding.SMIME, options)


def create(folder: Path, config: SecurityConfig, domains: tuple[int, ...], now: datetime | None = None) -> list[Path]:
    """Make a keystore; returns the folders of its enclaves.

    Args:
        folder: the keystore, which must not be there yet: new keys would lock out hosts with the old ones.
        config: the enclaves and how long they are valid.
        domains: ROS domain ids.
        now: the beginning of the validity, UTC; None: now.

    Raises:
        ValueError: the keystore exists.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ValueError(f"{folder} exists; remove it to make new keys, which every host then needs")
    begin = (now or datetime.now(UTC)) - CLOCK_SKEW
    end = begin + CLOCK_SKEW + timedelta(days=config.days)
    authority = _authority(begin, end)
    _write_private(folder / "private" / "ca.key.pem", _pem_key(authority.key))
    ca = authority.certificate.public_bytes(serialization.Encoding.PEM)
    _write(folder / "public" / "ca.cert.pem", ca)
    rules = authority.sign(governance(domains))
    made = []
    for name, enclave in config.enclaves.items():
        subject = f"/{PREFIX}/{name}"
        key = ec.generate_private_key(ec.SECP256R1())
        document = permissions(subject, enclave, domains, begin, end)
        home = folder / "enclaves" / PREFIX / name
        _write_private(home / "key.pem", _pem_key(key))
        certificate = _certificate(subject, key, authority, begin, end)
        _write(home / "cert.pem", certificate.public_bytes(serialization.Encoding.PEM))
        for role in ("identity_ca", "permissions_ca"):
            _write(home / f"{role}.cert.pem", ca)
        _write(home / "governance.p7s", rules)
        _write(home / "permissions.xml", document)
        _write(home / "permissions.p7s", authority.sign(document))
        made.append(home)
    return made


def _authority(begin: datetime, end: datetime) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(CA_NAME, CA_NAME, key, begin, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
    return Authority(key, builder.sign(key, hashes.SHA256()))


def _certificate(
    subject: str, key: ec.EllipticCurvePrivateKey, authority: Authority, begin: datetime, end: datetime
) -> x509.Certificate:
    builder = _builder(subject, CA_NAME, key, begin, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    return builder.sign(authority.key, hashes.SHA256())


def _builder(
    subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, begin: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )


def _pem_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
