"""The objects that are turned: one YAML each, in config/objects or wherever its path leads; see docs/objects.md.

`OBJECTS["block"]` is config/objects/block.yaml, `OBJECTS["my/cup.yaml"]` that file: everything that takes an object's
name takes a path as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from inhand_core.config import ConfigError
from inhand_core.paths import resource_root
from inhand_description.things import Thing, load_thing


class _Objects(Mapping[str, Thing]):
    """Objects by name or path; iteration gives the shipped names."""

    def __getitem__(self, name: str) -> Thing:
        path = object_path(name)
        return load_thing(str(path), path.stat().st_mtime_ns)

    def __contains__(self, name: object) -> bool:
        try:
            return isinstance(name, str) and object_path(name).is_file()
        except ConfigError:
            return False

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(path.stem for path in (resource_root() / "config/objects").glob("*.yaml")))

    def __len__(self) -> int:
        return len(list(iter(self)))


def object_path(name: str) -> Path:
    """The file of an object: of config/objects by its name, any other by its path.

    Raises:
        ConfigError: there is no such object; the message lists the shipped ones.
    """
    if "/" in name or name.endswith((".yaml", ".yml")):
        path = Path(name).expanduser()
        if path.is_file():
            return path.resolve()
        raise ConfigError(f"object: no file {name!r}; shipped are {list(OBJECTS)}")
    path = resource_root() / "config/objects" / f"{name}.yaml"
    if not name or not path.is_file():
        raise ConfigError(f"object: {name!r} is not one of {list(OBJECTS)}, and no path of a YAML file")
    return path


def check_object(name: str) -> None:
    """Raises:
    ConfigError: there is no such object, or its file is wrong.
    """
    OBJECTS[name]


OBJECTS = _Objects()
