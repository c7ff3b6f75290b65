"""One frame is one input, to the byte: to the running node, out of a bag's dataset, and to the trainer."""

import dataclasses
from types import SimpleNamespace

import numpy as np
from bag_maker import SECOND, BagMaker

from inhand_core.config import load_config, read_yaml
from inhand_core.paths import config_file
from inhand_description.cameras import nominal_info, nominal_pose
from inhand_description.scene import CAMERAS, HAND_BASE
from inhand_training.vision.batches import BatchMaker
from inhand_training.vision.config import load_vision_training
from inhand_vision.datasets.bag_index import IMAGE_TOPICS
from inhand_vision.datasets.convert import ConvertConfig, convert
from inhand_vision.datasets.files import PoseDataset
from inhand_vision.datasets.sync import SyncConfig
from inhand_vision.estimator import Estimate, prepare_batch
from inhand_vision.images import load_image_config
from inhand_vision.live import LivePoses, PoseEstimatorConfig
from inhand_vision.weights import VisionMetadata

STAMP = 50 * SECOND
LENS = [-0.2, 0.05, 0.001, -0.001, 0.0]
FRAMES = np.random.default_rng(0).integers(0, 256, (3, 480, 640, 3), np.uint8)


class Asked:
    """An estimator that remembers its input as the network would get it."""

    metadata = VisionMetadata("keypoints", "block", load_image_config(), 32)

    def estimate(self, images, matrix, pose, present):
        self.input, self.matrix = prepare_batch(images, self.metadata).numpy(), matrix
        return Estimate(np.zeros((1, 3)), np.array([[0.0, 0.0, 0.0, 1.0]]), np.eye(6)[None], np.ones(1, bool), ("",))


def lens(row):
    """A camera_info."""
    region = SimpleNamespace(x_offset=0, y_offset=0, width=0, height=0)
    size = {"width": row.resolution[0], "height": row.resolution[1], "roi": region, "binning_x": 0, "binning_y": 0}
    return SimpleNamespace(k=nominal_info(row).k, d=LENS, distortion_model="plumb_bob", **size)


def record(folder):
    """A bag of one instant with lenses that distort, frames of the cameras, and a pose."""
    maker = BagMaker(folder)
    kind = maker.store.types
    frames = {"hand_base": (HAND_BASE.position, HAND_BASE.orientation)}
    for row, topic, pixels in zip(CAMERAS, IMAGE_TOPICS, FRAMES, strict=True):
        info, pose = nominal_info(row), nominal_pose(row)
        frames[f"{info.name}_optical_frame"] = (pose.position, pose.orientation)
        region = maker.type(
            "sensor_msgs/msg/RegionOfInterest", x_offset=0, y_offset=0, height=0, width=0, do_rectify=False
        )
        message = kind["sensor_msgs/msg/CameraInfo"](
            header=maker.header(STAMP),
            height=480,
            width=640,
            distortion_model="plumb_bob",
            d=np.array(LENS),
            k=np.array(info.k),
            r=np.eye(3).ravel(),
            p=np.zeros(12),
            binning_x=0,
            binning_y=0,
            roi=region,
        )
        maker.write(f"/{info.name}/camera_info", message, STAMP)
        image = kind["sensor_msgs/msg/Image"](
            header=maker.header(STAMP),
            height=480,
            width=640,
            encoding="rgb8",
            is_bigendian=0,
            step=1920,
            data=pixels.ravel(),
        )
        maker.write(topic, image, STAMP)
    maker.write("/tf_static", kind["tf2_msgs/msg/TFMessage"](transforms=[placed(maker, *f) for f in frames.items()]), 1)
    for number in range(2):
        maker.pose(STAMP + number * SECOND // 80, number, (0.0, -0.05, 0.38))
    maker.close()


def placed(maker, name, where):
    """A frame of the world."""
    position, orientation = where
    transform = maker.type(
        "geometry_msgs/msg/Transform",
        translation=maker.type("geometry_msgs/msg/Vector3", **dict(zip("xyz", position))),
        rotation=maker.type("geometry_msgs/msg/Quaternion", **dict(zip("xyzw", orientation))),
    )
    header = maker.header(STAMP, "world")
    return maker.type("geometry_msgs/msg/TransformStamped", header=header, child_frame_id=name, transform=transform)


def test_node_dataset_and_trainer_see_the_same_bytes(tmp_path):
    images = load_image_config()
    asked = Asked()
    live = LivePoses(asked, load_config(PoseEstimatorConfig, read_yaml(config_file("pose_estimator"))))
    for camera, row in enumerate(CAMERAS):
        live.calibrate(camera, lens(row))
        live.place(camera, np.eye(4))
        live.put(camera, FRAMES[camera], STAMP, STAMP)
    live.estimate(STAMP)

    record(tmp_path / "bag")
    report = convert([tmp_path / "bag"], tmp_path / "out", ConvertConfig(images, SyncConfig(), val_fraction=0.0))
    assert {camera["calibration"] for camera in report["bags"]["bag"]["cameras"].values()} == {"bag"}
    dataset = PoseDataset(tmp_path / "out")
    assert prepare_batch(dataset[0]["images"][None], asked.metadata).numpy().tobytes() == asked.input.tobytes()
    np.testing.assert_allclose(dataset[0]["camera_matrix"], asked.matrix[0], rtol=1e-6)

    recipe = load_vision_training(
        config_file("training/vision.yaml"), {"render.workers": 0, "datasets": [str(tmp_path / "out")]}
    )
    plain = dataclasses.replace(recipe, contrast=(1.0, 1.0), noise=0.0)
    batch = BatchMaker(plain, images, None, [dataset]).draw(1, np.random.default_rng(0))
    np.testing.assert_array_equal(batch.images.numpy(), asked.input)  # noise of 0 makes -0 of 0, the same number

    raw = prepare_batch(FRAMES[None], asked.metadata).numpy()
    assert not np.array_equal(raw, asked.input)  # the lens was taken out
