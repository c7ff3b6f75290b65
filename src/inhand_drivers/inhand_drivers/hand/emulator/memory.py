"""Address space of an EtherCAT slave controller: registers as its data sheets give them, then process data memory."""

from __future__ import annotations

import struct

STATION_ADDRESS, STATION_ALIAS = 0x0010, 0x0012
DL_STATUS, AL_CONTROL, AL_STATUS, AL_STATUS_CODE = 0x0110, 0x0120, 0x0130, 0x0134
WATCHDOG_DIVIDER, WATCHDOG_TIME, WATCHDOG_STATUS, WATCHDOG_COUNT = 0x0400, 0x0420, 0x0440, 0x0442
EEPROM_CONTROL, EEPROM_ADDRESS, EEPROM_DATA = 0x0502, 0x0504, 0x0508
FMMU, FMMU_SIZE, N_FMMU = 0x0600, 16, 3
SYNC_MANAGER, SYNC_MANAGER_SIZE, N_SYNC_MANAGERS = 0x0800, 8, 4
PROCESS_DATA, SIZE = 0x1000, 0x3000
_WORD, _DOUBLE = struct.Struct("<H"), struct.Struct("<I")

_READ_ONLY = (
    range(0x0000, 0x0010),
    range(DL_STATUS, DL_STATUS + 2),
    range(AL_STATUS, AL_STATUS_CODE + 2),
    range(0x0140, 0x0200),
    range(WATCHDOG_STATUS, WATCHDOG_COUNT + 2),
    range(0x0E00, 0x1000),
)


class Memory:
    """Bytes with the registers' reset values; masters read all of it and write all but what is read-only."""

    def __init__(self) -> None:
        self.data = bytearray(SIZE)
        self._writable = bytearray(b"\1" * SIZE)
        for area in _READ_ONLY:
            self._writable[area.start : area.stop] = bytes(len(area))
        for number in range(N_SYNC_MANAGERS):
            self._writable[SYNC_MANAGER + number * SYNC_MANAGER_SIZE + 5] = 0  # its status
        self.data[0:8] = bytes([0x11, 0, 1, 0, N_FMMU, N_SYNC_MANAGERS, (SIZE - PROCESS_DATA) // 1024, 0x0F])
        self.put_word(DL_STATUS, 0x5611)  # port 0 has a link, the others are closed: the end of the line
        self.put_word(WATCHDOG_DIVIDER, 2498)  # 100 µs
        self.put_word(WATCHDOG_TIME, 1000)  # in units of the divider: 100 ms

    def word(self, address: int) -> int:
        """16 bits at an address."""
        return _WORD.unpack_from(self.data, address)[0]

    def put_word(self, address: int, value: int) -> None:
        """Sets 16 bits, as the slave itself may anywhere."""
        _WORD.pack_into(self.data, address, value)

    def double(self, address: int) -> int:
        """32 bits at an address."""
        return _DOUBLE.unpack_from(self.data, address)[0]

    def read(self, address: int, length: int) -> bytes | None:
        """What a master reads; None where the area leaves the address space."""
        return bytes(self.data[address : address + length]) if address + length <= SIZE else None

    def write(self, address: int, data: bytes) -> bool:
        """What a master writes; bytes that are read-only stay. Returns whether any byte was writable."""
        end = address + len(data)
        if end > SIZE:
            return False
        writable = self._writable[address:end]
        if all(writable):
            self.data[address:end] = data
            return True
        for offset, allowed in enumerate(writable):
            if allowed:
                self.data[address + offset] = data[offset]
        return any(writable)
