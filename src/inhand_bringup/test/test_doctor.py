"""The doctor's findings follow what is on the machine."""

from __future__ import annotations

import json
import sys
from collections import namedtuple
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from inhand_bringup import doctor as program
from inhand_bringup.doctor import dds, graph, load, machine, software
from inhand_bringup.doctor.finding import Answer, Finding, ask

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize("free, level", [(10, "warning"), (900, "ok")])
def test_little_shared_memory_is_a_warning(monkeypatch, free, level):
    monkeypatch.setattr(dds.shutil, "disk_usage", lambda folder: Usage(1, 1, free * 2**20))
    assert [finding.level for finding in dds.shared_memory()] == [level]


@pytest.mark.parametrize(
    "setting, level, words",
    [
        ("LOCALHOST", "ok", "on this machine alone"),
        ("SUBNET", "ok", "not loopback only"),
        ("OFF", "error", "no node finds another"),
        ("LOCALHORST", "error", "is none of"),
    ],
)
def test_the_discovery_range_is_said_in_words(monkeypatch, setting, level, words):
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", setting)
    finding, *_ = dds.discovery_range()
    assert finding.level == level and words in finding.what


@pytest.mark.parametrize(
    "variables, level, words",
    [
        ({dds.RANGE: "LOCALHOST", dds.PROFILES[0]: "/x/config/dds/loopback.xml"}, "ok", "nobody outside"),
        ({dds.RANGE: "LOCALHOST"}, "warning", "names it as a peer"),
        ({dds.RANGE: "LOCALHOST", dds.PEERS: "10.0.0.2"}, "warning", "names it as a peer"),
        ({dds.RANGE: "SUBNET"}, "warning", "names it as a peer"),
        ({dds.RANGE: "LOCALHOST", dds.PEERS: "a", dds.PROFILES[0]: "/x/loopback.xml"}, "warning", "opens it"),
        ({dds.RANGE: "SUBNET", "ROS_SECURITY_ENABLE": "true"}, "ok", "who has a key"),
    ],
)
def test_who_is_let_in_is_no_matter_of_the_discovery_range_alone(monkeypatch, variables, level, words):
    for name in (dds.RANGE, dds.PEERS, "ROS_SECURITY_ENABLE", *dds.PROFILES):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (finding,) = dds.doors()
    assert (finding.level, words in finding.what) == (level, True), finding


@pytest.mark.parametrize(
    "here, elsewhere, owned, levels",
    [
        ([], [], {}, ["ok"]),
        (["/rviz"], [], {"/clock": []}, ["ok"]),
        (["/sim"], ["/evil"], {"/clock": ["/sim"]}, ["warning", "ok"]),
        (["/controller"], [], {"/hand/motor_commands": ["/controller", "/controller"]}, ["error", "ok"]),
    ],
)
def test_foreign_nodes_and_second_graphs_are_named(here, elsewhere, owned, levels):
    found = list(graph.judge(here, elsewhere, owned, "7"))
    assert [finding.level for finding in found] == levels
    for name in (*here, *elsewhere):
        assert any(name in finding.what for finding in found)


def test_a_stop_that_nobody_cleared_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("ROS_DOMAIN_ID", "7")
    folder = tmp_path / "domain_7"
    folder.mkdir()
    (folder / "controller.latch").write_text("stopped\n2026-11-30T10:00:00Z\nx\n")
    (folder / "left.controller.latch").write_text("clear\n2026-11-30T10:00:00Z\nx\n")
    (finding,) = graph.stops(tmp_path)
    assert finding.level == "warning" and "/controller was stopped at 2026-11-30T10:00:00Z" in finding.what
    assert "controller/clear" in finding.remedy


def test_a_missing_library_is_an_error_and_names_the_remedy(monkeypatch):
    monkeypatch.setattr(software, "LIBRARIES", ("no-such-library",))
    (finding,) = software.libraries()
    assert finding.level == "error" and "no-such-library" in finding.what and "make build" in finding.remedy
    monkeypatch.setenv("INHAND_WITHOUT", "torch No-such-library")
    assert list(software.libraries()) == []


def test_a_library_without_metadata_is_there_when_it_imports(monkeypatch):
    """As OpenCV from Debian is."""
    there = SimpleNamespace(__version__="4.6.0")
    monkeypatch.setitem(sys.modules, "cv2", there)
    monkeypatch.setattr(software, "LIBRARIES", ("opencv-python-headless",))
    monkeypatch.setattr(software.importlib.metadata, "version", missing)
    (finding,) = software.libraries()
    assert (finding.level, finding.what) == ("ok", "opencv-python-headless 4.6.0")


def missing(name: str) -> str:
    raise software.importlib.metadata.PackageNotFoundError(name)


@pytest.mark.parametrize("state, level", [(0, "ok"), (5, "warning"), (-1, "ok")])
def test_a_clock_that_is_not_synchronised_is_a_warning(monkeypatch, state, level):
    monkeypatch.setattr(machine.ctypes, "CDLL", lambda *_, **__: namedtuple("C", "adjtimex")(lambda _: state))
    assert list(machine.clock())[-1].level == level


@pytest.mark.parametrize(
    "cores, waiting, used, level",
    [
        (4, 0.5, {"sim_node": 0.3}, "ok"),
        (2, 18.4, {}, "warning"),
        (2, 0.1, {"train.py": 1.6}, "warning"),
        (1, 0.1, {}, "warning"),
    ],
)
def test_a_busy_machine_is_a_warning_that_names_who_is_busy(cores, waiting, used, level):
    finding = load.judge_load(cores, waiting, used)
    assert finding.level == level and f"{cores} cores, load {waiting}" in finding.what
    assert all(name in finding.what for name in used)


@pytest.mark.parametrize(
    "status, level, words",
    [
        ([0.999, 1.0, False, True], "ok", "at 1.00 of real time"),
        ([0.55, 1.0, False, True], "warning", "0.55 of real time, 1 asked for"),
        ([0.5, 0.5, False, True], "ok", "0.5 asked for"),
        ([0.3, 0.0, False, True], "ok", "as fast as it can"),
        ([0.0, 1.0, True, True], "ok", "paused"),
        (None, "warning", "not heard"),
    ],
)
def test_a_simulation_slower_than_asked_is_a_warning(status, level, words):
    finding = load.judge_simulation(status)
    assert finding.level == level and words in finding.what


def test_a_slow_disk_is_a_warning_with_its_speed(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "write_speed", lambda folder: 12.3)
    (finding,) = machine.disk(tmp_path)
    assert finding.level == "warning" and "12 MiB/s" in finding.what


def test_a_gpu_that_torch_cannot_use_is_a_warning(monkeypatch):
    monkeypatch.setattr(machine.shutil, "which", lambda name: name)
    listed = namedtuple("Done", "returncode stdout")(0, "GPU 0: NVIDIA X (UUID: 1)\n")
    monkeypatch.setattr(machine.subprocess, "run", lambda *_, **__: listed)
    monkeypatch.setattr(machine, "ask", lambda script: Answer(True, "False None 0"))
    (finding,) = machine.gpu()
    assert finding.level == "warning" and finding.what.startswith("GPU 0: NVIDIA X, but")


def test_what_crashes_or_complains_is_an_answer_too():
    assert ask("print(6 * 7)") == Answer(True, "42")
    assert ask("raise ValueError('why')").complaint == "ValueError: why"
    assert not ask("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)").done


@pytest.fixture
def two_checks(monkeypatch) -> None:
    def one() -> Iterator[Finding]:
        yield Finding("ok", "well")

    def other() -> Iterator[Finding]:
        yield Finding("error", "ill [sic]", "rest")

    monkeypatch.setattr(program, "all_checks", lambda folder: {"one": one, "other": other})


def test_the_exit_code_follows_the_worst_finding(two_checks, capsys):
    assert program.doctor() == 1
    shown = capsys.readouterr().out
    assert "ill [sic]" in shown and shown.splitlines()[-1].startswith("error:")
    assert program.doctor(only=("one",)) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "ok: everything is in place"


def test_json_says_the_same(two_checks, capsys):
    assert program.doctor(json=True) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["worst"] == "error"
    assert found["findings"][1] == {"check": "other", "level": "error", "what": "ill [sic]", "remedy": "rest"}


def test_an_unknown_check_is_refused_by_name(two_checks):
    with pytest.raises(ValueError, match="unknown checks .'third'.; known .'one', 'other'."):
        program.doctor(only=("third",))


def test_a_check_that_cannot_be_made_is_a_finding():
    def broken() -> Iterator[Finding]:
        raise PermissionError("not yours")
        yield

    (finding,) = program.guarded(broken)
    assert finding.level == "warning" and "not yours" in finding.what
