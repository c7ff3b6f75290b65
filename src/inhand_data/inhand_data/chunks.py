"""The records inside a chunk of an MCAP file: whole ones, and what can be saved of one that was cut off."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple

import lz4.frame
import zstandard
from mcap.data_stream import ReadDataStream
from mcap.opcode import Opcode
from mcap.records import Channel, Schema

HEAD = struct.Struct("<BQ")  # of every record: opcode, length
_MESSAGE = struct.Struct("<HIQQ")  # channel, sequence, log time, publish time
_CHUNK = struct.Struct("<QQQII")  # start, end, uncompressed size, crc, length of the compression's name
MAX_CHUNK = 1 << 30
"""Largest chunk that is decompressed [bytes]."""


class ChunkError(ValueError):
    """A chunk that cannot be read; the message says why."""


class Message(NamedTuple):
    """A message as it is stored: channel, the publisher's number, times [ns], serialized data."""

    channel: int
    sequence: int
    log_ns: int
    publish_ns: int
    data: bytes


def unpack_chunk(body: bytes, whole: bool = True) -> bytes:
    """The records within a chunk, from the content of its record.

    Args:
        body: the record's content.
        whole: check size and checksum; false: take what can be decompressed of a piece.

    Raises:
        ChunkError: unknown compression, or broken content.
    """
    try:
        _, _, size, crc, length = _CHUNK.unpack_from(body)
        kind = body[_CHUNK.size : _CHUNK.size + length].decode()
        (stored,) = struct.unpack_from("<Q", body, _CHUNK.size + length)
    except (struct.error, UnicodeDecodeError) as error:
        raise ChunkError(f"no chunk: {error}") from error
    if size > MAX_CHUNK:
        raise ChunkError(f"a chunk of {size} bytes")
    packed = body[_CHUNK.size + length + 8 :][:stored]
    data = _decompress(kind, packed, size, whole)
    if whole and (len(packed) < stored or len(data) != size):
        raise ChunkError(f"{len(data)} bytes instead of {size}")
    if whole and crc and zlib.crc32(data) != crc:
        raise ChunkError("its checksum is wrong")
    return data


def _decompress(kind: str, packed: bytes, size: int, whole: bool) -> bytes:
    try:
        if kind == "":
            return packed
        if kind == "lz4":
            return lz4.frame.LZ4FrameDecompressor().decompress(packed, max_length=size)
        if kind == "zstd":
            return zstandard.ZstdDecompressor().decompressobj().decompress(packed)[:size]
    except (RuntimeError, EOFError, ValueError, zstandard.ZstdError) as error:
        if not whole:
            return b""
        raise ChunkError(f"its {kind} data is broken: {error}") from error
    raise ChunkError(f"compression {kind!r} is not one of ['', 'lz4', 'zstd']")


def records(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Opcode, start and end of the content of each whole record in `data`; what follows the last one is left out."""
    at = 0
    while at + HEAD.size <= len(data):
        opcode, length = HEAD.unpack_from(data, at)
        start, at = at + HEAD.size, at + HEAD.size + length
        if at > len(data):
            return
        yield opcode, start, at


def message(data: bytes, start: int, end: int) -> Message:
    """The message in data[start:end].

    Raises:
        ChunkError: too short.
    """
    if end - start < _MESSAGE.size:
        raise ChunkError("a message record that is too short")
    channel, sequence, log_time, publish_time = _MESSAGE.unpack_from(data, start)
    return Message(channel, sequence, log_time, publish_time, data[start + _MESSAGE.size : end])


def declared(opcode: int, content: bytes) -> Schema | Channel:
    """The schema or channel of a record.

    Raises:
        ChunkError: broken content.
    """
    try:
        stream = ReadDataStream(BytesIO(content))
        return Schema.read(stream) if opcode == Opcode.SCHEMA else Channel.read(stream)
    except Exception as error:  # the library raises its own, struct's and Unicode's
        raise ChunkError(f"a broken {'schema' if opcode == Opcode.SCHEMA else 'channel'}: {error}") from error
