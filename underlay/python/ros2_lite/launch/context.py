"""What a launch file is evaluated in: variables, environment, and the file itself."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Context:
    """The state that tags read and change while a launch file is evaluated from top to bottom."""

    file: Path | None = None  # None: outside of any file
    configurations: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    namespace: str | None = None
    remaps: tuple[tuple[str, str], ...] = ()  # of every node from here on

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Forget on leaving what was set inside, as a <group> does."""
        saved = dict(self.configurations), dict(self.environment), self.namespace, self.remaps
        try:
            yield
        finally:
            self.configurations, self.environment, self.namespace, self.remaps = saved

    @contextmanager
    def inside(self, file: Path) -> Iterator[None]:
        """Evaluate another file: $(dirname) is its folder, everything set in it stays set, as <include> has it."""
        outer, self.file = self.file, file
        try:
            yield
        finally:
            self.file = outer
