"""What can be chosen starts at what is in use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import viser

from inhand_console import html
from inhand_console.choosing import Chooser
from inhand_console.panel import common_groups
from inhand_console.snapshot import InUse
from inhand_console.weights_files import as_chosen


@pytest.fixture(scope="module")
def server() -> Iterator[viser.ViserServer]:
    server = viser.ViserServer(host="127.0.0.1", port=18350, verbose=False)
    yield server
    server.stop()


def test_a_dropdown_follows_what_is_in_use_and_leaves_a_persons_choice_alone(server: viser.ViserServer) -> None:
    chooser = Chooser(server, "groups", ("none", "all"), lambda value: None)
    chooser.follow(None)
    assert chooser.dropdown.value == "none"
    chooser.follow("all")
    assert chooser.dropdown.value == "all"
    chooser.dropdown.value = "none"  # a person chooses, and has not pressed yet
    chooser.follow("all")
    assert chooser.dropdown.value == "none"
    chooser.follow("none")
    chooser.follow("all")
    assert chooser.dropdown.value == "all"


def test_what_is_in_use_can_be_chosen_though_it_is_no_option(server: viser.ViserServer) -> None:
    chooser = Chooser(server, "weights", (), lambda value: None)
    assert chooser.button.disabled
    chooser.follow("/elsewhere/mine.safetensors")
    assert chooser.dropdown.options == ("/elsewhere/mine.safetensors",) and not chooser.button.disabled
    groups = Chooser(server, "groups", ("none", "all"), lambda value: None)
    groups.follow("physics,unmodeled")
    assert groups.dropdown.value == "physics,unmodeled" and "none" in groups.dropdown.options


def test_groups_are_common_only_where_all_nodes_have_them() -> None:
    assert common_groups(InUse()) is None
    assert common_groups(InUse(randomization={"sim": "all", "policy": "all"})) == "all"
    assert common_groups(InUse(randomization={"sim": "all", "policy": "none"})) is None


def test_in_words_a_node_that_differs_is_named() -> None:
    assert "not known" in html.in_use(InUse())
    same = html.in_use(InUse("weights/block.safetensors", {"sim": "all", "policy": "all"}))
    assert "weights: weights/block.safetensors, groups: all<" in same
    other = html.in_use(InUse("<b>", {"sim": "all", "policy": "none", "tracker": "all"}))
    assert "all (sim, tracker); none (policy)" in other and "&lt;b&gt;" in other


def test_weights_below_the_root_are_named_from_there(tmp_path: Path) -> None:
    assert as_chosen(str(tmp_path / "weights" / "a.safetensors"), tmp_path) == "weights/a.safetensors"
    assert as_chosen("weights/a.safetensors", tmp_path) == "weights/a.safetensors"
    assert as_chosen("/elsewhere/a.safetensors", tmp_path) == "/elsewhere/a.safetensors"
