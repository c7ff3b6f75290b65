"""The page of the launch files and their arguments."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from sources import ROOT, page, table

COMMENT = re.compile(r"<launch>\s*<!--(.*?)-->", re.DOTALL)


def generate() -> str:
    """Return the page."""
    intro = "`ros2 launch inhand_bringup <file> <argument>:=<value> …`; `--show-args` prints the same."
    return page("Launch files", intro, (_file(path) for path in sorted((ROOT / "launch").glob("*.launch.xml"))))


def _file(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    about = COMMENT.search(text)
    says = " ".join(about.group(1).split()) if about else ""
    rows = []
    for argument in ElementTree.fromstring(text).findall("arg"):
        choices = [f"`{choice.get('value')}`" for choice in argument.findall("choice")]
        default = f"`{argument.get('default')}`" if argument.get("default") is not None else "required"
        meaning = argument.get("description", "") + (f" ({', '.join(choices)})" if choices else "")
        rows.append((f"`{argument.get('name')}`", default if default != "``" else "empty", meaning))
    return f"## {path.name}\n\n{says}\n\n{table(('argument', 'default', 'meaning'), rows)}"
