"""The slave information interface: contents of a slave's EEPROM (ETG.2010), written and read.

Words 0-7 configuration, 8-15 identity, 0x14-0x1C mailboxes, from word 0x40 categories of (type, words, data). Beside
the standard categories the hand's EEPROM has one of its own (`CATEGORY_HAND`, in the range for vendors) with its joint
map and the digest of its calibration, so that a driver can tell whether it holds the tables of this very hand.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass

from inhand_core.strict import parse_json

_FIRST_CATEGORY = 0x40 * 2  # byte address
_END = 0xFFFF
_LARGEST = 4096  # bytes of the largest EEPROM that a vendor fits here; SOEM's cache has the same size
STRINGS, GENERAL, FMMUS, SYNC_MANAGERS, TX_PDO, RX_PDO = 10, 30, 40, 41, 50, 51
CATEGORY_HAND = 0x0848
_UNSIGNED16 = 0x06
_IDENTITY = struct.Struct("<IIII")


class SiiError(ValueError):
    """An EEPROM that cannot be read as slave information."""


@dataclass(frozen=True)
class Identity:
    """Who a slave is: vendor and product as registered, revision, serial number."""

    vendor_id: int
    product_code: int
    revision: int
    serial: int


@dataclass(frozen=True)
class HandRecord:
    """What the hand knows of itself: names of its 36 sensor channels and 20 motors, digest of its calibration."""

    sensors: tuple[str, ...]
    motors: tuple[str, ...]
    calibration: str


@dataclass(frozen=True)
class Pdo:
    """One process data object: its index, the object that it maps, sync manager and entries (name, bits)."""

    index: int
    object: int
    sync_manager: int
    entries: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class SyncManager:
    """One sync manager's default: start address, length [bytes], control byte, type (3 outputs, 4 inputs)."""

    start: int
    length: int
    control: int
    type: int


def build(
    name: str,
    identity: Identity,
    sync_managers: tuple[SyncManager, ...],
    tx_pdos: tuple[Pdo, ...],
    rx_pdos: tuple[Pdo, ...],
    record: HandRecord | None,
) -> bytes:
    """The EEPROM's bytes: no mailbox, one FMMU a sync manager. `record` None: a hand that does not know itself."""
    header = bytearray(_FIRST_CATEGORY)
    header[14:16] = _checksum(header[:14]).to_bytes(2, "little")
    header[16:32] = _IDENTITY.pack(*vars(identity).values())
    header[0x3E * 2 : 0x40 * 2] = struct.pack("<HH", _LARGEST // 128 - 1, 1)  # size [KiB] - 1, version
    texts = [name]
    tx, rx = (b"".join(_pdo(pdo, texts) for pdo in pdos) for pdos in (tx_pdos, rx_pdos))
    managers = b"".join(struct.pack("<HHBBBB", m.start, m.length, m.control, 0, 1, m.type) for m in sync_managers)
    fmmus = bytes(1 if m.type == 3 else 2 for m in sync_managers)
    general = bytes([0, 0, 1, 1]) + bytes(28)
    strings = bytes([len(texts)]) + b"".join(bytes([len(text)]) + text.encode() for text in texts)
    categories = [(STRINGS, strings), (GENERAL, general), (FMMUS, fmmus), (SYNC_MANAGERS, managers)]
    categories += [(TX_PDO, tx), (RX_PDO, rx)]
    if record is not None:
        categories.append((CATEGORY_HAND, json.dumps(vars(record), separators=(",", ":")).encode()))
    body = b"".join(struct.pack("<HH", kind, (len(data) + 1) // 2) + _even(data) for kind, data in categories)
    content = bytes(header) + body + struct.pack("<HH", _END, _END)
    if len(content) > _LARGEST:
        raise SiiError(f"{len(content)} bytes do not fit an EEPROM of {_LARGEST}")
    return content.ljust(_LARGEST, b"\xff")


def read(read_word: Callable[[int], int]) -> tuple[Identity, HandRecord | None]:
    """Identity and, where the EEPROM has one, record of a hand.

    Args:
        read_word: the 32 bits at a word address, little-endian, as slave controllers read them.

    Raises:
        SiiError: the categories lead beyond the EEPROM, or the record is not readable.
    """
    words = (read_word(address) for address in range(8, 16, 2))
    identity = Identity(*words)
    address = _FIRST_CATEGORY // 2
    while (kind_and_size := read_word(address)) & 0xFFFF != _END:
        kind, size = kind_and_size & 0xFFFF, kind_and_size >> 16
        if (address + 2 + size) * 2 > _LARGEST:
            raise SiiError(f"category {kind} at word {address:#x} leads beyond the end of the EEPROM")
        if kind == CATEGORY_HAND:
            data = b"".join(read_word(a).to_bytes(4, "little") for a in range(address + 2, address + 2 + size, 2))
            return identity, _record(data[: 2 * size])
        address += 2 + size
    return identity, None


def word_reader(content: bytes) -> Callable[[int], int]:
    """A `read_word` over an EEPROM's bytes; beyond their end all bits are set, as in an empty EEPROM."""

    def read_word(address: int) -> int:
        return int.from_bytes(content[2 * address : 2 * address + 4].ljust(4, b"\xff"), "little")

    return read_word


def _record(data: bytes) -> HandRecord:
    try:
        raw = parse_json(data.rstrip(b"\0\xff").decode(), "the record")
        sensors, motors, calibration = raw["sensors"], raw["motors"], raw["calibration"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SiiError(f"the hand's record in the EEPROM is not readable: {error}") from error
    lists = isinstance(sensors, list) and isinstance(motors, list)
    if not lists or not all(isinstance(text, str) for text in [*sensors, *motors, calibration]):
        raise SiiError("the hand's record in the EEPROM does not hold names")
    if bad := [text for text in [*sensors, *motors, calibration] if not text.isprintable()]:
        raise SiiError(f"the hand's record in the EEPROM holds {bad[0][:40]!r}, which no terminal should be given")
    return HandRecord(tuple(sensors), tuple(motors), calibration)


def _pdo(pdo: Pdo, texts: list[str]) -> bytes:
    head = struct.pack("<HBBBBH", pdo.index, len(pdo.entries), pdo.sync_manager, 0, 0, 0)
    entries = b""
    for number, (name, bits) in enumerate(pdo.entries):
        if name not in texts:
            texts.append(name)
        entries += struct.pack("<HBBBBH", pdo.object, number + 1, texts.index(name) + 1, _UNSIGNED16, bits, 0)
    return head + entries


def _checksum(data: bytes | bytearray) -> int:
    """CRC-8, polynomial x^8 + x^2 + x + 1, start 0xFF, of the configuration words."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1) ^ 0x07 if crc & 0x80 else crc << 1
            crc &= 0xFF
    return crc


def _even(data: bytes) -> bytes:
    return data + b"\0" * (len(data) % 2)
