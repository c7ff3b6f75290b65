"""Reading a launch XML file into elements that know their line, and refusing what this subset does not have."""

from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from .errors import LaunchError
from .substitutions import Template, parse


@dataclass
class Element:
    """One tag of a launch file."""

    tag: str
    attributes: dict[str, str]
    file: Path
    line: int
    children: list["Element"] = field(default_factory=list)

    def error(self, what: str) -> LaunchError:
        """Return an error that names this tag, its file and its line."""
        return LaunchError(f"{self.file}:{self.line}: <{self.tag}>: {what}")

    def template(self, name: str) -> Template | None:
        """Return the attribute `name` parsed, or None where it is not given."""
        if name not in self.attributes:
            return None
        try:
            return parse(self.attributes[name])
        except LaunchError as error:
            raise self.error(f"attribute {name}: {error}") from error

    def of(self, *tags: str) -> list["Element"]:
        """Return the children with one of these tags, in order."""
        return [child for child in self.children if child.tag in tags]


@dataclass(frozen=True)
class Rule:
    """What a tag may hold: attributes it needs, attributes it may have, and tags inside it."""

    required: frozenset[str]
    optional: frozenset[str]
    children: frozenset[str]


def _rule(required: str = "", optional: str = "", children: str = "") -> Rule:
    return Rule(frozenset(required.split()), frozenset(optional.split()), frozenset(children.split()))


_CONDITION = "if unless "
_PROCESS = (
    "name cwd output respawn respawn_delay respawn_max_retries on_exit launch-prefix sigterm_timeout sigkill_timeout "
)
_ACTIONS = (
    "arg let include group push-ros-namespace push_ros_namespace set_remap node executable set_env unset_env "
    "log"  # in any body
)
RULES = {
    "launch": _rule(optional="version", children=_ACTIONS),
    "group": _rule(optional=_CONDITION + "scoped", children=_ACTIONS),
    "arg": _rule("name", _CONDITION + "default description", "choice"),
    "let": _rule("name value", _CONDITION),
    "include": _rule("file", _CONDITION, "arg let"),
    "push-ros-namespace": _rule("namespace", _CONDITION),
    "push_ros_namespace": _rule("namespace", _CONDITION),
    "node": _rule("pkg exec", _CONDITION + _PROCESS + "namespace args ros_args exec_name", "param remap env"),
    "executable": _rule("cmd", _CONDITION + _PROCESS + "shell", "env"),
    "set_remap": _rule("from to", _CONDITION),
    "set_env": _rule("name value", _CONDITION),
    "unset_env": _rule("name", _CONDITION),
    "log": _rule("message", _CONDITION),
}
# Tags that mean something else inside another one than on their own.
INNER_RULES = {
    ("include", "arg"): _rule("name value"),
    ("include", "let"): _rule("name value"),
    ("arg", "choice"): _rule("value"),
    ("node", "param"): _rule(optional="name value value-sep type from allow_substs", children="param"),
    ("param", "param"): _rule("name", "value value-sep type", "param"),
    ("node", "remap"): _rule("from to"),
    ("node", "env"): _rule("name value"),
    ("executable", "env"): _rule("name value"),
}


def read(file: Path) -> Element:
    """Read and check a launch XML file.

    Raises:
        LaunchError: the file is not there, is no XML, or holds a tag or attribute outside the subset; file and line are
            named.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise LaunchError(f"cannot read the launch file '{file}': {error.strerror}") from error
    if file.name.endswith(".py"):
        raise LaunchError(f"{file}: this small `ros2 launch` reads XML only; Python launch files need ROS from apt")
    root = _parse(data, file)
    if root.tag != "launch":
        raise root.error("the outermost tag has to be <launch>")
    _check(root, None)
    return root


def _parse(data: bytes, file: Path) -> Element:
    stack: list[Element] = []
    roots: list[Element] = []
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag, attributes, file, parser.CurrentLineNumber)
        (stack[-1].children if stack else roots).append(element)
        stack.append(element)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda tag: stack.pop()
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise LaunchError(f"{file}:{error.lineno}: not well-formed XML: {expat.ErrorString(error.code)}") from error
    return roots[0]


def _check(element: Element, parent: Element | None) -> None:
    inner = INNER_RULES.get((parent.tag if parent else "", element.tag))
    rule = inner or RULES[element.tag]
    given = set(element.attributes)
    if unknown := given - rule.required - rule.optional:
        known = ", ".join(sorted(rule.required | rule.optional))
        raise element.error(f"Unexpected attribute(s) found: {', '.join(sorted(unknown))}; known: {known}")
    if lacking := rule.required - given:
        raise element.error(f"attribute(s) missing: {', '.join(sorted(lacking))}")
    if {"if", "unless"} <= given:
        raise element.error("if and unless conditions can't be used simultaneously")
    for child in element.children:
        if child.tag not in rule.children:
            known = ", ".join(sorted(rule.children)) or "none"
            raise child.error(f"Unrecognized tag inside <{element.tag}>; known here: {known}")
        _check(child, element)
