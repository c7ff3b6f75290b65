"""A file is whole or not there."""

import os

import pytest

from inhand_core.files import replacing, write_whole


def test_a_file_is_written_with_its_folders_and_usual_permissions(tmp_path):
    path = tmp_path / "a/b/file.txt"
    write_whole(path, "grün")
    assert path.read_text("utf-8") == "grün"
    write_whole(path, b"\x00")
    assert path.read_bytes() == b"\x00"
    (tmp_path / "usual").touch()
    assert path.stat().st_mode == (tmp_path / "usual").stat().st_mode
    assert os.listdir(path.parent) == ["file.txt"]


def test_an_error_on_the_way_changes_nothing(tmp_path):
    path = tmp_path / "file.json"
    path.write_text("old")
    with pytest.raises(RuntimeError), replacing(path) as draft:
        draft.write_text("half of the n")
        assert path.read_text() == "old" and draft.suffix == ".json"
        raise RuntimeError
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file.json"]


def test_a_link_stays_one_and_a_device_is_no_file(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there/file")
    write_whole(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "there/file").read_text() == "text"
    write_whole("/dev/null", "text")
    assert not os.path.isfile("/dev/null")


def test_an_interrupted_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as draft:
        draft.write_text("new")
        raise KeyboardInterrupt
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["file"]
