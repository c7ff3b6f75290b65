"""Ranges of configuration fields: what is inside, how an error reads, and what a class tells of its fields."""

import math
from dataclasses import dataclass, field
from typing import Annotated, Literal

import pytest

from inhand_core.config import ConfigError, check_config, load_config
from inhand_core.ranges import FRACTION, POSITIVE, FieldText, Range, describe


@dataclass(frozen=True)
class Filter:
    """A filter.

    Attributes:
        cutoff: frequency [Hz]. gain: share that is kept.
        low, high: ends of the band [rad/s],
            low first.
        weights: of the taps, one
            after another: any number of them.
        table: by name [m].
    """

    cutoff: Annotated[float, POSITIVE]
    gain: Annotated[float, FRACTION] = 1.0
    low: float = 0.0
    high: Annotated[float | None, Range(0.0, 10.0, open="both")] = None
    weights: Annotated[tuple[float, ...], POSITIVE] = ()
    table: Annotated[dict[str, float], Range(-1.0, 1.0)] = field(default_factory=dict)
    order: Annotated[int, Range(1, 8)] = 1
    kind: Literal["a", "b"] = "a"

    def __post_init__(self) -> None:
        check_config(self)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cutoff": 0}, "f.yaml.cutoff must be > 0, is 0 Hz"),
        ({"cutoff": math.nan}, "f.yaml.cutoff must be > 0, is nan Hz"),
        ({"cutoff": math.inf}, "f.yaml.cutoff must be > 0, is inf Hz"),
        ({"gain": 1.5}, "f.yaml.gain must be in [0, 1], is 1.5"),
        ({"high": 10.0}, "f.yaml.high must be in (0, 10), is 10 rad/s"),
        ({"weights": [1, 0.0]}, "f.yaml.weights[1] must be > 0, is 0"),
        ({"table": {"x": 2}}, "f.yaml.table.x must be in [-1, 1], is 2 m"),
        ({"order": 9}, "f.yaml.order must be in [1, 8], is 9"),
        ({"order": 1.5}, "f.yaml.order: expected int, found 1.5"),
    ],
)
def test_a_number_out_of_its_range_is_an_error_that_says_so(change, message):
    with pytest.raises(ConfigError) as error:
        load_config(Filter, {"cutoff": 1.0, **change}, "f.yaml")
    assert str(error.value) == message


def test_values_inside_pass_and_are_converted():
    config = load_config(Filter, {"cutoff": 2, "high": None, "weights": [1, 2], "table": {"x": 1}, "order": 8})
    assert config == Filter(2.0, weights=(1.0, 2.0), table={"x": 1.0}, order=8)
    assert isinstance(config.cutoff, float) and isinstance(config.weights[0], float)


def test_a_configuration_made_in_code_is_checked_too():
    with pytest.raises(ConfigError, match=r"Filter\.gain must be in \[0, 1\], is 2"):
        Filter(1.0, gain=2.0)


def test_the_docstring_tells_text_and_unit_and_the_type_the_range():
    texts = describe(Filter)
    assert texts["cutoff"] == FieldText("cutoff", "frequency [Hz].", "Hz", "> 0")
    assert texts["gain"] == FieldText("gain", "share that is kept.", "", "in [0, 1]")
    assert texts["low"].text == texts["high"].text == "ends of the band [rad/s], low first."
    assert (texts["low"].range, texts["high"].range) == ("", "in (0, 10)")
    assert texts["weights"].text == "of the taps, one after another: any number of them."
    assert "order" not in texts  # it has no text


def test_an_empty_range_is_refused():
    assert 1.0 in Range(1.0, 1.0) and 1.1 not in Range(1.0, 1.0)
    with pytest.raises(ValueError, match="empty"):
        Range(1.0, 1.0, open="low")
    with pytest.raises(ValueError, match="empty"):
        Range(2.0, 1.0)
