"""A launch file evaluated from top to bottom: which processes to start, which messages to print."""

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from . import attributes, parameters
from .context import Context
from .errors import LaunchError
from .process_spec import ProcessSpec
from .substitutions import perform
from .xml_file import Element, read


def evaluate(file: Path, arguments: dict[str, str]) -> Iterator[ProcessSpec | str]:
    """Yield, in the order of the file, a ProcessSpec for each process and a text for each <log>.

    Raises:
        LaunchError: anything in the file or the arguments is wrong; file and line are named.
    """
    context = Context(file=file, configurations=dict(arguments))
    yield from _body(read(file), context)


def _body(parent: Element, context: Context) -> Iterator[ProcessSpec | str]:
    for element in parent.children:
        if attributes.applies(element, context):
            yield from _visit(element, context)


def _visit(element: Element, context: Context) -> Iterator[ProcessSpec | str]:
    match element.tag:
        case "arg":
            _declare(element, context)
        case "let":
            name = attributes.required(element, "name", context)
            context.configurations[name] = attributes.required(element, "value", context)
        case "set_env":
            name = attributes.required(element, "name", context)
            context.environment[name] = attributes.required(element, "value", context)
        case "unset_env":
            context.environment.pop(attributes.required(element, "name", context), None)
        case "push-ros-namespace" | "push_ros_namespace":
            _push_namespace(attributes.required(element, "namespace", context), context)
        case "set_remap":
            ends = (attributes.required(element, end, context) for end in ("from", "to"))
            context.remaps += (tuple(ends),)
        case "log":
            yield attributes.required(element, "message", context)
        case "group":
            yield from _group(element, context)
        case "include":
            yield from _include(element, context)
        case "node":
            yield _node(element, context)
        case "executable":
            yield _process(element, context, attributes.words(element, "cmd", context), None)


def _declare(element: Element, context: Context) -> None:
    """Give an <arg> its default unless it is set, and hold it against its choices."""
    name = element.attributes["name"]
    if name not in context.configurations:
        default = attributes.text(element, "default", context)
        if default is None:
            description = attributes.text(element, "description", context) or "no description given"
            raise element.error(f'Required launch argument "{name}" (description: "{description}") was not provided')
        context.configurations[name] = default
    choices = [choice.attributes["value"] for choice in element.of("choice")]
    if choices and context.configurations[name] not in choices:
        value = context.configurations[name]
        raise element.error(f'Argument "{name}" provided value "{value}" is not valid. Valid options are: {choices}')


def _push_namespace(inner: str, context: Context) -> None:
    """Enter a namespace; $(var ros_namespace) is the whole of it, "/" at the top, as launch_ros has it."""
    joined = join_namespace(context.namespace, inner) or "/"
    context.namespace = joined if joined.startswith("/") else f"/{joined}"
    context.configurations["ros_namespace"] = context.namespace


def _group(element: Element, context: Context) -> Iterator[ProcessSpec | str]:
    if not attributes.literal(element, "scoped", context, attributes.boolean, True):
        yield from _body(element, context)
        return
    with context.scope():
        yield from _body(element, context)


def _include(element: Element, context: Context) -> Iterator[ProcessSpec | str]:
    file = Path(os.path.abspath(attributes.required(element, "file", context)))
    for child in element.of("arg", "let"):
        name = attributes.required(child, "name", context)
        context.configurations[name] = attributes.required(child, "value", context)
    try:
        root = read(file)
    except LaunchError as error:
        raise element.error(str(error)) from error
    with context.inside(file):
        yield from _body(root, context)


def _node(element: Element, context: Context) -> ProcessSpec:
    """Return the process of a <node>, its arguments in the order in which launch_ros gives them."""
    found = f"$(exec-in-pkg {element.attributes['exec']} {element.attributes['pkg']})"
    executable = attributes.required(Element("node", {"exec": found}, element.file, element.line), "exec", context)
    command = [executable, *attributes.words(element, "args", context)]
    if ros_args := attributes.words(element, "ros_args", context):
        command += ["--ros-args", *ros_args]
    command.append("--ros-args")
    if name := attributes.text(element, "name", context):
        command += ["-r", f"__node:={name}"]
    namespace = join_namespace(context.namespace, attributes.text(element, "namespace", context))
    if namespace is not None:
        command += ["-r", f"__ns:={namespace}"]
    for source, target in context.remaps:
        command += ["-r", f"{source}:={target}"]
    for child in element.of("param"):
        command += parameters.arguments(child, context)
    for child in element.of("remap"):
        source, target = (attributes.required(child, end, context) for end in ("from", "to"))
        command += ["-r", f"{source}:={target}"]
    return _process(element, context, command, attributes.text(element, "exec_name", context))


def _process(element: Element, context: Context, command: list[str], name: str | None) -> ProcessSpec:
    """Return the process of a <node> or <executable> from the attributes that both have."""
    if not command:
        raise element.error("the command is empty")
    if element.tag == "executable":
        name = attributes.text(element, "name", context)
    prefix = attributes.text(element, "launch-prefix", context)
    if prefix is None:
        prefix = context.configurations.get("launch-prefix", "")
        wanted = context.configurations.get("launch-prefix-filter", "")
        if not re.search(wanted, os.path.basename(command[0])):
            prefix = ""
    command = [*shlex.split(prefix), *command]
    own = {
        attributes.required(child, "name", context): attributes.required(child, "value", context)
        for child in element.of("env")
    }
    output = attributes.typed(element, "output", context, attributes.output, "log")
    configured = {
        key: attributes.literal(element, key, context, attributes.seconds, _default_timeout(key, context))
        for key in ("sigterm_timeout", "sigkill_timeout")
    }
    return ProcessSpec(
        name=name or os.path.basename(command[0]),
        command=tuple(command),
        environment={**context.environment, **own},
        cwd=attributes.text(element, "cwd", context),
        shell=attributes.literal(element, "shell", context, attributes.boolean, False),
        output=attributes.output(os.environ.get("OVERRIDE_LAUNCH_PROCESS_OUTPUT", output)),
        respawn=attributes.typed(element, "respawn", context, attributes.boolean, False),
        respawn_delay=attributes.literal(element, "respawn_delay", context, attributes.seconds, 0.0),
        respawn_max_retries=attributes.literal(element, "respawn_max_retries", context, int, -1),
        shutdown_on_exit=attributes.typed(element, "on_exit", context, attributes.on_exit, False),
        **configured,
    )


def _default_timeout(key: str, context: Context) -> float:
    return attributes.seconds(context.configurations.get(key, "5"))


def join_namespace(base: str | None, inner: str | None) -> str | None:
    """Return the absolute namespace of `inner` within `base`; an absolute `inner` replaces it, two Nones give None."""
    if inner is None or inner == "":
        return base
    if inner.startswith("/"):
        return inner
    return f"{(base or '').rstrip('/')}/{inner}"


def declared(file: Path) -> list[tuple[Element, bool]]:
    """Return the <arg> tags of a file and of the files that it includes, first declarations only, in order.

    The second item says whether the declaration hangs on a condition. An included file whose path needs a variable or
    $(dirname) is left out, as the real `ros2 launch --show-args` does.
    """
    result: dict[str, tuple[Element, bool]] = {}
    _collect(read(file), False, result)
    return list(result.values())


def _collect(parent: Element, conditional: bool, result: dict[str, tuple[Element, bool]]) -> None:
    for element in parent.children:
        depends = conditional or "if" in element.attributes or "unless" in element.attributes
        if element.tag == "arg":
            result.setdefault(element.attributes["name"], (element, depends))
        elif element.tag == "group":
            _collect(element, depends, result)
        elif element.tag == "include":
            try:
                root = read(Path(perform(element.template("file"), Context())))
            except (LaunchError, LookupError):
                continue
            _collect(root, depends, result)
