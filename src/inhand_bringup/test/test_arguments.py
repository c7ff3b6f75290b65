"""Arguments of the launch files: what is right passes, what is wrong is one line that says what would be valid."""

import shutil
import subprocess

import pytest

from inhand_bringup.arguments import CHECKS, ArgumentError, check_arguments, described, launch_file, read_arguments
from inhand_bringup.completion import options, script
from inhand_bringup.registry import commands

SIM, ROBOT = launch_file("sim.launch.xml"), launch_file("robot.launch.xml")
WRONG = [
    ("duraton:=10", "unknown argument 'duraton', did you mean 'duration'?"),
    ("objekt:=block", "did you mean 'object'?"),
    ("frobnicate:=1", "unknown argument 'frobnicate'; known ["),
    ("duration=10", "'duration=10' is no argument: give NAME:=VALUE"),
    ("duration:=-5", "duration: must be >= 0 s, is -5"),
    ("duration:=ten", "duration: expected a number s, found 'ten'"),
    ("duration:=0,5", "duration: expected a number s, found '0,5'"),
    ("duration:=nan", "duration: must be >= 0 s, is nan"),
    ("duration:=", "duration: no value is given"),
    ("speed:=-1", "speed: must be >= 0"),
    ("patience:=0", "patience: must be > 0 s"),
    ("emulate:=camera", "emulate: unknown device 'camera', did you mean 'cameras'?"),
    ("emulate:=phasespace,glove", "emulate: unknown device 'glove'; known ['phasespace', 'hand', 'cameras']"),
    ("weights:=nosuch", "weights: no file 'nosuch'"),
    ("weights:=weights/blok.safetensors", "did you mean 'block.safetensors'?"),
    ("randomization:=everything", "randomization: unknown randomization ['everything']; known ['all', 'none'"),
    ("object:=ball", "object: 'ball' is neither one of ['block', 'cup', 'prism', 'sphere'] nor a file"),
    ("hand:=fake", "hand: 'fake' is not one of ['sim', 'real', 'off']"),
    ("renderer:=ogre", "renderer: 'ogre' is not one of ['classic', 'filament']"),
    ("console:=maybe", "console: 'maybe' is not one of"),
    ("seed:=abc", "seed: expected a whole number, found 'abc'"),
    ("seed:=-1", "seed: must be in [0, 2.14748e+09], is -1"),
    ("port:=70000", "port: must be in [1, 65535], is 70000"),
    ("task:=hard", "task: unknown task ['hard']"),
    ("goal_timeout:=0", "goal_timeout: must be > 0 s"),
    ("phasespace_server:=host:99999", "phasespace_server: must be in [1, 65535]"),
    ("camera_calibration:=/nowhere", "camera_calibration: no folder '/nowhere'"),
]


@pytest.mark.parametrize(("word", "message"), WRONG, ids=[word for word, _ in WRONG])
def test_a_wrong_argument_is_one_line(word, message):
    with pytest.raises(ArgumentError) as error:
        check_arguments([word], SIM)
    assert message in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "words",
    [
        ["duration:=30", "console:=false", "object:=prism", "randomization:=physics,unmodeled"],
        ["emulate:=", "bag:=", "speed:=0", "duration:=0.5", "seed:=3"],
        ["weights:=weights/block.safetensors", "phasespace_server:=10.0.0.2:30000", "task:=as_before"],
        ["object:=config/objects/cup.yaml", "emulate:=phasespace,hand,cameras", "goals:=face_up"],
    ],
)
def test_what_is_right_passes(words, monkeypatch):
    monkeypatch.chdir(SIM.parents[1])
    assert set(check_arguments(words, SIM)) == {word.partition(":=")[0] for word in words}


def test_a_bag_that_exists_is_refused_where_a_run_is_recorded(tmp_path):
    with pytest.raises(ArgumentError, match="bag: .*exists"):
        check_arguments([f"bag:={tmp_path}", "record:=true"], SIM)
    with pytest.raises(ArgumentError, match="bag: .*exists"):
        check_arguments([f"bag:={tmp_path}"], ROBOT)  # which records by itself
    check_arguments([f"bag:={tmp_path}"], SIM)


def test_defaults_are_right_and_checks_are_for_arguments_that_exist():
    known = {path.name: read_arguments(path) for path in SIM.parent.glob("*.launch.xml")}
    for path in (SIM, ROBOT, launch_file("calibration.launch.xml")):
        given = [f"{a.name}:={a.default}" for a in read_arguments(path).values() if a.default and "$(" not in a.default]
        check_arguments(given, path)
    assert not set(CHECKS) - {name for arguments in known.values() for name in arguments}


def test_the_help_names_every_argument_with_its_values():
    text = described(SIM)
    assert all(f"  {name}:=" in text for name in read_arguments(SIM))
    assert "renderer:=classic | filament  [classic]" in text


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (("inhand", "eval"), {"evaluate"}),
        (("inhand", "sim", "dur"), {"duration:="}),
        (("inhand", "evaluate", "pol"), {"policy"}),
        (("inhand", "evaluate", "policy", "--tri"), {"--trials"}),
        (("inhand", "bag", "check", "bag", "--ga"), {"--gap-factor"}),
    ],
)
def test_a_shell_completes_commands_options_and_arguments(shell, typed, offered):
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} on this machine")
    known = commands()
    if not {"evaluate", "bag", "sim"} <= {command.words[0] for command in known}:
        pytest.skip("the packages are not installed")
    text = script(known)
    if shell == "zsh":  # what bashcompinit gives: arrays from 0 while the function runs
        text = (
            "autoload -U +X compinit bashcompinit; compinit -u; bashcompinit\nsetopt ksh_arrays sh_word_split\n" + text
        )
    words = " ".join(f"'{word}'" for word in typed)
    text += f"COMP_WORDS=({words}); COMP_CWORD={len(typed) - 1}; _inhand; printf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
    done = subprocess.run([shell, "-c", text], capture_output=True, text=True, timeout=60)
    assert offered <= set(done.stdout.split()), done.stdout + done.stderr


def test_options_are_read_without_importing():
    (check,) = [c for c in commands() if c.words == ("bag", "check")] or [None]
    if check is None:
        pytest.skip("the packages are not installed")
    assert set(options(check)) == {"--topics", "--gap-factor", "--max-offset", "--min-rate", "--json"}
