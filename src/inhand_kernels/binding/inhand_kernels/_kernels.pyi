# Compiled from binding/*.cpp.
from typing import Any

def __getattr__(name: str) -> Any: ...
