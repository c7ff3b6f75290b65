"""Every command in the documents would work: checked against the workspace, and the quick ones run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.commands import ROOT, Documented, WrongCommand, check, documents, find
from support.small import SMALL

COMMANDS = [command for path in documents() for command in find(path)]
MARKS = {"", "hardware", "elsewhere"}
# Run as they stand in the documents, in a folder of the test's own: quick, and harmless wherever they run.
QUICK = (
    "inhand description show",
    "inhand policy show weights/block.safetensors",
    "inhand security init --keystore security",
    "ros2 launch inhand_bringup sim.launch.xml --show-args",
    "make help",
)
# Beginnings of commands that another test runs, with other values at most, and where.
RUN_BY = {
    **dict.fromkeys(SMALL, "tests/docs/test_small.py"),
    "inhand bag check": "src/inhand_data/test/test_bag_check.py",
    "inhand bag repair": "src/inhand_data/test/test_repair.py",
    "inhand bench faults": "tests/launch/test_fault_campaign.py",
    "inhand bench network": "tests/network/test_bench.py",
    "inhand calibrate ": "src/inhand_calibration/test",
    "inhand completion": "src/inhand_bringup/test/test_arguments.py",
    "inhand dataset export": "src/inhand_vision/test/test_lerobot.py",
    "inhand dataset from-bag": "src/inhand_vision/test/test_convert.py",
    "inhand description decompose": "src/inhand_description/test/test_objects.py",
    "inhand description write": "src/inhand_description/test/test_generated.py",
    "inhand emulate hand": "tests/launch/test_hand_driver.py",
    "inhand emulate phasespace": "tests/launch/test_phasespace.py",
    "inhand evaluate graph": "tests/launch/test_evaluate_graph.py",
    "inhand evaluate vision": "src/inhand_eval/test/test_vision.py",
    "inhand evaluate": "src/inhand_eval/test/test_trials.py",
    "inhand fuzz": "src/inhand_drivers/test/test_fuzz.py",
    "inhand policy export": "src/inhand_policy/test/test_onnx.py",
    "inhand security check": "tests/network/test_security.py",
    "inhand sim": "tests/docs/test_session.py",
    "inhand study": "src/inhand_eval/test/test_studies.py",
    "inhand train": "src/inhand_training/test",
    "inhand train networks": "src/inhand_eval/test/test_network_files.py",
    "export PYTHONPATH=$PWD/examples": "src/inhand_eval/test/test_worked_examples.py",
    "inhand view bag": "src/inhand_eval/test/test_view.py",
    "inhand view page": "tests/console/test_replay_bag.py",
    "make build": ".ci/run",
    "make docs": "tests/docs/test_site.py",
    "make fuzz": "src/inhand_drivers/test/test_fuzz.py",
    "make lint": ".ci/run",
    "make sim": "tests/docs/test_session.py",
    "make test": ".ci/run",
    "python3 examples/gym_ppo.py": "src/inhand_gym/test/test_example.py",
    "python3 examples/own_policy.py": "tests/launch/test_own_policy.py",
    "ros2 bag": "tests/docs/test_session.py",
    "ros2 launch inhand_bringup calibration.launch.xml": "tests/launch/test_calibration_launch.py",
    "ros2 launch inhand_bringup sim.launch.xml": "tests/launch/test_sim_launch.py",
    "ros2 param": "underlay/test/test_graph_commands.py",
    "ros2 run inhand_console console_node": "tests/console/test_console_nodes.py",
    "ros2 service": "tests/docs/test_session.py",
    "ros2 topic": "tests/docs/test_session.py",
}
# Beginnings of commands that no test runs, and why not. That they and their options exist is tested all the same.
NOT_RUN = {
    "colcon build": "`make build` runs it",
    "rviz2": "needs RViz",
    "source ": "the shell that runs the tests did it",
    "tensorboard": "somebody else's program",
}
NAMES = ("inhand bench",)  # of a group of commands, spoken of without one of them
# Beginnings of commands that take long however small, and where their page says so; only their arguments are tested.
LONG = {
    "inhand bench learning": ("docs/notebook.md", "--minutes 90"),
    "inhand bench page": ("docs/page.md", "takes minutes"),
}


def test_the_documents_have_commands() -> None:
    assert len(COMMANDS) > 40
    assert {"README.md", "docs/deploy.md", "CONTRIBUTING.md"} <= {c.place.partition(":")[0] for c in COMMANDS}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: f"{c.place} {c.text}"[:90])
def test_a_documented_command_exists(command: Documented) -> None:
    assert command.mark in MARKS, f"{command.place}: unknown mark {command.mark!r}; known {sorted(MARKS)}"
    check(command.text)
    run = [name for name in (*RUN_BY, *NOT_RUN, *LONG) if command.text.startswith(name)]
    exempt = command.mark or command.text in (*QUICK, *NAMES)
    assert exempt or run, f"{command.place}: which test runs it? {command.text}"


def test_the_tests_that_run_commands_are_there() -> None:
    assert not [path for path in RUN_BY.values() if not (ROOT / path).exists()]


def test_a_long_command_is_announced_by_its_page() -> None:
    assert not [name for name, (page, words) in LONG.items() if words not in (ROOT / page).read_text()]


@pytest.mark.parametrize(
    "wrong",
    [
        "make simm",
        'make sim ARGS="durration:=30"',
        'make sim ARGS="policy:=maybe"',
        "inhand trane policy",
        "inhand train policy --confi config/training/block.yaml",
        "inhand evaluate policy --profile sphere",
        "ros2 launch inhand_bringup nothing.launch.xml",
        "ros2 launch inhand_bringup robot.launch.xml host:=nowhere",
        "ros2 topic ecko /goal",
        "source nothing.bash",
        "cd x && make simm",
        "frobnicate",
        "pytest tests/nothing",
    ],
)
def test_a_wrong_command_is_found(wrong: str) -> None:
    with pytest.raises(WrongCommand):
        check(wrong)


@pytest.mark.parametrize("text", QUICK)
def test_a_quick_command_runs(text: str, tmp_path: Path) -> None:
    assert any(text == command.text for command in COMMANDS), f"no document has {text!r} any more"
    for name in ("Makefile", "config", "weights"):
        (tmp_path / name).symlink_to(ROOT / name)
    done = subprocess.run(text, shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip()
