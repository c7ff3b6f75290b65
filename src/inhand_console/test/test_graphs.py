"""Plots, joint errors, choices: what is shown and chosen beside the scene."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from inhand_console.graphs import JointErrors
from inhand_console.plots import hues
from inhand_console.weights_files import policies
from inhand_core.paths import resource_root
from inhand_core.signals import HandAction, JointStates
from inhand_description import actuator_ranges


def joints(value: float) -> JointStates:
    return JointStates(np.full((1, 24), value), np.zeros((1, 24)), np.zeros((1, 24)))


def action(value: float) -> HandAction:
    return HandAction(np.full((1, 20), value), np.full((1, 20), -1), np.array([1]))


def test_the_error_is_half_the_range_at_a_full_action_and_shrinks_as_the_joint_follows() -> None:
    errors = JointErrors()
    assert errors.update(joints(0.0), None) is None
    full = action(1.0)
    first = errors.update(joints(0.0), full)
    low, high = actuator_ranges().T
    expected = np.minimum(0.5 * (high - low), high)
    np.testing.assert_allclose(first, expected, atol=1e-6)
    later = errors.update(joints(0.1), full)
    assert ((first - later) > 0.09).all()
    again = errors.update(joints(0.1), action(0.0))
    np.testing.assert_allclose(again, np.clip(again, -0.11, 0.0), atol=1e-9)


def test_curves_have_colours_that_differ() -> None:
    assert len(set(hues(24))) == 24


def test_only_policies_can_be_chosen(tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()

    def write(name: str, header: bytes) -> None:
        (folder / name).write_bytes(struct.pack("<Q", len(header)) + header)

    write("good.safetensors", json.dumps({"__metadata__": {"inhand_policy": "{}"}}).encode())
    write("sight.safetensors", json.dumps({"__metadata__": {"inhand_vision": "{}"}}).encode())
    write("list.safetensors", b"[]")
    (folder / "short.safetensors").write_bytes(b"abc")
    (folder / "long.safetensors").write_bytes(struct.pack("<Q", 2**60))
    (folder / "note.txt").write_text("none")
    assert policies(tmp_path) == ("weights/good.safetensors",)


def test_the_shipped_policy_can_be_chosen() -> None:
    assert "weights/block.safetensors" in policies(resource_root())


@pytest.mark.parametrize("count", [1, 3])
def test_as_many_colours_as_curves(count: int) -> None:
    assert len(hues(count)) == count
