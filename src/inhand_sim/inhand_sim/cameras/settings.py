"""The settings of config/cameras_sim.yaml."""

from __future__ import annotations

from dataclasses import dataclass

from inhand_core.config import ConfigError, load_config, read_yaml
from inhand_core.paths import config_file


@dataclass(frozen=True)
class ClassicConfig:
    """MuJoCo's OpenGL renderer. Values and texts in config/cameras_sim.yaml, section classic."""

    lamp: float
    ambient: float
    shadow_size: int
    samples: int


@dataclass(frozen=True)
class FilamentConfig:
    """MuJoCo's physically based renderer. Values and texts in config/cameras_sim.yaml, section filament."""

    lamp: float
    ambient: float
    shadow_size: int
    ambient_occlusion: bool
    gpu: bool


@dataclass(frozen=True, kw_only=True)
class CamerasConfig:
    """The simulator's cameras. Values and texts in config/cameras_sim.yaml."""

    renderer: str
    rate: float
    threads: int
    detail: float
    background: tuple[float, float, float]
    classic: ClassicConfig
    filament: FilamentConfig

    def __post_init__(self) -> None:
        if not 0.0 < self.rate <= 400.0:
            raise ConfigError(f"rate must be in (0, 400] Hz, is {self.rate}")
        if self.threads < 0:
            raise ConfigError(f"threads must be >= 0, is {self.threads}")
        if not 0.0 < self.detail <= 1.0:
            raise ConfigError(f"detail must be in (0, 1], is {self.detail}")


def load_cameras_config() -> CamerasConfig:
    """Reads config/cameras_sim.yaml.

    Raises:
        ConfigError: naming the key and the valid choices.
    """
    return load_config(CamerasConfig, read_yaml(config_file("cameras_sim")), "cameras_sim.yaml")
