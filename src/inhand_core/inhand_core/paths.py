"""Where configuration, weights and robot descriptions are: an installed share folder or a source checkout."""

from __future__ import annotations

import os
import pwd
import tempfile
from pathlib import Path

from inhand_core.config import ConfigError

_MARKER = "config/graph.yaml"


def resource_root() -> Path:
    """The folder that holds config/, urdf/ and weights/.

    `INHAND_ROOT` decides where set; else the source checkout this file lies in; else the share folder of
    inhand_bringup on `AMENT_PREFIX_PATH`.

    Raises:
        ConfigError: nothing is found; the message lists where it looked.
    """
    root = os.environ.get("INHAND_ROOT")
    looked = [Path(root)] if root else own_folders()
    for folder in looked:
        if (folder / _MARKER).is_file():
            return folder
    raise ConfigError(f"no {_MARKER} found; looked in {[str(p) for p in looked]}; set INHAND_ROOT to name the folder")


def own_folders() -> list[Path]:
    """Where the project's folders may be, whatever `INHAND_ROOT` says: above this file, and in installed prefixes."""
    prefixes = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    shares = [Path(prefix) / "share/inhand_bringup" for prefix in prefixes if prefix]
    return [*Path(__file__).resolve().parents, *shares]


def state_folder() -> Path:
    """Where what outlives a process is kept, for this user: $INHAND_STATE_DIR, else inhand in $XDG_STATE_HOME, or in
    ~/.local/state. The real-time node follows the same rule.
    """
    if folder := os.environ.get("INHAND_STATE_DIR"):
        return Path(folder)
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local/state") / "inhand"


def ensure_home() -> None:
    """Sets $HOME where it is missing, as under some services and containers: ROS keeps its logs there.

    It is the user's own folder; where the user is unknown to the system, one below the folder for temporary files.
    """
    if os.environ.get("HOME"):
        return
    try:
        home = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        home = f"{tempfile.gettempdir()}/inhand_home_{os.getuid()}"
    os.environ["HOME"] = home


def config_file(name: str) -> Path:
    """Path of config/<name>, with `.yaml` added where it has no ending."""
    return resource_root() / "config" / (name if "." in Path(name).name else f"{name}.yaml")
