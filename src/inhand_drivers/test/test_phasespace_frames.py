"""Marker map, frame numbers, stamps, configuration."""

from __future__ import annotations

import numpy as np
import pytest
from phasespace_wire import records, settings

from inhand_core.config import ConfigError
from inhand_description import MARKERS
from inhand_drivers.phasespace.config import load, marker_indices, roles
from inhand_drivers.phasespace.converter import FrameConverter
from inhand_drivers.phasespace.frames import Frame, FrameNumbers, MarkerMap, frame_of
from inhand_drivers.phasespace.packets import pack, pack_frame, read_packet

PERIOD_US = 1e6 / 960
SHUFFLED = {100 + index: role for index, role in enumerate(reversed(list(roles())))}


def test_roles_are_those_of_the_description() -> None:
    assert list(roles())[:6] == [*(f"fingertip {i}" for i in range(5)), "hand_base 0"]
    assert list(roles())[-1] == "object 7" and list(roles().values()) == [row.id for row in MARKERS]


def test_positions_are_metres_at_the_index_that_the_map_says() -> None:
    found = MarkerMap(marker_indices(SHUFFLED))
    sent = records(17)
    sent["id"] += 100
    markers = found.apply(sent)
    assert markers.position[0, :, 0] == pytest.approx((100 + np.arange(17)[::-1]) * 1e-3)
    assert (markers.condition == 2.0).all() and found.lost_now == 0


@pytest.mark.parametrize(
    "how", ["condition", "absent", "nan", "signalling", "infinite", "nan condition", "1e35 m", "1 km"]
)
@pytest.mark.filterwarnings("error")
def test_a_lost_marker_keeps_its_last_position(how: str) -> None:
    found = MarkerMap(marker_indices(load().markers))
    seen = found.apply(records(17))
    sent = records(17, x_mm=500.0)
    match how:
        case "condition":
            sent["condition"][3] = -1.0
        case "absent":
            sent = np.delete(sent, 3)
        case "nan":
            sent["position"][3, 1] = np.nan
        case "infinite":
            sent["position"][3, 1] = np.inf
        case "1e35 m" | "1 km":
            sent["position"][3, 1] = {"1e35 m": 1e38, "1 km": -1e6}[how]
        case "signalling":
            sent.view(np.uint8).reshape(17, 32)[3, 20:24] = (0x01, 0x00, 0x80, 0x7F)  # assigned, it would be quiet
        case _:
            sent["condition"][3] = np.nan
    markers = found.apply(sent)
    assert np.array_equal(markers.position[0, 3], seen.position[0, 3]) and markers.condition[0, 3] <= 0.0
    rest = np.arange(17) != 3
    assert (markers.position[0, rest, 0] > 0.49).all() and (markers.condition[0, rest] > 0.0).all()
    assert found.lost_now == 1


def test_a_marker_never_seen_is_finite_and_lost() -> None:
    markers = MarkerMap(marker_indices(load().markers)).apply(records(0))
    assert np.isfinite(markers.position).all() and (markers.condition <= 0.0).all()


def test_unknown_ids_are_counted_and_the_first_of_two_equal_ones_counts() -> None:
    found = MarkerMap(marker_indices(load().markers))
    sent = np.concatenate([records(17), records(3, x_mm=900.0)])
    sent["id"][18] = 4711
    markers = found.apply(sent)
    assert found.unknown == 1
    assert markers.position[0, :, 0] == pytest.approx((100 + np.arange(17)) * 1e-3)


def test_frames_come_from_frame_packets_alone() -> None:
    assert frame_of(read_packet(pack(2, b""))) is None
    frame = frame_of(read_packet(pack_frame(7, records(2))))
    assert (frame.time, frame.markers.size) == (7, 2)


def test_a_gap_in_the_numbers_is_a_lost_frame() -> None:
    numbers = FrameNumbers(960)
    got = [numbers.next(round(n * PERIOD_US)) for n in (0, 1, 2, 5, 6)]
    assert got == [0, 1, 2, 5, 6] and numbers.lost == 2
    assert numbers.next(round(6 * PERIOD_US)) is None and numbers.next(0) is None
    numbers.restart(960)
    assert numbers.next(0) == 7 and numbers.lost == 2


def test_numbers_do_not_slip_when_the_rate_is_a_little_off() -> None:
    numbers = FrameNumbers(960)
    assert [numbers.next(round(n * PERIOD_US * 1.01)) for n in range(5000)] == list(range(5000))


def convert(converter: FrameConverter, times_us: list[int], host_ns: list[int]) -> list[int | None]:
    """Stamps [ns] of frames, None for those refused."""
    out = [converter.convert(Frame(t, records(2)), h) for t, h in zip(times_us, host_ns)]
    return [None if found is None else found.stamp_ns for found in out]


def test_stamps_follow_server_time_not_the_delays_and_never_go_back() -> None:
    converter = FrameConverter(settings(1, rate=960))
    converter.connected(960.0)
    draw, start = np.random.default_rng(0), 1_700_000_000_000_000_000
    times = [round(5e6 + n * PERIOD_US) for n in range(4000)]
    host = [start + round(n * PERIOD_US * 1000 + draw.exponential(2e6)) for n in range(4000)]
    stamps = np.array(convert(converter, times, host))
    assert (np.diff(stamps) > 0).all() and (stamps <= host)[100:].all(), "once a fast message has come"
    steps = np.diff(stamps[2000:])
    assert np.abs(steps - PERIOD_US * 1000).max() < 50_000, "the frames' own spacing, to 50 µs"


def test_a_frame_with_a_broken_time_does_not_stop_those_that_follow() -> None:
    converter = FrameConverter(settings(1))
    converter.connected(240.0)
    times = [round(n * 1e6 / 240) for n in range(100)]
    host = [10**18 + t * 1000 for t in times]
    times[50], times[60] = 2**62, -(2**62)
    stamps = convert(converter, times, host)
    assert [n for n, stamp in enumerate(stamps) if stamp is None] == [50, 60] and converter.implausible == 2
    assert converter.numbers.lost == 2


def test_a_server_whose_clock_was_set_is_followed_from_the_second_frame() -> None:
    converter = FrameConverter(settings(1))
    converter.connected(240.0)
    times = [round((n + (10_000 if n >= 50 else 0)) * 1e6 / 240) for n in range(100)]
    host = [10**18 + round(n * 1e9 / 240) for n in range(100)]
    stamps = convert(converter, times, host)
    assert [n for n, stamp in enumerate(stamps) if stamp is None] == [50]
    assert np.abs(np.array(stamps[51:]) - np.array(host[51:])).max() < 1_000_000


def test_after_a_new_connection_any_time_is_right_and_numbers_go_on() -> None:
    converter = FrameConverter(settings(1))
    converter.connected(240.0)
    first = converter.convert(Frame(10**9, records(2)), 10**18)
    converter.connected(240.0)
    second = converter.convert(Frame(5, records(2)), 10**18 + 5 * 10**9)
    assert (first.sequence, second.sequence) == (0, 1) and second.stamp_ns == 10**18 + 5 * 10**9


def test_an_address_stands_for_server_and_port_and_empty_values_for_the_files() -> None:
    config = load(address="mocap:8002", client="", profile=None, rate=120)
    assert (config.server, config.port, config.client, config.rate) == ("mocap", 8002, load().client, 120)
    assert (load(address="mocap").port, load(address="").server) == (load().port, load().server)
    assert config.broadcast_port == 8502


@pytest.mark.parametrize(
    ("change", "culprit"),
    [
        ({"port": 0}, "port must be in"),
        ({"rate": 961}, "rate must be in"),
        ({"transport": "carrier pigeon"}, r"transport.*'tcp', 'udp', 'broadcast'"),
        ({"client": "other"}, "client.*'builtin', 'vendor'"),
        ({"profile": "a b"}, "profile must be a word"),
        ({"address": "host:p"}, "host:port, is 'host:p'"),
        ({"silent_s": 0.0}, "silent_s must be > 0"),
        ({"backoff_max_s": 0.01}, "backoff_max_s"),
        ({"speed": 1}, r"unknown \['speed'\]"),
        ({"markers": {}}, "no LED for .*fingertip 0"),
        ({"markers": {**load().markers, 0: "toe 1"}}, r"markers.0: 'toe 1' is not one of .*'object 7'"),
        ({"markers": {**load().markers, 99: "object 3"}}, "markers.99: 'object 3' is already LED 12"),
        ({"markers": {**load().markers, "a": "object 3"}}, "markers: key 'a': expected int"),
        ({"markers": {k: v for k, v in load().markers.items() if k != 7}}, r"no LED for \['hand_base 2'\]"),
    ],
)
def test_a_bad_configuration_is_refused_by_name(change: dict, culprit: str) -> None:
    with pytest.raises(ConfigError, match=culprit):
        load(**change)
