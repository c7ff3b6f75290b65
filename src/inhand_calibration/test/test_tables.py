"""Hall tables: the two files, conversion without loss, agreement with the controller, refusal of malformed ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from hands import raw_of, shifted

import inhand_control
from inhand_calibration.joints.tables import controller_text, factory_text, load_tables
from inhand_control import calibrate, load_hand_tables
from inhand_core.config import ConfigError
from inhand_core.paths import config_file
from inhand_description import HALL_CHANNELS, JOINT_NAMES, hall_channel_joints, joint_ranges
from inhand_description.hall import HallTable, described_tables, joint_angles, joint_raw


def equal(a: tuple[HallTable, ...], b: tuple[HallTable, ...], tolerance: float) -> None:
    assert [t.joint for t in a] == [t.joint for t in b] == list(JOINT_NAMES)
    for one, other in zip(a, b, strict=True):
        np.testing.assert_array_equal(one.raw, other.raw)
        np.testing.assert_allclose(one.angle, other.angle, atol=tolerance)


def test_the_controllers_file_is_read() -> None:
    equal(load_tables(config_file("hand")), described_tables(), 0.0)


def test_both_files_come_back_as_they_were_written(tmp_path: Path) -> None:
    tables = shifted(3, 0.07)
    (tmp_path / "factory.yaml").write_text(factory_text(tables))
    (tmp_path / "hand.yaml").write_text(controller_text(tables))
    equal(load_tables(tmp_path / "factory.yaml"), tables, np.radians(1e-4))
    equal(load_tables(tmp_path / "hand.yaml"), tables, 1e-8)


def test_the_controller_loads_what_is_written_and_gives_the_same_angles(tmp_path: Path) -> None:
    tables = shifted(3, 0.07)
    (tmp_path / "hand.yaml").write_text(controller_text(tables))
    model = inhand_control.load_hand_tables(tmp_path / "hand.yaml")
    low, high = joint_ranges().T
    raw = raw_of(tables, np.random.default_rng(0).uniform(low - 0.2, high + 0.2, (100, 24)))
    raw += np.random.default_rng(1).uniform(-300.0, 300.0, raw.shape)  # beyond the tables' ends too
    ours = joint_angles(tables, raw)
    np.testing.assert_allclose(ours, inhand_control.calibrate(model, raw[:, hall_channel_joints()]), atol=1e-7)


def test_shadows_form_with_points_in_any_order(tmp_path: Path) -> None:
    tables = described_tables()
    listed = [
        [
            t.joint.removeprefix("rh_"),
            [[float(r), float(np.degrees(a))] for r, a in zip(t.raw, t.angle, strict=True)][::-1],
        ]
        for t in tables
    ]
    (tmp_path / "shadow.yaml").write_text(yaml.safe_dump({"sr_calibrations": listed}))
    equal(load_tables(tmp_path / "shadow.yaml"), tables, 1e-12)


def spoiled(change) -> str:
    content = yaml.safe_load(factory_text(described_tables()))
    change(content)
    return yaml.safe_dump(content)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.pop("FFJ3"), "missing joints.*rh_FFJ3"),
        (lambda c: c.update(FFJ9=[[0, 0], [1, 1], [2, 2]]), "unknown joints.*rh_FFJ9"),
        (lambda c: c.update(rh_FFJ3=c["FFJ3"]), "FFJ3: appears twice"),
        (lambda c: c.update(FFJ3=c["FFJ3"][:1]), "FFJ3: expected a list of 2 to 100"),
        (lambda c: c["FFJ3"][1].append(3), "FFJ3: expected a list of 2 to 100 .raw, degrees. pairs"),
        (lambda c: c.update(FFJ3="none"), "FFJ3: expected a list of 2 to 100 .raw, degrees. pairs"),
        (lambda c: c["FFJ3"].append([c["FFJ3"][0][0], 1000.0]), "FFJ3: raw value .* has several angles"),
        (
            lambda c: c["FFJ3"].__setitem__(2, [c["FFJ3"][2][0], 1000.0]),
            "FFJ3: angles .* with the raw value, but not from",
        ),
        (lambda c: c["FFJ3"].__setitem__(0, [5000.0, 0.0]), "FFJ3: raw values must be within 0 … 4095"),
        (lambda c: c["FFJ3"].__setitem__(0, [float("nan"), 0.0]), "FFJ3: a value is not finite"),
    ],
)
def test_malformed_factory_files_are_refused_by_name(tmp_path: Path, change, message: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(spoiled(change))
    with pytest.raises(ConfigError, match=f"bad.yaml: .*{message}"):
        load_tables(path)


def test_a_controllers_file_without_angles_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hand.yaml"
    path.write_text(controller_text(described_tables()).replace("angle:", "angles:", 1))
    with pytest.raises(ConfigError, match=r"hand.yaml: hand.calibration.rh_WRJ2: unknown \['angles'\]; known"):
        load_tables(path)


def test_hats_are_the_derivative_of_the_angles() -> None:
    table = described_tables()[7]
    raw = np.linspace(table.raw[0] - 200.0, table.raw[-1] + 200.0, 50)
    for point in range(len(table.raw)):
        step = np.zeros(len(table.raw))
        step[point] = 1e-6
        moved = HallTable(table.joint, table.raw, table.angle + step)
        np.testing.assert_allclose((moved.angles(raw) - table.angles(raw)) / 1e-6, table.hats(raw)[:, point], atol=1e-6)


def test_the_controllers_curves_are_the_same() -> None:
    """The controller in C++ and calibration in Python read one table alike, beyond its ends as well."""
    hall = np.random.default_rng(0).uniform(0.0, 4095.0, (50, len(HALL_CHANNELS)))
    expected = joint_angles(described_tables(), joint_raw(hall))
    np.testing.assert_allclose(calibrate(load_hand_tables(config_file("hand")), hall), expected, atol=1e-6)
