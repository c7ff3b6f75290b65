"""Links that spoil signals in simulation as Table 7, Table 8 and C.2 of the paper say; applied by the producer."""

from inhand_sim.links.actions import ActionDelay, ActionNoise, Backlash
from inhand_sim.links.markers import MarkerLoss, MarkerNoise
from inhand_sim.links.object_pose import ObjectPoseNoise

__all__ = ["ActionDelay", "ActionNoise", "Backlash", "MarkerLoss", "MarkerNoise", "ObjectPoseNoise"]
