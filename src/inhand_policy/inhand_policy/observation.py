"""What the policy sees: named blocks of numbers made of the graph's signals, for training and running alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

import inhand_kernels
from inhand_core import rotations
from inhand_core.config import ConfigError
from inhand_core.ports import resolve_class
from inhand_core.signals import N_ACTUATORS, N_FINGERTIPS, N_JOINTS, Signal

# The policy's inputs in the paper (Table 2); it left the object's own orientation out by accident.
PAPER_OBSERVATION = ("fingertip_positions", "object_position", "relative_target_orientation")

_OLD = 60.0
"""An age beyond which nothing is worth anything [s]."""


class ObservationError(ConfigError):
    """An observation that cannot be assembled; the message names the block and what is known."""


@dataclass(frozen=True)
class Block:
    """One block: its length, the ports it needs, the values (B, size) from the signals of these ports, and the range
    that holds any of them a hand can see."""

    size: int
    ports: tuple[str, ...]
    values: Callable[..., np.ndarray]
    range: tuple[float, float] = (-1.0, 1.0)


def cubic_harmonics(orientation: np.ndarray) -> np.ndarray:
    """Features (…, 15) of a block's orientation (…, 4) that its 24 rotational symmetries leave as they are.

    With a, b, c the block's axes in the hand's frame, feature (i, j, k, l) is a_i a_j a_k a_l + b_i b_j b_k b_l
    + c_i c_j c_k c_l, in the order iiii; iiij; 0011, 0022, 1122; 0012, 1102, 2201. Swapping axes permutes the sum,
    reversing one leaves each product. They say how the cube lies without saying which face is which.
    """
    rows = np.ascontiguousarray(orientation, np.float64).reshape(-1, 4)
    features = np.empty((len(rows), inhand_kernels.HARMONICS))
    inhand_kernels.cubic_harmonics(rows, features)
    return features.reshape(*np.shape(orientation)[:-1], inhand_kernels.HARMONICS)


BLOCKS: dict[str, Block] = {
    "fingertip_positions": Block(
        3 * N_FINGERTIPS, ("fingertips",), lambda tips: tips.position.reshape(len(tips.position), -1)
    ),
    "fingertip_ages": Block(N_FINGERTIPS, ("fingertips",), lambda tips: tips.age, (0.0, _OLD)),
    "object_position": Block(3, ("object_pose",), lambda pose: pose.position, (-2.0, 2.0)),
    "object_age": Block(1, ("object_pose",), lambda pose: pose.age[:, None], (0.0, _OLD)),
    "object_orientation": Block(4, ("object_pose",), lambda pose: rotations.canonical(pose.orientation)),
    "object_symmetry": Block(15, ("object_pose",), lambda pose: cubic_harmonics(pose.orientation), (-3.0, 3.0)),
    "target_orientation": Block(4, ("goal",), lambda goal: rotations.canonical(goal.orientation)),
    "relative_target_orientation": Block(
        4, ("goal", "object_pose"), lambda goal, pose: rotations.relative(goal.orientation, pose.orientation)
    ),
    "relative_rotation_vector": Block(
        3,
        ("goal", "object_pose"),
        lambda goal, pose: rotations.to_rotation_vector(rotations.relative(goal.orientation, pose.orientation)),
        (-np.pi, np.pi),
    ),
    "joint_positions": Block(N_JOINTS, ("joint_states",), lambda joints: joints.position, (-np.pi, np.pi)),
    "joint_velocities": Block(N_JOINTS, ("joint_states",), lambda joints: joints.velocity, (-100.0, 100.0)),
    "previous_action": Block(N_ACTUATORS, ("previous_action",), lambda action: action.action),
}


def find_block(name: str) -> Block:
    """The block of that name, or "module:NAME" of another package.

    Raises:
        ObservationError: there is none; the message lists the known ones.
    """
    if name in BLOCKS:
        return BLOCKS[name]
    if ":" not in name:
        raise ObservationError(f"unknown observation {[name]}; known {list(BLOCKS)}, or 'module:NAME'")
    try:
        block = resolve_class(name)
    except ConfigError as error:
        raise ObservationError(f"observation {name!r}: {error}") from error
    if not isinstance(block, Block):
        raise ObservationError(f"observation {name!r} is no Block of inhand_policy.observation")
    return block


def check_blocks(names: Iterable[str]) -> tuple[str, ...]:
    """The names as a tuple.

    Raises:
        ObservationError: a name is unknown or given twice, or there is none; the message lists the known ones.
    """
    names = tuple(names)
    if unknown := [name for name in names if name not in BLOCKS and ":" not in name]:
        raise ObservationError(f"unknown observation {unknown}; known {list(BLOCKS)}, or 'module:NAME'")
    for name in names:
        find_block(name)
    if len(set(names)) != len(names) or not names:
        raise ObservationError(f"observation must name blocks, each once; given {list(names)}")
    return names


def observation_size(names: Sequence[str]) -> int:
    """Length of the observation of these blocks."""
    return sum(find_block(name).size for name in check_blocks(names))


def required_ports(names: Sequence[str]) -> tuple[str, ...]:
    """Ports whose signals the blocks are made of, each once."""
    return tuple(dict.fromkeys(port for name in check_blocks(names) for port in find_block(name).ports))


def assemble(names: Sequence[str], inputs: Mapping[str, Signal]) -> np.ndarray:
    """The observation (B, n) float64, blocks in the order of `names`.

    Args:
        names: block names, see `BLOCKS`.
        inputs: signals by port: fingertips, object_pose, goal (hand_base), joint_states; and previous_action, the
            HandAction that the policy itself gave last.

    Raises:
        ObservationError: a port that a block needs is missing.
    """
    if missing := [port for port in required_ports(names) if port not in inputs]:
        raise ObservationError(f"observation needs ports {missing}; given {sorted(inputs)}")
    blocks = [find_block(name) for name in names]
    return np.concatenate([block.values(*(inputs[port] for port in block.ports)) for block in blocks], axis=-1)
