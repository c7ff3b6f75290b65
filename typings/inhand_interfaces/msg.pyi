# Generated from the .msg and .srv files when the workspace is built.
from typing import Any

def __getattr__(name: str) -> Any: ...
