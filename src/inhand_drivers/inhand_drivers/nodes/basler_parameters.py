"""Parameters of `basler_driver`: config/basler.yaml, described and bounded, some of them changeable while it runs."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node
from rclpy.parameter import Parameter

from inhand_core.config import load_config, read_yaml
from inhand_core.paths import config_file
from inhand_drivers.basler.config import IDENTIFIERS, SIDES, BaslerConfig
from inhand_drivers.basler.emulation import emulation_folder
from inhand_ros.parameters import declare_config

PATIENCE_S = 10.0
"""The cameras' time-out where all devices are simulated or emulated [s]."""
CHANGEABLE = ("frame_rate", "exposure_us", "gain_db", "width", "height", "offset_x", "offset_y")


class BaslerParameters:
    """Declares the parameters; `config` gives what they say now.

    Args:
        node: whose parameters they are.
        simulated: no real device is there: a camera on a slow machine may take its time.
    """

    def __init__(self, node: Node, simulated: bool = False) -> None:
        self._node, self._simulated = node, simulated
        path = config_file("basler")
        content = read_yaml(path, as_text=IDENTIFIERS)
        load_config(BaslerConfig, content, path.name)
        self._names = [name for name in content if name not in SIDES]
        self._names += [f"{side}.{name}" for side in SIDES for name in content[side]]
        declare_config(node, BaslerConfig, content, path, CHANGEABLE)

    def config(self, changes: list[Parameter] | None = None) -> BaslerConfig:
        """The configuration, with `changes` made to it.

        Raises:
            ConfigError: it contradicts itself.
        """
        values = {name: self._node.get_parameter(name).value for name in self._names}
        values |= {change.name: change.value for change in changes or () if change.name in values}
        nested: dict[str, Any] = {side: {} for side in SIDES}
        for name, value in values.items():
            side, _, key = name.rpartition(".")
            (nested[side] if side else nested)[key] = value
        if self._simulated:
            nested["timeout_s"] = PATIENCE_S
        nested["emulation_folder"] = emulation_folder(nested["emulation_folder"], self._node.get_namespace())
        return load_config(BaslerConfig, nested, self._node.get_name())
