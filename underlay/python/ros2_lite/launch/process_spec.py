"""What to start: the result of evaluating one <node> or <executable>."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ProcessSpec:
    """One process, all substitutions done; times in seconds."""

    name: str  # without the number that launch appends
    command: tuple[str, ...]
    environment: dict[str, str]
    cwd: str | None = None
    shell: bool = False
    output: str = "log"
    respawn: bool = False
    respawn_delay: float = 0.0
    respawn_max_retries: int = -1  # negative: no limit
    shutdown_on_exit: bool = False
    sigterm_timeout: float = 5.0
    sigkill_timeout: float = 5.0
