"""The golden trace in Python: the bound controller gives its bits, the plain reference its numbers."""

import golden
import hand
import numpy as np
import pytest
from reference import Reference


def _lines() -> list[list[str]]:
    return [line.split(",") for line in golden.PATH.read_text().splitlines()]


@pytest.fixture(scope="module")
def recorded() -> tuple[np.ndarray, np.ndarray]:
    steps = [line for line in _lines() if line[0] == "step"]
    return np.array([int(s[2]) for s in steps]), np.array([[float(x) for x in s[3:]] for s in steps])


def test_file_holds_this_run(recorded):
    lines = _lines()
    wanted = [[str(v) for v in line] for line in [*golden.setting(), *golden.events()]]
    assert [line[:2] if line[0] == "step" else line for line in lines] == wanted
    assert set(recorded[0]) == set(range(6))


@pytest.mark.parametrize("batch", [1, 5])
def test_binding_gives_the_same_bits(recorded, batch):
    controller = golden.controller() if batch == 1 else hand.batch(batch, **golden.PARAMETERS)
    modes, torques = [], []
    for event in golden.events():
        kind, *values = event
        if kind in ("sensors", "action"):
            head = 3 if kind == "sensors" else 2
            rows = np.tile(values[head:], (batch, 1))
            getattr(controller, f"offer_{kind}")(*values[:head], rows)
        else:
            golden.play(controller, event)
        if kind == "step":
            modes.append(controller.mode.copy())
            torques.append(controller.torque.copy())
    for row in range(batch):
        np.testing.assert_array_equal(np.array(modes)[:, row], recorded[0])
        np.testing.assert_array_equal(np.array(torques)[:, row], recorded[1])


def test_plain_reference_agrees(recorded):
    reference = Reference(hand.tables(), golden.PARAMETERS)
    k = 0
    for kind, *values in golden.events():
        if kind == "sensors":
            reference.offer_sensors(*values[:3], values[3:])
        elif kind == "action":
            reference.offer_action(*values[:2], values[2:])
        elif kind == "step":
            reference.step(values[0])
            assert reference.mode == recorded[0][k], k
            np.testing.assert_allclose(reference.torque, recorded[1][k], rtol=0, atol=1e-12, err_msg=str(k))
            k += 1
        else:
            getattr(reference, kind)()
    assert k == 96
