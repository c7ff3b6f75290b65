"""A slave on the wire: works on every datagram of a frame as it passes, and sends the frame back."""

from __future__ import annotations

from collections import Counter

from inhand_drivers.hand.emulator import memory
from inhand_drivers.hand.emulator.esc import Esc
from inhand_drivers.hand.emulator.frames import (
    Cmd,
    Datagram,
    FrameError,
    add_to_counter,
    datagrams,
    mark_as_answered,
    set_address,
)

_READS = {Cmd.APRD, Cmd.FPRD, Cmd.BRD, Cmd.LRD}
_WRITES = {Cmd.APWR, Cmd.FPWR, Cmd.BWR, Cmd.LWR}
_BOTH = {Cmd.APRW, Cmd.FPRW, Cmd.BRW, Cmd.LRW}
_AUTO = {Cmd.APRD, Cmd.APWR, Cmd.APRW, Cmd.ARMW}
_CONFIGURED = {Cmd.FPRD, Cmd.FPWR, Cmd.FPRW, Cmd.FRMW}
_BROADCAST = {Cmd.BRD, Cmd.BWR, Cmd.BRW}
_LOGICAL = {Cmd.LRD, Cmd.LWR, Cmd.LRW}


class Slave:
    """One slave in the line. `counts` holds frames answered and refused."""

    def __init__(self, esc: Esc) -> None:
        self.esc = esc
        self.counts: Counter[str] = Counter()

    def process(self, frame: bytearray) -> bool:
        """Works through a frame in place; returns whether it was an EtherCAT frame.

        A malformed frame is left as it came, its datagrams untouched.
        """
        try:
            items = list(datagrams(frame))
        except FrameError:
            self.counts["refused"] += 1
            return False
        self.esc.tick()
        for item in items:
            self._handle(frame, item)
        mark_as_answered(frame)
        self.counts["answered"] += 1
        return True

    def _handle(self, frame: bytearray, item: Datagram) -> None:
        if item.command in _LOGICAL:
            self._logical(frame, item)
            return
        node, offset = item.address & 0xFFFF, item.address >> 16
        command = item.command
        mine = True
        if command in _AUTO:
            mine = node == 0
        elif command in _CONFIGURED:
            mine = node == self.esc.memory.word(memory.STATION_ADDRESS)
        if command in _AUTO | _BROADCAST:
            set_address(frame, item, (node + 1) & 0xFFFF | offset << 16)
        if command in (Cmd.ARMW, Cmd.FRMW):
            command = Cmd.FPRD if mine else Cmd.FPWR  # the addressed slave is read, all others are written
        elif not mine:
            return
        self._physical(frame, item, command, offset)

    def _physical(self, frame: bytearray, item: Datagram, command: Cmd, offset: int) -> None:
        data = bytes(frame[item.start : item.counter])
        counted = 0
        if command in _READS | _BOTH and (found := self.esc.read(offset, item.length)) is not None:
            if command in _BROADCAST:
                found = bytes(a | b for a, b in zip(found, data))
            frame[item.start : item.counter] = found
            counted += 1
        if command in _WRITES | _BOTH and self.esc.write(offset, data):
            counted += 2 if command in _BOTH else 1
        add_to_counter(frame, item, counted)

    def _logical(self, frame: bytearray, item: Datagram) -> None:
        data = frame[item.start : item.counter]
        read, written = self.esc.exchange(
            item.address, data, item.command in _READS | _BOTH, item.command in _WRITES | _BOTH
        )
        frame[item.start : item.counter] = data
        add_to_counter(frame, item, read + written * (2 if item.command is Cmd.LRW else 1))
