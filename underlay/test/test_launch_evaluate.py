"""Launch XML evaluated: arguments, scopes, nodes' command lines, and errors that name tag and line."""

from pathlib import Path

import pytest

from ros2_lite.launch.command import parse_arguments, shown_arguments
from ros2_lite.launch.errors import LaunchError
from ros2_lite.launch.evaluate import evaluate
from ros2_lite.launch.expression import evaluate as evaluate_expression
from ros2_lite.launch.process_spec import ProcessSpec


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a package `demo` with one executable `talker`; return its prefix."""
    prefix = tmp_path / "prefix"
    marker = prefix / "share" / "ament_index" / "resource_index" / "packages" / "demo"
    talker = prefix / "lib" / "demo" / "talker"
    for path in (marker, talker, prefix / "share" / "demo" / "gains.yaml"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    talker.chmod(0o755)
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(prefix))
    return prefix


@pytest.fixture
def run(tmp_path: Path):
    """Return a function that evaluates the body of a launch file with arguments."""

    def _run(body: str, **arguments: str) -> list[ProcessSpec | str]:
        file = tmp_path / "test.launch.xml"
        file.write_text(f"<launch>\n{body}\n</launch>\n")
        return list(evaluate(file, arguments))

    return _run


def test_arguments_have_defaults_that_the_command_line_overrides(run):
    body = '<arg name="a" default="1"/><arg name="b" default="$(var a)2"/><log message="$(var a) $(var b)"/>'
    assert run(body) == ["1 12"]
    assert run(body, a="5") == ["5 52"]


def test_let_overrides_and_group_scopes(run):
    body = """<arg name="a" default="1"/>
    <group><let name="a" value="2"/><set_env name="X" value="in"/><log message="$(var a) $(env X)"/></group>
    <group scoped="false"><let name="b" value="3"/></group>
    <log message="$(var a) $(env X none) $(var b)"/>"""
    assert run(body) == ["2 in", "1 none 3"]


@pytest.mark.parametrize("value, shown", [("true", ["yes"]), ("1", ["yes"]), ("False", ["no"]), ("0", ["no"])])
def test_conditions(run, value, shown):
    body = '<arg name="c"/><log if="$(var c)" message="yes"/><log unless="$(var c)" message="no"/>'
    assert run(body, c=value) == shown


def test_anon_is_one_name_a_launch_and_another_in_the_next(run):
    body = '<arg name="a" default="$(anon x)"/><log message="$(var a)"/><log message="$(anon x)"/>'
    first, again = run(body)
    assert first == again and first.startswith("x_")
    assert run(body)[0] != first


def test_command_gives_what_it_prints_and_ends_the_launch_when_it_fails(run):
    assert run("""<log message="$(command 'echo a b')"/>""") == ["a b\n"]
    with pytest.raises(LaunchError, match="executed command failed"):
        run("""<let name="x" value="$(command 'false')"/>""")
    with pytest.raises(LaunchError, match="no such file here"):
        run("""<let name="x" value="$(command 'sh -c \\'echo no such file here >&amp;2; exit 1\\'')"/>""")
    assert run("""<let name="x" value="$(command 'false')" if="false"/><log message="on"/>""") == ["on"]


def test_eval_compares_quoted_variables(run):
    body = r"""<arg name="mode"/><log if="$(eval '\'$(var mode)\' == \'sim\'')" message="escaped"/>
    <log if='$(eval "&apos;$(var mode)&apos; in [&apos;sim&apos;, &apos;real&apos;]")' message="double"/>"""
    assert run(body, mode="sim") == ["escaped", "double"]
    assert run(body, mode="real") == ["double"]


@pytest.mark.parametrize(
    "text, value",
    [
        ("1 < 2 <= 2", "True"),
        ("not 1 == 1 or 'a' in ['a', 'b']", "True"),
        ("0.5 * 3 + 1", "2.5"),
        ("-7 // 2", "-4"),
        ("'x' if 2 > 1 else 'y'", "x"),
        ("'' and 1", ""),
    ],
)
def test_expressions_are_pythons(text, value):
    assert evaluate_expression(text) == value == str(eval(text))


@pytest.mark.parametrize("text, hint", [("sim == 'sim'", "bare word 'sim'"), ("open('x')", "Call"), ("1 +", "Syntax")])
def test_expressions_outside_the_subset_are_errors(text, hint):
    with pytest.raises(LaunchError, match=hint):
        evaluate_expression(text)


def test_include_passes_arguments_and_has_its_own_folder(run, tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    text = '<launch><arg name="x"/><log message="$(var x) $(dirname)"/><let name="y" value="9"/></launch>'
    (inner / "inner.launch.xml").write_text(text)
    body = """<include file="$(dirname)/inner/inner.launch.xml"><arg name="x" value="7"/></include>
    <log message="$(dirname) $(var y)"/>"""
    assert run(body) == [f"7 {inner}", f"{tmp_path} 9"]


def test_a_nodes_command_line_is_in_the_order_of_launch_ros(run, package):
    body = """<push-ros-namespace namespace="robot"/>
    <node pkg="demo" exec="talker" name="speaker" namespace="left" output="screen"
     args="--fast $(env X 'a b') x$(env Y z)">
      <param from="$(find-pkg-share demo)/gains.yaml"/>
      <param name="rate" value="12.5"/>
      <param name="name" value="12" type="str"/>
      <param name="pid"><param name="p" value="1e-05" type="float"/><param name="on" value="true"/></param>
      <param name="ids" value="1,2" value-sep="," type="list_of_int"/>
      <remap from="in" to="/out"/>
      <env name="Z" value="1"/>
    </node>"""
    (spec,) = run(body)
    talker = f"{package}/lib/demo/talker"
    share = f"{package}/share/demo/gains.yaml"
    assert spec.command == (
        *(talker, "--fast", "a b", "xz", "--ros-args", "-r", "__node:=speaker", "-r", "__ns:=/robot/left"),
        *("--params-file", share, "-p", "rate:=12.5", "-p", "name:='12'", "-p", "pid.p:=1.0e-05", "-p", "pid.on:=true"),
        *("-p", "ids:=[1, 2]", "-r", "in:=/out"),
    )
    assert (spec.name, spec.output, spec.environment["Z"]) == ("talker", "screen", "1")


def test_process_attributes(run):
    body = """<executable cmd="sleep $(var t)" name="nap" cwd="/" respawn="true" respawn_delay="0.5"
      on_exit="shutdown" launch-prefix="nice -n 5" sigterm_timeout="1"><env name="A" value="b"/></executable>"""
    (spec,) = run(body, t="3", sigkill_timeout="7")
    assert spec.command == ("nice", "-n", "5", "sleep", "3")
    assert (spec.name, spec.cwd, spec.respawn, spec.respawn_delay, spec.shutdown_on_exit) == (
        "nap",
        "/",
        True,
        0.5,
        True,
    )
    assert (spec.sigterm_timeout, spec.sigkill_timeout) == (1.0, 7.0)
    assert spec.environment["A"] == "b"


def test_parameter_files_may_hold_substitutions(run, package, tmp_path):
    (tmp_path / "p.yaml").write_text("/**: {ros__parameters: {seed: $(var seed)}}")
    body = '<node pkg="demo" exec="talker"><param from="$(dirname)/p.yaml" allow_substs="true"/></node>'
    (spec,) = run(body, seed="4")
    assert Path(spec.command[-1]).read_text() == "/**: {ros__parameters: {seed: 4}}"
    Path(spec.command[-1]).unlink()


@pytest.mark.parametrize(
    "body, message",
    [
        ("<nod/>", r"test.launch.xml:2: <nod>: Unrecognized tag inside <launch>; known here: arg, .*node"),
        ('<group>\n\n<timer period="1"/></group>', r"test.launch.xml:4: <timer>: Unrecognized tag inside <group>"),
        ('<log mesage="x"/>', r":2: <log>: Unexpected attribute\(s\) found: mesage; known: if, message, unless"),
        ("<log/>", r":2: <log>: attribute\(s\) missing: message"),
        ('<log message="$(vra x)"/>', r":2: <log>: attribute message: Unknown substitution: \$\(vra …\)"),
        ('<log message="$(var x)"/>', r":2: <log>: attribute message: launch configuration 'x' does not exist"),
        ('<log message="$(var x"/>', r":2: <log>: attribute message: malformed substitution"),
        ('<log message="x" if="maybe"/>', r":2: <log>: attribute if: condition expression 'maybe'"),
        ('<log message="x" if="1" unless="1"/>', r":2: <log>: if and unless"),
        ('<arg name="x"/>', r':2: <arg>: Required launch argument "x" \(description: "no .*"\) was not provided'),
        ('<arg name="x" default="c"><choice value="a"/></arg>', r":2: <arg>: .*\"c\" is not valid.*\['a'\]"),
        ('<node pkg="nowhere" exec="x"/>', r":2: <node>: .*package 'nowhere' not found"),
        ('<node pkg="demo" exec="x"/>', r":2: <node>: .*executable 'x' not found on the libexec directory"),
        ('<node pkg="demo" exec="talker"><param name="a"/></node>', r":2: <param>: either a value"),
        (
            '<node pkg="demo" exec="talker"><param name="a" value="x" type="int"/></node>',
            r"parameter a: invalid literal",
        ),
        ('<node pkg="demo" exec="talker"><param from="/no.yaml"/></node>', r"'/no.yaml' is not a file"),
        ('<executable cmd="x" output="tty"/>', r":2: <executable>: attribute output: tty is not a valid"),
        ('<executable cmd="x" respawn_delay="-1"/>', r"non-negative"),
        ('<include file="/no/such.launch.xml"/>', r":2: <include>: cannot read the launch file '/no/such.launch.xml'"),
        ('<include file="/dev/null.py"/>', r":2: <include>: cannot read"),
        ("<group>", r"test.launch.xml:3: not well-formed XML"),
    ],
)
def test_mistakes_are_named_with_their_line(run, package, body, message):
    with pytest.raises(LaunchError, match=message):
        run(body)


def test_words_of_the_command_line():
    assert parse_arguments(["a:=1", "b:=x:=y", "a:=2"]) == {"a": "2", "b": "x:=y"}
    for word in ("a", "a:=", ":=1", "a=1"):
        with pytest.raises(LaunchError, match="malformed launch argument"):
            parse_arguments([word])


def test_show_args(tmp_path, monkeypatch):
    (tmp_path / "more.launch.xml").write_text('<launch><arg name="d" default="$(env HOME)/x"/></launch>')
    file = tmp_path / "main.launch.xml"
    file.write_text(
        """<launch><arg name="a" default="1" description="The first"/>
        <arg name="b" if="1"><choice value="x"/></arg>
        <include file="$(env MORE)/more.launch.xml"/><include file="$(dirname)/main.launch.xml"/></launch>"""
    )
    monkeypatch.setenv("MORE", str(tmp_path))
    assert shown_arguments(file) == (
        "Arguments (pass arguments as '<name>:=<value>'):\n"
        "\n    'a':\n        The first\n        (default: '1')\n"
        "\n    'b':*\n        One of: ['x']\n"
        "\n    'd':\n        no description given\n        (default: EnvVar('HOME') + '/x')\n"
        "\n* argument(s) which are only used if specific conditions occur"
    )


def test_a_namespace_is_a_variable_and_an_empty_one_changes_nothing(package, run):
    body = """
      <push_ros_namespace namespace=""/>
      <log message="$(var ros_namespace)"/>
      <push_ros_namespace namespace="lab"/>
      <push_ros_namespace namespace=""/>
      <group><push_ros_namespace namespace="left"/><log message="$(var ros_namespace)"/></group>
      <log message="$(var ros_namespace)"/>
      <node pkg="demo" exec="talker"/>"""
    first, second, third, node = run(body)
    assert (first, second, third) == ("/", "/lab/left", "/lab")
    assert "__ns:=/lab" in node.command


def test_a_remapping_holds_for_the_nodes_that_follow_in_its_scope(package, run):
    body = """
      <node pkg="demo" exec="talker"/>
      <group>
        <set_remap from="/clock" to="clock"/>
        <node pkg="demo" exec="talker"><remap from="a" to="b"/></node>
      </group>
      <node pkg="demo" exec="talker"/>"""
    before, inside, after = run(body)
    assert "/clock:=clock" not in before.command and "/clock:=clock" not in after.command
    assert inside.command[-4:] == ("-r", "/clock:=clock", "-r", "a:=b")


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("respawn_max_retries", "3"), ("respawn_delay", "1.0"), ("sigterm_timeout", "2.0"), ("sigkill_timeout", "1.0")],
)
def test_attributes_that_the_real_launch_takes_as_they_stand_have_no_substitution(package, run, attribute, value):
    body = '<let name="n" value="{0}"/><node pkg="demo" exec="talker" {1}="{2}"/>'
    assert getattr(run(body.format(value, attribute, value))[0], attribute) == float(value)
    with pytest.raises(
        LaunchError, match=rf"attribute {attribute}: takes a plain value, no substitution: '\$\(var n\)'"
    ):
        run(body.format(value, attribute, "$(var n)"))


def test_respawn_may_be_a_variable(package, run):
    (spec,) = run('<let name="again" value="true"/><node pkg="demo" exec="talker" respawn="$(var again)"/>')
    assert spec.respawn is True
