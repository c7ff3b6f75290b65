"""What a person sees: the web page (viser), the transforms and the markers for RViz."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inhand_core.faces import lazy_face

if TYPE_CHECKING:
    from inhand_console.config import ConsoleConfig, SceneConfig
    from inhand_console.page import ConsolePage

__all__ = ["ConsoleConfig", "ConsolePage", "SceneConfig"]

__getattr__ = lazy_face(__name__)
