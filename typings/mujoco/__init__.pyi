# MuJoCo's bindings are compiled and ship no stubs: pyright takes every name of them as Any.
from typing import Any

def __getattr__(name: str) -> Any: ...
