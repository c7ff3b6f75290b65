"""Bags of graphs in namespaces are read as those without."""

from __future__ import annotations

from pathlib import Path

import pytest
from bag_maker import SECOND, BagMaker

from inhand_data.bag_names import graph_spaces
from inhand_data.bags import open_bag


@pytest.mark.parametrize(
    ("topics", "spaces"),
    [
        (["/hand/sensors", "/object/pose", "/clock"], [""]),
        (["/left/hand/sensors", "/left/object/pose", "/tf"], ["/left"]),
        (["/left/hand/sensors", "/left/sim/hand/sensors"], ["/left"]),
        (["/hand/sensors", "/sim/hand/sensors"], [""]),
        (["/left/joint_states", "/right/joint_states"], ["/left", "/right"]),
        (["/camera_top/image_raw"], []),
    ],
)
def test_graphs_are_found_by_their_topics(topics: list[str], spaces: list[str]) -> None:
    assert graph_spaces(topics) == spaces


def make(folder: Path, *spaces: str) -> Path:
    bag = BagMaker(folder)
    for space in spaces:
        bag.pose(SECOND, 0, (0.0, 0.0, 0.3), topic=f"{space}/object/pose")
    bag.close()
    return folder


def test_topics_of_a_namespace_are_named_without_it(tmp_path: Path) -> None:
    with open_bag(make(tmp_path / "bag", "/lab/left")) as bag:
        assert bag.namespace == "/lab/left"
        assert set(bag.topics) == {"/object/pose"} and bag.count(["/object/pose"]) == 1
        ((entry, message),) = bag.messages(["/object/pose"])
        assert entry.topic == "/object/pose" and message.pose.pose.position.z == 0.3


def test_of_two_graphs_the_names_stay_and_it_is_said(tmp_path: Path) -> None:
    with open_bag(make(tmp_path / "bag", "/left", "/right")) as bag:
        assert set(bag.topics) == {"/left/object/pose", "/right/object/pose"}
        assert "graphs of the namespaces ['/left', '/right']: topics keep their whole names" in bag.problems
