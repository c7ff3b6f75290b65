"""What a killed recorder leaves becomes a bag that every program opens, without losing a message."""

from pathlib import Path

import pytest
import yaml
from mcap.reader import make_reader
from mcap.writer import CompressionType
from mcap_maker import write_bag, write_metadata
from rosbags.highlevel import AnyReader

from inhand_data.bags import BagError, open_bag
from inhand_data.commands import repair
from inhand_data.repair import repair_bag
from inhand_data.reserve import Reserve, being_written, cut_off


def numbers(path):
    with open_bag(path) as bag:
        return [bag.message(entry).sequence for entry in bag.entries(["/reading"])]


def torn(folder: Path, length: float, **options) -> Path:
    """A bag whose second file was cut off, without metadata.yaml."""
    write_bag(folder / f"{folder.name}_0.mcap", count=50, **options)
    file = write_bag(folder / f"{folder.name}_1.mcap", count=50, first=50, **options)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(length * len(whole))])
    return folder


def others(folder: Path) -> list[int]:
    """The numbers as rosbags and mcap read them, which both must agree on."""
    with AnyReader([folder]) as reader:
        chosen = [c for c in reader.connections if c.topic == "/reading"]
        theirs = [reader.deserialize(raw, c.msgtype).sequence for c, _, raw in reader.messages(chosen)]
        assert reader.message_count == sum(c.msgcount for c in reader.connections)
    found = []
    for path in sorted(folder.glob("*.mcap")):
        with path.open("rb") as file:
            reader = make_reader(file, validate_crcs=True)
            found += [m.sequence for _, _, m in reader.iter_messages(["/reading"])]
            assert reader.get_summary().statistics.message_count == len(list(reader.iter_messages()))
    assert found == theirs
    return theirs


@pytest.mark.parametrize("compression", list(CompressionType))
@pytest.mark.parametrize("length", [0.1, 0.3, 0.55, 0.8, 0.95, 0.999])
def test_every_program_opens_a_repaired_bag_and_finds_every_message(tmp_path, length, compression):
    folder = torn(tmp_path / "run", length, compression=compression)
    before = numbers(folder)
    done = repair_bag(folder)
    assert done.files == ["run_1.mcap"] and done.metadata and done.problems
    assert numbers(folder) == before == others(folder)
    with open_bag(folder) as bag:
        assert not bag.problems
    told = yaml.safe_load((folder / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
    assert told["message_count"] == done.messages
    assert told["relative_file_paths"] == ["run_0.mcap", "run_1.mcap"]
    again = repair_bag(folder)
    assert not again.files and not again.metadata and not again.problems


def test_messages_of_the_chunk_that_was_cut_in_two_are_in_the_repaired_file(tmp_path):
    folder = torn(tmp_path / "run", 0.5, compression=CompressionType.NONE, chunk_size=1 << 20)
    before = numbers(folder)
    assert len(before) > 60
    repair_bag(folder)
    assert others(folder) == before


def test_a_repair_that_was_interrupted_is_repeated(tmp_path, monkeypatch):
    folder = torn(tmp_path / "run", 0.7)
    before = numbers(folder)

    def full(*_):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("inhand_data.repair._ending", full)
        with pytest.raises(OSError, match="full"):
            repair_bag(folder)
    assert numbers(folder)[: len(before)] == before
    repair_bag(folder)
    assert others(folder) == before


def test_a_whole_bag_and_its_notes_stay_as_they_are(tmp_path):
    folder = tmp_path / "run"
    file = write_bag(folder / "run_0.mcap")
    write_metadata(folder, ["run_0.mcap"], message_count=101)
    before = file.read_bytes(), (folder / "metadata.yaml").read_text()
    done = repair_bag(folder)
    assert not done.files and not done.metadata and done.messages == 101
    assert before == (file.read_bytes(), (folder / "metadata.yaml").read_text())


def test_metadata_that_does_not_fit_is_written_anew_with_its_notes(tmp_path):
    folder = tmp_path / "run"
    write_bag(folder / "run_0.mcap")
    write_metadata(folder, ["run_0.mcap", "run_1.mcap"])
    assert repair_bag(folder).metadata
    told = yaml.safe_load((folder / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
    assert told["relative_file_paths"] == ["run_0.mcap"] and told["custom_data"]["lost /word"] == "3"


def test_a_bag_that_is_being_written_is_left_alone(tmp_path):
    folder = torn(tmp_path / "run", 0.7)
    reserve = Reserve(folder)
    assert cut_off(folder) and being_written(folder)
    with pytest.raises(BagError, match="a recorder still writes it"):
        repair_bag(folder)
    reserve._file.close()  # what the end of the process does
    assert cut_off(folder) and not being_written(folder)
    repair_bag(folder)
    assert not cut_off(folder)


def test_single_files_and_what_is_no_bag(tmp_path, capsys):
    file = torn(tmp_path / "run", 0.7) / "run_1.mcap"
    repair((file,))
    assert "wrote index of run_1.mcap" in capsys.readouterr().out
    assert not (tmp_path / "run/metadata.yaml").exists()
    repair((tmp_path / "run",))
    assert "wrote metadata.yaml" in capsys.readouterr().out
    (tmp_path / "text.mcap").write_text("hello")
    (tmp_path / "nothing").mkdir()
    for name, words in (("text.mcap", "does not begin"), ("nothing", "no .mcap file"), ("gone", "no such bag")):
        with pytest.raises(BagError, match=f"{name}: .*{words}"):
            repair_bag(tmp_path / name)
    with pytest.raises(BagError, match="at least one"):
        repair(())
