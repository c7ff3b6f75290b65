"""A wire that delays and loses frames: two TAP devices, joined in user space.

The kernel's `netem` does the same where it is built in; this needs nothing but /dev/net/tun.
"""

from __future__ import annotations

import fcntl
import heapq
import os
import random
import select
import struct
import threading
import time
from collections.abc import Iterator

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
LARGEST_FRAME = 65536
MOST_AT_ONCE = 64  # frames read from one end before the other has its turn


class Link:
    """Carries Ethernet frames between two TAP devices, in both directions alike.

    Set `loss` and `delay_s` at any time; frames already on their way keep the delay that they were sent with.

    Args:
        names: of the two devices, which are made here and vanish at `close`.
        loss: probability that a frame is lost, in 0 … 1.
        delay_s: time that a frame is under way, one way [s].
        seed: of the losses.

    Raises:
        OSError: no /dev/net/tun, or no right to make network devices.
    """

    def __init__(self, names: tuple[str, str], loss: float = 0.0, delay_s: float = 0.0, seed: int = 0) -> None:
        self.loss, self.delay_s = loss, delay_s
        self.carried = self.lost = self.carried_bytes = 0
        self._random = random.Random(seed)
        self._ends: list[int] = []
        try:
            self._ends += [_open_tap(name) for name in names]
        except OSError:
            self._close_ends()
            raise
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the wire; its devices are gone afterwards."""
        self._done.set()
        self._thread.join()
        self._close_ends()

    def _close_ends(self) -> None:
        for end in self._ends:
            os.close(end)
        self._ends = []

    def _carry(self) -> None:
        other = {self._ends[0]: self._ends[1], self._ends[1]: self._ends[0]}
        on_the_way: list[tuple[float, int, int, bytes]] = []
        number = 0
        while not self._done.is_set():
            wait = max(0.0, on_the_way[0][0] - time.monotonic()) if on_the_way else 0.05
            ready, _, _ = select.select(self._ends, [], [], min(wait, 0.05))
            now = time.monotonic()
            for end in ready:
                for frame in _frames(end):
                    if self._random.random() < self.loss:
                        self.lost += 1
                        continue
                    number += 1  # frames of equal time leave in the order in which they came
                    heapq.heappush(on_the_way, (now + self.delay_s, number, other[end], frame))
            now = time.monotonic()
            while on_the_way and on_the_way[0][0] <= now:
                _, _, end, frame = heapq.heappop(on_the_way)
                self._deliver(end, frame)

    def _deliver(self, end: int, frame: bytes) -> None:
        try:
            os.write(end, frame)
        except OSError:  # the device is down: a cable that is not plugged in
            self.lost += 1
            return
        self.carried += 1
        self.carried_bytes += len(frame)


def _frames(end: int) -> Iterator[bytes]:
    for _ in range(MOST_AT_ONCE):
        try:
            yield os.read(end, LARGEST_FRAME)
        except OSError:  # none is waiting, or the device is down
            return


def _open_tap(name: str) -> int:
    """Makes a TAP device and returns its file; the device lives as long as the file is open."""
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    try:
        fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    except OSError:
        os.close(end)
        raise
    return end
