"""The doctor's findings follow what is on the machine."""

import resource
from collections import namedtuple

import pytest

from inhand_bringup import doctor

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize("free, level", [(10, "warning"), (900, "ok")])
def test_little_shared_memory_is_a_warning(monkeypatch, free, level):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: Usage(1, 1, free * 2**20))
    assert [finding.level for finding in doctor.shared_memory()] == [level]


@pytest.mark.parametrize("limit, level", [(0, "warning"), (98, "ok"), (resource.RLIM_INFINITY, "ok")])
def test_missing_rights_are_warnings(monkeypatch, limit, level):
    monkeypatch.setattr(doctor.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(doctor.resource, "getrlimit", lambda which: (limit, limit))
    assert next(doctor.real_time()).level == level


def test_a_missing_library_is_an_error_and_names_the_remedy(monkeypatch):
    monkeypatch.setattr(doctor, "LIBRARIES", ("no-such-library",))
    (finding,) = doctor.libraries()
    assert finding.level == "error" and "no-such-library" in finding.what and "make build" in finding.remedy


@pytest.mark.parametrize(
    "levels, code, last",
    [(("ok", "ok"), 0, "ok"), (("warning", "ok"), 0, "warning"), (("error", "warning"), 1, "error")],
)
def test_the_exit_code_follows_the_worst_finding(monkeypatch, capsys, levels, code, last):
    findings = [doctor.Finding(level, "a check") for level in levels]
    for name in ("python_and_ros", "libraries", "rendering", "real_time"):
        monkeypatch.setattr(doctor, name, lambda: iter(()))
    monkeypatch.setattr(doctor, "shared_memory", lambda: iter(findings))
    assert doctor.doctor(talk=False) == code
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"{last}:")
