"""A little robot for the tests: a base, a fixed forearm, two turning links, the second following the first."""

from __future__ import annotations

import pytest

ROBOT = """
<robot name="little">
  <material name="grey"><color rgba="0.5 0.5 0.5 1"/></material>
  <link name="tip"><visual><geometry><sphere radius="0.01"/></geometry></visual></link>
  <link name="base"/>
  <link name="arm">
    <visual><origin xyz="0 0 0.1"/><geometry><box size="0.02 0.02 0.2"/></geometry><material name="grey"/></visual>
  </link>
  <link name="finger">
    <visual>
      <geometry><cylinder radius="0.01" length="0.1"/></geometry>
      <material name="red"><color rgba="1 0 0 0.5"/></material>
    </visual>
  </link>
  <joint name="follow" type="revolute">
    <parent link="finger"/><child link="tip"/><origin xyz="0 0 0.1"/><axis xyz="1 0 0"/>
    <limit lower="0" upper="1" effort="1" velocity="1"/><mimic joint="bend" multiplier="2" offset="0.1"/>
  </joint>
  <joint name="mount" type="fixed">
    <parent link="base"/><child link="arm"/><origin xyz="0 0 1" rpy="0 0 1.5707963267948966"/>
  </joint>
  <joint name="bend" type="revolute">
    <parent link="arm"/><child link="finger"/><origin xyz="0.1 0 0" rpy="0.3 -0.2 0.7"/><axis xyz="0 2 0"/>
    <limit lower="-1" upper="1" effort="1" velocity="1"/>
  </joint>
</robot>
"""


@pytest.fixture
def robot_text() -> str:
    """URDF of the little robot, its joints out of order."""
    return ROBOT
