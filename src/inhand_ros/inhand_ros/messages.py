"""Message classes by name."""

from __future__ import annotations

import importlib
from typing import Any

from inhand_core.config import ConfigError


def message_class(name: str) -> Any:
    """The class of "package/msg/Name".

    Raises:
        ConfigError: the package is not installed or has no such message.
    """
    try:
        package, kind, message = name.split("/")
        return getattr(importlib.import_module(f"{package}.{kind}"), message)
    except (ValueError, ImportError, AttributeError) as error:
        raise ConfigError(f"cannot load message {name!r}: {error}") from error
