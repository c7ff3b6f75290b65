"""Message definitions for bags, read from the .msg files of the installed packages."""

from pathlib import Path

from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from ..index import find_package_share

BASE = Stores.ROS2_KILTED


class TypeBook:
    """A rosbags type store that learns the types of other packages when they are asked for."""

    def __init__(self) -> None:
        self.store: Typestore = get_typestore(BASE)

    def learn(self, name: str) -> None:
        """Add a type "package/msg/Name" and all that it holds.

        Raises:
            LookupError: its package is not installed, or has no such message.
        """
        if name in self.store.fielddefs:
            return
        package, _, last = name.split("/")
        path = Path(find_package_share(package)) / "msg" / f"{last}.msg"
        if not path.exists():
            raise LookupError(f"package '{package}' has no message {last} ({path} is not there)")
        definitions = get_types_from_msg(path.read_text(), name)
        for needed in sorted(_referenced(definitions)):
            self.learn(needed)
        self.store.register(definitions)


def _referenced(definitions: dict) -> set[str]:
    """Return the names of the messages that the fields of freshly parsed definitions hold."""
    found: set[str] = set()
    todo = [description for _, fields in definitions.values() for _, description in fields]
    while todo:
        kind, argument = todo.pop()
        if kind.name == "NAME":
            found.add(argument)
        elif kind.name in ("ARRAY", "SEQUENCE"):
            todo.append(argument[0])
    return found - set(definitions)
