"""A bag of known signals in Rerun: what is logged, read again from the file; without rerun, a line that says so."""

import builtins
from pathlib import Path

import pytest
from test_lerobot import make

from inhand_data.bags import BagError
from inhand_description import ACTUATOR_NAMES, JOINT_NAMES
from inhand_eval import view_commands

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    return make(tmp_path_factory.mktemp("view") / "bag")


def test_the_version_is_the_one_that_is_installed_for_tests():
    assert f"{view_commands.RERUN}  #" in (ROOT / "requirements-dev.txt").read_text()


def test_without_rerun_the_command_says_what_to_install(recorded, monkeypatch):
    def no_rerun(name, *rest, **more):
        if name == "rerun":
            raise ImportError("No module named 'rerun'")
        return real(name, *rest, **more)

    real = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", no_rerun)
    with pytest.raises(RuntimeError, match=rf"needs rerun-sdk .*pip install {view_commands.RERUN}"):
        view_commands.bag(recorded)


def test_a_bag_becomes_a_recording_with_everything_in_it(recorded, tmp_path, capsys):
    pytest.importorskip("rerun", reason=f"pip install {view_commands.RERUN}")
    out = tmp_path / "bag.rrd"
    view_commands.bag(recorded, out)
    said = capsys.readouterr().out
    assert "40 of /camera_top/image_raw" not in said and "2 of /goal" in said and "4 of /trial" in said
    from rerun.chunk import RrdReader

    rows: dict[str, int] = {}
    for chunk in RrdReader(out).stream():
        rows[chunk.entity_path] = rows.get(chunk.entity_path, 0) + chunk.num_rows
    wanted = {"/world/hand_base/object", "/world/hand_base/goal", "/world/hand_base/fingertips", "/world/rh_palm/mesh"}
    wanted |= {f"/cameras/camera_{name}" for name in ("top", "left", "right")} | {"/log/trial"}
    wanted |= {f"/curves/joints/{name}" for name in JOINT_NAMES}
    wanted |= {f"/curves/actions/{name}" for name in ACTUATOR_NAMES}
    assert not wanted - set(rows)
    actions, joints = rows[f"/curves/actions/{ACTUATOR_NAMES[0]}"], rows[f"/curves/joints/{JOINT_NAMES[0]}"]
    assert (rows["/world/hand_base/goal"], rows["/log/trial"]) == (2, 4)
    assert (actions, f"{actions} of /policy/action" in said) == (17, True)
    assert 30 <= joints <= 35 and f"{joints} of /joint_states" in said  # 25 a second of 200, for 1.3 s
    assert 12 <= rows["/cameras/camera_left"] <= 15  # 10 a second of 30


def test_what_cannot_be_shown_is_refused(recorded, tmp_path):
    pytest.importorskip("rerun", reason=f"pip install {view_commands.RERUN}")
    with pytest.raises(ValueError, match=r"ends in \.rrd"):
        view_commands.bag(recorded, tmp_path / "bag.mp4")
    with pytest.raises(BagError, match="no such bag"):
        view_commands.bag(tmp_path / "none", tmp_path / "bag.rrd")
