"""The emulated slave on a network interface: a thread that answers every EtherCAT frame."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

from inhand_drivers.hand.emulator.slave import Slave
from inhand_drivers.hand.realtime import use_fifo
from inhand_drivers.hand.wire import open_raw

_IDLE_S = 0.005  # how often the slave's watchdog is looked at while no frame comes
_LARGEST_FRAME = 1600


class FrameServer:
    """Answers frames from construction on until `close`.

    Args:
        slave: what answers.
        interface: where.
        priority: SCHED_FIFO priority of its thread; hardware does not wait for a scheduler. 0: the default scheduler.
        after_frame: called after each frame, in the same thread.
        powered: asked before each frame; a hand without power does not answer.

    Raises:
        WireError: the interface cannot be used.
    """

    def __init__(
        self,
        slave: Slave,
        interface: str,
        priority: int,
        after_frame: Callable[[], None],
        powered: Callable[[], bool],
    ) -> None:
        self._slave, self._after_frame, self._powered = slave, after_frame, powered
        self._wire = open_raw(interface)
        self._wire.settimeout(_IDLE_S)
        self._priority = priority
        self._open = True
        self._thread = threading.Thread(target=self._serve, name="ethercat slave", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the thread; the slave is gone from the wire."""
        self._open = False
        self._thread.join(2.0)
        self._wire.close()

    def _serve(self) -> None:
        use_fifo(self._priority)
        while self._open:
            try:
                data, sender = self._wire.recvfrom(_LARGEST_FRAME)
            except TimeoutError:
                self._slave.esc.tick()
                continue
            except OSError:  # the interface is down: its cable is pulled
                self._slave.esc.tick()
                time.sleep(_IDLE_S)
                continue
            if sender[2] != socket.PACKET_OUTGOING and self._powered():
                self._answer(bytearray(data))

    def _answer(self, frame: bytearray) -> None:
        if not self._slave.process(frame):
            return
        try:
            self._wire.send(frame)
        except OSError:  # the cable was pulled between question and answer
            return
        self._after_frame()
