"""The devices' rates and raw values."""

import numpy as np
import pytest
from sims import make_realtime

from inhand_core.config import ConfigError
from inhand_core.signals import MotorCommands
from inhand_description.hall import described_tables, joint_angles, joint_raw


def test_devices_deliver_at_their_rates_from_time_zero():
    """Frame n of rate r comes at the first tick not before n / r."""
    sim = make_realtime(1, ())
    sim.start()
    markers, sensors = [], []
    for k in range(400):
        out = sim.step({}, 0.0025)
        markers += [k] if "markers" in out else []
        sensors += [k] if "hand_sensors" in out else []
    assert markers == [int(np.ceil(n * 400 / 240 - 1e-9)) for n in range(240)]
    assert sensors == list(range(0, 400, 2))


def test_start_begins_at_time_zero_again():
    sim = make_realtime(1, ())
    sim.start()
    for _ in range(3):
        sim.step({}, 0.0025)
    sim.start()
    assert set(sim.step({}, 0.0025)) == {"markers", "hand_sensors"}
    assert sim.worlds.bind("time") == pytest.approx(0.0)


def test_hall_values_are_counts_that_calibrate_back_to_the_angles():
    sim = make_realtime(4, ())
    sim.start()
    out = sim.step({}, 0.0025)["hand_sensors"]
    assert out.hall.shape == (4, 26) and (out.hall == np.round(out.hall)).all()
    assert out.hall.min() >= 0 and out.hall.max() <= 4095
    assert np.allclose(joint_angles(described_tables(), joint_raw(out.hall)), sim.truth().joint_position, atol=2e-3)


def test_without_commands_the_motors_are_limp():
    sim = make_realtime(1, ())
    sim.step({}, 0.0025)
    sim.step({"motor_commands": MotorCommands(np.full((1, 20), 0.1))}, 0.0025)
    assert (sim.worlds.bind("ctrl") == 0.1).all()
    out = sim.step({}, 0.0025)
    assert (sim.worlds.bind("ctrl") == 0.0).all()
    assert (out["hand_sensors"].motor_current == 0.0).all()


def test_torque_moves_the_joint_in_its_direction():
    sim = make_realtime(2, ())
    torque = np.zeros((2, 20))
    torque[0, 0], torque[1, 0] = 2.0, -2.0
    for _ in range(40):
        sim.step({"motor_commands": MotorCommands(torque)}, 0.0025)
    angle = sim.truth().joint_position[:, 0]
    assert angle[0] > angle[1] + 0.05


@pytest.mark.parametrize("change", [{"markers_rate": 500}, {"sensors_rate": 0}, {"timestep": 0.0}])
def test_impossible_rates_are_refused(change):
    with pytest.raises(ConfigError, match=next(iter(change))):
        make_realtime(1, (), **change)
