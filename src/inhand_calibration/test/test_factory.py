"""Files with the structure of the factory's: all are read, or refused by the joint's name; what is changed is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from inhand_calibration.commands import tables
from inhand_calibration.joints.tables import load_tables
from inhand_core.config import ConfigError
from inhand_description import JOINT_INDEX, joint_ranges
from inhand_description.hall import described_tables

THUMB = ("rh_THJ1", "rh_THJ2")


def content(seed: int = 0, grid: tuple[int, int] = (5, 5), points: int = 5) -> dict:
    """A made-up hand: 22 joints of their own, and the thumb's two last joints, whose sensors see each other."""
    rng = np.random.default_rng(seed)
    single = []
    for table in described_tables():
        if table.joint not in THUMB:
            step = (table.raw[-1] - table.raw[0]) / points
            raw = table.raw[0] + step * (np.arange(points) + rng.uniform(0.1, 0.9, points))
            pairs = [[round(float(r), 1), round(float(a), 2)] for r, a in zip(raw, np.degrees(table.angles(raw)))]
            single.append([table.joint.removeprefix("rh_"), [pairs[i] for i in rng.permutation(points)]])
    low, high = np.degrees(joint_ranges()[[JOINT_INDEX[name] for name in THUMB]]).T
    first, second = (np.linspace(low[i], high[i], grid[i]) for i in range(2))
    rows = []
    for a in first:
        for b in second:
            share = (a - low[0]) / (high[0] - low[0]), (b - low[1]) / (high[1] - low[1])
            raw = [1000 + 2000 * share[0] + 100 * share[1], 1100 + 1800 * share[1] - 80 * share[0]]
            rows.append([[round(float(r + rng.normal(0, 2)), 1) for r in raw], round(float(a), 1), round(float(b), 1)])
    return {"sr_calibrations": single, "sr_calibrations_coupled": [[[name[3:] for name in THUMB], rows]]}


def load(folder: Path, made: dict) -> tuple[tuple, list[str]]:
    """The tables of a file, and what was said."""
    (folder / "calibration.yaml").write_text(yaml.safe_dump(made))
    notes: list[str] = []
    return load_tables(folder / "calibration.yaml", notes), notes


@pytest.mark.parametrize("grid", [(5, 5), (6, 5), (5, 6)])
@pytest.mark.parametrize("seed", range(5))
def test_a_coupled_thumb_gets_two_tables_and_a_word_of_what_that_costs(tmp_path, seed, grid):
    found, notes = load(tmp_path, content(seed, grid))
    assert [table.joint for table in found] == [table.joint for table in described_tables()]
    assert len(notes) == 2 and all(f"{grid[0] * grid[1]} points that are coupled" in note for note in notes)
    for at, name in enumerate(THUMB):
        table, (low, high) = found[JOINT_INDEX[name]], joint_ranges()[JOINT_INDEX[name]]
        middle = table.angles(np.array([2050.0, 1960.0])[[at]])[0]
        assert middle == pytest.approx((low + high) / 2, abs=np.radians(5.0))


def changed(joint: str, change) -> dict:
    """A file with one joint's pairs changed."""
    made = content()
    row = next(row for row in made["sr_calibrations"] if row[0] == joint)
    row[1] = sorted(row[1])
    row[1] = change(row[1])
    return made


def test_flat_spots_repeats_two_points_and_many_points_are_brought_to_a_table(tmp_path):
    flat = changed("FFJ3", lambda pairs: [*pairs[:-1], [pairs[-1][0] + 50, pairs[-2][1]]])
    found, notes = load(tmp_path, flat)
    assert any("FFJ3: 1 flat spots" in note for note in notes)
    assert len(set(np.sign(np.diff(found[JOINT_INDEX["rh_FFJ3"]].angle)))) == 1

    repeated = changed("FFJ3", lambda pairs: [*pairs, [pairs[1][0], pairs[1][1] + 0.2]])
    found, notes = load(tmp_path, repeated)
    assert any("FFJ3: 1 pairs repeat" in note for note in notes) and len(found[JOINT_INDEX["rh_FFJ3"]].raw) == 5

    found, notes = load(tmp_path, changed("FFJ3", lambda pairs: [pairs[0], pairs[-1]]))
    assert any("FFJ3: two points" in note for note in notes) and len(found[JOINT_INDEX["rh_FFJ3"]].raw) == 3

    many = content(points=30)
    found, notes = load(tmp_path, many)
    assert sum("30 points thinned to 9" in note for note in notes) == 22
    for given, table in zip(described_tables(), found, strict=True):
        if table.joint not in THUMB:
            inside = np.linspace(table.raw[0], table.raw[-1], 50)
            np.testing.assert_allclose(table.angles(inside), given.angles(inside), atol=np.radians(2.0))


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (changed("FFJ3", lambda p: [*p[:2], [18589.0, p[2][1]], *p[3:]]), "FFJ3: raw values must be within .*18589"),
        (changed("FFJ3", lambda p: [*p, [p[1][0], p[1][1] + 20]]), "FFJ3: raw value .* has several angles"),
        (
            changed("FFJ3", lambda p: [p[0], [p[1][0], p[3][1]], [p[2][0], p[1][1]], *p[3:]]),
            "FFJ3: angles .* but not from",
        ),
        (changed("FFJ3", lambda p: [p[0]]), "FFJ3: expected a list of 2 to 100"),
        (changed("FFJ3", lambda p: [[r, 5.0] for r, _ in p]), "FFJ3: all angles are 5"),
        (changed("FFJ3", lambda p: "soon"), "FFJ3: expected a list"),
        (changed("FFJ3", lambda p: [*p, [float("nan"), 1.0]]), "FFJ3: a value is not finite"),
        ({**content(), "sr_more": []}, "unknown sections .'sr_more'."),
        ({**content(), "sr_calibrations": {"a": 1}}, "sr_calibrations: expected a list of .joint, pairs."),
        ({**content(), "sr_calibrations_coupled": [[["THJ1"], []]]}, "expected two joints"),
        ({**content(), "sr_calibrations_coupled": [[["THJ1", "THJ2"], [[1, 2, 3]]]]}, "THJ1 and THJ2: expected 4 to"),
        ({**content(), "sr_calibrations_coupled": []}, "missing joints .*THJ2"),
        ({**content(), "sr_calibrations_coupled": content()["sr_calibrations_coupled"] * 2}, "THJ1: appears twice"),
    ],
)
def test_what_cannot_be_a_table_is_refused_by_name_in_few_words(tmp_path, made, words):
    with pytest.raises(ConfigError, match=f"calibration.yaml: .*{words}") as error:
        load(tmp_path, made)
    assert len(str(error.value)) < 600


def test_the_command_converts_a_factory_file_and_tells(tmp_path, capsys):
    (tmp_path / "calibration.yaml").write_text(yaml.safe_dump(content()))
    tables(tmp_path / "calibration.yaml", tmp_path / "hand.yaml")
    assert "note: THJ1: one table in place of 25 points" in capsys.readouterr().out
    assert len(load_tables(tmp_path / "hand.yaml")) == 24
