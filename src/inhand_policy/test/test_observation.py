"""The observation blocks against their definitions."""

import numpy as np
import pytest
from conftest import policy_inputs
from scipy.spatial.transform import Rotation

from inhand_core.signals import HandAction, JointStates
from inhand_policy.observation import (
    BLOCKS,
    PAPER_OBSERVATION,
    ObservationError,
    assemble,
    check_blocks,
    cubic_harmonics,
    observation_size,
    required_ports,
)


def everything(batch, rng):
    inputs = policy_inputs(batch, rng)
    inputs["joint_states"] = JointStates(*(rng.normal(size=(batch, 24)) for _ in range(3)))
    inputs["previous_action"] = HandAction(rng.uniform(-1, 1, (batch, 20)), None, None)
    return inputs


def test_paper_observation_is_15_fingertips_3_position_4_relative_target(rng):
    inputs = policy_inputs(6, rng)
    observation = assemble(PAPER_OBSERVATION, inputs)
    assert observation.shape == (6, 22) and observation_size(PAPER_OBSERVATION) == 22
    np.testing.assert_array_equal(observation[:, :3], inputs["fingertips"].position[:, 0])
    np.testing.assert_array_equal(observation[:, 12:15], inputs["fingertips"].position[:, 4])
    np.testing.assert_array_equal(observation[:, 15:18], inputs["object_pose"].position)
    goal = Rotation.from_quat(inputs["goal"].orientation)
    turn = goal * Rotation.from_quat(inputs["object_pose"].orientation).inv()
    np.testing.assert_allclose(observation[:, 18:], turn.as_quat(canonical=True), atol=1e-12)


def test_every_block_has_its_size_and_blocks_come_in_the_order_asked(rng):
    inputs = everything(4, rng)
    for name, block in BLOCKS.items():
        assert assemble([name], inputs).shape == (4, block.size), name
    both = assemble(["object_position", "joint_positions"], inputs)
    np.testing.assert_array_equal(both[:, 3:], inputs["joint_states"].position)


def test_no_block_depends_on_a_quaternions_sign(rng):
    inputs, names = everything(5, rng), list(BLOCKS)
    before = assemble(names, inputs)
    inputs["object_pose"].orientation[:] *= -1
    inputs["goal"].orientation[:] *= -1
    np.testing.assert_allclose(assemble(names, inputs), before, atol=1e-12)


def test_cubic_harmonics_do_not_see_the_blocks_24_symmetries_but_its_attitude(rng):
    orientation = Rotation.from_quat(rng.normal(size=4))
    turned = (orientation * Rotation.create_group("O")).as_quat()
    features = cubic_harmonics(turned)
    assert features.shape == (24, 15)
    np.testing.assert_allclose(features, np.tile(features[:1], (24, 1)), atol=1e-12)
    other = cubic_harmonics((orientation * Rotation.from_rotvec([0.3, 0.0, 0.0])).as_quat())
    assert np.abs(other - features[0]).max() > 0.05


def test_row_of_a_batch_equals_the_row_alone_bit_for_bit(rng):
    inputs, names = everything(13, rng), list(BLOCKS)
    whole = assemble(names, inputs)
    for b in range(13):
        row = {
            port: type(signal)(*(None if v is None else v[b : b + 1] for v in vars(signal).values()))
            for port, signal in inputs.items()
        }
        assert assemble(names, row)[0].tobytes() == whole[b].tobytes()


def test_mistakes_are_named(rng):
    with pytest.raises(ObservationError, match=r"fingertip.*known.*fingertip_positions"):
        check_blocks(["fingertip"])
    with pytest.raises(ObservationError, match="each once"):
        check_blocks(["object_position", "object_position"])
    with pytest.raises(ObservationError, match="joint_states"):
        assemble(["joint_positions"], policy_inputs(1, rng))
    assert required_ports(PAPER_OBSERVATION) == ("fingertips", "object_pose", "goal")
