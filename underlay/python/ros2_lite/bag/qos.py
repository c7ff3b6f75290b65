"""QoS profiles between rclpy and rosbags."""

from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rosbags.interfaces import Qos, QosDurability, QosHistory, QosLiveliness, QosReliability, QosTime

DEPTH = 100  # of a publisher whose own depth the bag does not know


def _time(duration: Duration) -> QosTime:
    sec, nsec = divmod(duration.nanoseconds, 10**9)
    return QosTime(sec, nsec)


def to_bag(profile: QoSProfile) -> Qos:
    """Return a publisher's profile in rosbags' form."""
    return Qos(
        history=QosHistory(int(profile.history)),
        depth=profile.depth,
        reliability=QosReliability(int(profile.reliability)),
        durability=QosDurability(int(profile.durability)),
        deadline=_time(profile.deadline),
        lifespan=_time(profile.lifespan),
        liveliness=QosLiveliness(int(profile.liveliness)),
        liveliness_lease_duration=_time(profile.liveliness_lease_duration),
        avoid_ros_namespace_conventions=profile.avoid_ros_namespace_conventions,
    )


def to_rclpy(profiles: list[Qos]) -> QoSProfile:
    """Return a profile to publish recorded messages with: reliable and latched where all recorded publishers were."""
    reliable = all(profile.reliability != QosReliability.BEST_EFFORT for profile in profiles)
    latched = bool(profiles) and all(profile.durability == QosDurability.TRANSIENT_LOCAL for profile in profiles)
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=max([profile.depth for profile in profiles if profile.depth > 0], default=DEPTH),
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )
