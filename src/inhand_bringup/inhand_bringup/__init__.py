"""The command line `inhand`, and the launch files, settings and models that this package installs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inhand_core.faces import lazy_face

if TYPE_CHECKING:
    from inhand_bringup.registry import Command, commands

__all__ = ["Command", "commands"]

__getattr__ = lazy_face(__name__)
