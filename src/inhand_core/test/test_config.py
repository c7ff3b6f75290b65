"""Strict configuration names the culprit and the choices."""

from dataclasses import dataclass
from typing import Literal

import pytest

from inhand_core.config import ConfigError, load_config, read_yaml, to_mapping


@dataclass(frozen=True)
class Inner:
    gain: float
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outer:
    inner: Inner
    mode: Literal["a", "b"] = "a"
    count: int = 3
    pair: tuple[float, float] = (0.0, 1.0)
    maybe: float | None = None
    table: tuple[Inner, ...] = ()

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError(f"count must not be negative, is {self.count}")


def test_nested_round_trip():
    raw = {"inner": {"gain": 2, "names": ["x", "y"]}, "pair": [1, 2], "table": [{"gain": 1.5}], "maybe": 0.5}
    config = load_config(Outer, raw)
    assert config == Outer(Inner(2.0, ("x", "y")), pair=(1.0, 2.0), table=(Inner(1.5),), maybe=0.5)
    assert isinstance(config.inner.gain, float)
    assert load_config(Outer, to_mapping(config)) == config


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"inner": {"gain": 1.0}, "cuont": 1}, ["cuont", "count"]),
        ({}, ["missing", "inner"]),
        ({"inner": {"gain": "fast"}}, ["inner.gain", "float", "fast"]),
        ({"inner": {"gain": True}}, ["inner.gain", "float"]),
        ({"inner": {"gain": 1.0}, "mode": "c"}, ["mode", "'c'", "['a', 'b']"]),
        ({"inner": {"gain": 1.0}, "pair": [1.0]}, ["pair", "2 values"]),
        ({"inner": {"gain": 1.0}, "count": 1.5}, ["count", "int"]),
        ({"inner": {"gain": 1.0}, "count": -1}, ["Outer", "count must not be negative"]),
        ({"inner": {"gain": 1.0}, "table": [{"gain": 1.0, "x": 2}]}, ["table[0]", "x", "gain"]),
        ({"inner": 4}, ["inner", "mapping"]),
    ],
)
def test_errors_name_the_culprit(raw, words):
    with pytest.raises(ConfigError) as error:
        load_config(Outer, raw)
    assert all(word in str(error.value) for word in words), str(error.value)


def test_missing_and_broken_files(tmp_path):
    (tmp_path / "here.yaml").write_text("a: [1")
    with pytest.raises(ConfigError, match=r"here\.yaml"):
        read_yaml(tmp_path / "gone.yaml")
    with pytest.raises(ConfigError, match="not YAML"):
        read_yaml(tmp_path / "here.yaml")
    (tmp_path / "here.yaml").write_text("- 1")
    with pytest.raises(ConfigError, match="mapping"):
        read_yaml(tmp_path / "here.yaml")


def test_ros_parameter_file_is_read_as_its_parameters(tmp_path):
    (tmp_path / "node.yaml").write_text("/**:\n  ros__parameters:\n    rate: 5\n")
    assert read_yaml(tmp_path / "node.yaml") == {"rate": 5}
    (tmp_path / "node.yaml").write_text("/**:\n  rate: 5\n")
    with pytest.raises(ConfigError, match="ros__parameters"):
        read_yaml(tmp_path / "node.yaml")


@dataclass(frozen=True)
class Loose:
    gain: float = 1.0
    count: int = 0
    text: str = ""
    by_name: dict[str, float] | None = None


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"gain": float("nan")}, ["gain", "finite", "nan"]),
        ({"gain": float("-inf")}, ["gain", "finite"]),
        ({"gain": 10**400}, ["gain", "finite"]),
        ({"count": 1 << 63}, ["count", "64 bits"]),
        ({"by_name": {1: 2.0}}, ["by_name", "key 1", "str"]),
        ({1: 2, "other": 3}, ["unknown", "other"]),
        ({"text": ["a long list"] * 5000}, ["text", "str"]),
        ({"text": "\x1b[2J[INFO] all is well"}, ["text", "\\x1b"]),
        ({"text": "\u202e127.0.0.1"}, ["text", "\\u202e"]),
    ],
)
def test_values_that_are_no_numbers_or_names_are_refused_in_few_words(raw, words):
    with pytest.raises(ConfigError) as error:
        load_config(Loose, raw)
    assert all(word in str(error.value) for word in words), str(error.value)
    assert len(str(error.value)) < 300


def test_true_is_no_choice_of_1():
    @dataclass(frozen=True)
    class Choice:
        which: Literal[1, 2] = 1

    with pytest.raises(ConfigError, match=r"which.*True"):
        load_config(Choice, {"which": True})
