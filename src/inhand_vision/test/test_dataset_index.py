"""The index of a dataset: what cannot be meant is one error that names file and field."""

import json

import pytest

from inhand_vision.datasets.files import DatasetError, read_index, write_index

GOOD = {"format": "inhand-vision-dataset", "version": 1, "cameras": ["a"], "shards": {"run-00001": {"split": "val"}}}


def test_an_index_comes_back(tmp_path):
    write_index(tmp_path, {"run-00001": "val"}, ["a"], {"report": {"n": 1.5}})
    assert read_index(tmp_path) == {**GOOD, "report": {"n": 1.5}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[1]", "expected a mapping"),
        ('{"format": 1, "format": 2}', "twice"),
        ('{"format": NaN}', "format is no number"),
        (json.dumps({**GOOD, "version": 2}), "field version: expected 1, found 2"),
        (json.dumps({**GOOD, "shards": ["run"]}), "field shards"),
        (json.dumps({**GOOD, "shards": {"run": {"split": "test"}}}), "field shards"),
        (json.dumps({**GOOD, "shards": {"run": None}}), "field shards"),
        (json.dumps({**GOOD, "shards": {"../../etc": {"split": "val"}}}), "'../../etc' is no name of a folder"),
        (json.dumps({**GOOD, "cameras": "top"}), "field cameras"),
    ],
)
def test_an_index_that_cannot_be_meant_is_refused_by_file_and_field(tmp_path, text, words):
    (tmp_path / "index.json").write_text(text)
    with pytest.raises(DatasetError, match=f"index.json.*{words}"):
        read_index(tmp_path)
