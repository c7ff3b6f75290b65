"""What a person may do with takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from inhand_data.reserve import cut_off
from inhand_ros.bag import Bag
from inhand_ros.takes import DISCARDED, UNDECIDED, Takes


def take(takes: Takes) -> Path:
    folder = takes.next()
    folder.mkdir(parents=True)
    (folder / "take_0.mcap").write_bytes(b"data")
    return folder


def test_every_take_has_a_folder_of_its_own(tmp_path: Path) -> None:
    takes = Takes(str(tmp_path / "bag"), cut_off)
    assert [take(takes).name for _ in range(3)] == ["bag", "bag_2", "bag_3"]


def test_a_name_that_was_asked_for_and_exists_is_left_to_the_bag_to_refuse(tmp_path: Path) -> None:
    (tmp_path / "bag").mkdir()
    assert Takes(str(tmp_path / "bag"), cut_off).next() == tmp_path / "bag"


def test_beside_a_take_that_was_cut_off_another_begins(tmp_path: Path) -> None:
    bag = Bag(tmp_path / "bag", "kilted")
    assert Takes(str(tmp_path / "bag"), cut_off).next() == tmp_path / "bag_2"
    bag.close()
    assert Takes(str(tmp_path / "bag"), cut_off).next() == tmp_path / "bag", "closed: for the bag to refuse"


def test_only_a_take_that_has_ended_and_is_undecided_can_be_discarded(tmp_path: Path) -> None:
    takes = Takes(str(tmp_path / "bag"), cut_off)
    with pytest.raises(ValueError, match="no take has ended"):
        takes.discard()
    first = take(takes)
    with pytest.raises(ValueError, match="no take has ended"):
        takes.discard()
    takes.end()
    assert takes.fate == UNDECIDED
    takes.discard()
    assert takes.fate == DISCARDED and not first.exists()
    with pytest.raises(ValueError, match="is discarded"):
        takes.keep()


def test_what_is_kept_stays(tmp_path: Path) -> None:
    takes = Takes(str(tmp_path / "bag"), cut_off)
    first = take(takes)
    takes.end()
    takes.keep()
    with pytest.raises(ValueError, match="is kept"):
        takes.discard()
    second = take(takes)
    takes.end()
    takes.discard()
    assert takes.fate == DISCARDED and first.exists() and not second.exists()


def test_a_new_take_keeps_what_was_undecided(tmp_path: Path) -> None:
    takes = Takes(str(tmp_path / "bag"), cut_off)
    first = take(takes)
    takes.end()
    take(takes)
    with pytest.raises(ValueError):
        takes.discard()
    assert first.exists()
