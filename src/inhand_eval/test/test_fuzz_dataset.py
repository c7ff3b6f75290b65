"""Mutated messages in a bag: it becomes a dataset of sound numbers, or is refused by bag and topic."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from bag_maker import BagMaker
from lens_bags import lens_bag, picture

from inhand_calibration.recording import read_bag
from inhand_core.fuzzing import Target, run
from inhand_data.bag_check import CheckConfig, check_bag
from inhand_data.bags import BagError, open_bag
from inhand_vision.datasets.convert import ConvertConfig, convert
from inhand_vision.datasets.files import PoseDataset
from inhand_vision.datasets.sync import SyncConfig
from inhand_vision.images import ImageConfig

CONFIG = ConvertConfig(ImageConfig(crop=16, size=8), SyncConfig(max_label_age_s=1.0), idle=True)


@pytest.fixture(scope="module")
def messages(tmp_path_factory):
    """Topic, type, time and data of each message of a small whole bag of cameras of 24 x 20 px."""
    image = np.ascontiguousarray(picture()[:20, :24])
    k = np.array([30.0, 0, 11.5, 0, 30.0, 9.5, 0, 0, 1])
    folder = lens_bag(tmp_path_factory.mktemp("fuzz") / "whole", image, width=24, height=20, k=k)
    with open_bag(folder) as bag:
        return list(bag.entries())


def test_a_bag_of_mutated_messages_gives_a_sound_dataset_or_is_refused(messages, tmp_path):
    names = sorted({entry.topic for entry in messages})
    seeds = tuple(
        bytes([names.index(name)]) + next(entry.data for entry in messages if entry.topic == name) for name in names
    )
    numbers = itertools.count()

    def parse(data: bytes) -> None:
        """The first byte says of which topic the first message is replaced by the rest."""
        folder = tmp_path / f"run_{next(numbers)}"
        bag, connections, done = BagMaker(folder), {}, False
        for entry in messages:
            if entry.topic not in connections:
                store = bag.store
                connections[entry.topic] = bag._writer.add_connection(entry.topic, entry.kind, typestore=store)
            replaced = not done and data and entry.topic == names[data[0] % len(names)]
            bag._writer.write(connections[entry.topic], entry.log_ns, data[1:] if replaced else entry.data)
            done |= bool(replaced)
        bag.close()
        check_bag(folder, CheckConfig())
        try:
            read_bag(folder)
        except ValueError as error:
            assert "run_" in str(error)
        convert([folder], folder / "out", CONFIG)
        samples = PoseDataset(folder / "out").gather([0])
        for name in ("position", "orientation", "camera_matrix", "camera_pose"):
            assert np.isfinite(getattr(samples, name)).all(), name
        np.testing.assert_allclose(np.linalg.norm(samples.orientation, axis=1), 1.0, atol=1e-9)

    result = run(Target(seeds, parse, (BagError,), longest=1 << 14), 60, seed=3)
    assert result.accepted > 5 and result.refused > 5
