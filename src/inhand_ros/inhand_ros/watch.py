"""Which streams have gone silent; no ROS calls here."""

from __future__ import annotations


class SilenceWatch:
    """Notices streams that pause, and that go on.

    Args:
        producers: name of the producing node by topic.
        limit: a stream is silent after this long without a message [s].
    """

    def __init__(self, producers: dict[str, str], limit: float) -> None:
        self._producers = producers
        self._limit = limit
        self._heard: dict[str, float] = {}
        self.silent: dict[str, float] = {}

    def heard(self, topic: str, now: float) -> None:
        """Notes a message at time `now` [s]."""
        if topic in self._producers:
            self._heard[topic] = now

    def look(self, now: float) -> list[str]:
        """What to report at time `now` [s]: each pause once, and its end."""
        reports = []
        for topic, last in self._heard.items():
            if topic not in self.silent and now - last > self._limit:
                self.silent[topic] = last
                reports.append(f"{topic} is silent for {now - last:.1f} s: is node {self._producers[topic]!r} alive?")
            elif topic in self.silent and now - last <= self._limit:
                reports.append(f"{topic} is back after {last - self.silent.pop(topic):.1f} s")
        return reports

    def never_heard(self) -> list[str]:
        """Topics without any message."""
        return sorted(set(self._producers) - set(self._heard))
