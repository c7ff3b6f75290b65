"""Bags of one picture by each camera, seen through lenses of any kind."""

import numpy as np
from bag_maker import SECOND, BagMaker
from scipy.spatial.transform import Rotation

from inhand_description.cameras import nominal_info, nominal_pose
from inhand_description.scene import CAMERAS
from inhand_vision.datasets.bag_index import IMAGE_TOPICS
from inhand_vision.rig import base_pose

START = 50 * SECOND
MS = 1_000_000


def lens_bag(folder, image, **info):
    """A bag of cameras with a calibration, of images that all are `image`, and the frames."""
    maker = BagMaker(folder)
    region = dict(zip(("x_offset", "y_offset", "width", "height"), info.pop("roi", (0, 0, 0, 0))))
    roi = maker.type("sensor_msgs/msg/RegionOfInterest", do_rectify=False, **region)
    frames = {"hand_base": base_pose()}
    frames |= {f"camera_{row.name}_optical_frame": nominal_pose(row).matrix for row in CAMERAS}
    transforms = []
    for name, pose in frames.items():
        place = maker.type("geometry_msgs/msg/Vector3", **dict(zip("xyz", map(float, pose[:3, 3]))))
        quaternion = Rotation.from_matrix(pose[:3, :3]).as_quat()
        turn = maker.type("geometry_msgs/msg/Quaternion", **dict(zip("xyzw", map(float, quaternion))))
        inner = maker.type("geometry_msgs/msg/Transform", translation=place, rotation=turn)
        kind = "geometry_msgs/msg/TransformStamped"
        header = maker.header(START, "world")
        transforms.append(maker.type(kind, header=header, child_frame_id=name, transform=inner))
    maker.write("/tf_static", maker.type("tf2_msgs/msg/TFMessage", transforms=transforms), START)
    for row, topic in zip(CAMERAS, IMAGE_TOPICS, strict=True):
        fields = {"height": 480, "width": 640, "distortion_model": "plumb_bob", "d": np.zeros(5)}
        fields |= {"k": nominal_info(row).matrix.ravel(), "r": np.eye(3).ravel(), "p": np.zeros(12)}
        fields |= {"binning_x": 0, "binning_y": 0, "roi": roi, "header": maker.header(START), **info}
        message = maker.type("sensor_msgs/msg/CameraInfo", **fields)
        maker.write(topic.replace("image_raw", "camera_info"), message, START)
        maker.image(topic, START, image)
    for number in range(-3, 4):
        maker.pose(START + number * 25 * MS // 2, number + 3, (0.0, 0.0, 0.3))
    maker.close()
    return folder


def picture():
    """Coloured tiles of 20 px."""
    tiles = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    return tiles.repeat(20, axis=0).repeat(20, axis=1)
