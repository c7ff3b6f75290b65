"""Views of the calibration board, from folders of images and from bags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from inhand_calibration.cameras.board import Board, Detection
from inhand_calibration.cameras.config import ViewsConfig
from inhand_core.config import ConfigError
from inhand_data.bags import BagReader, open_bag
from inhand_data.pixels import ImageError, compressed_image, rgb_image
from inhand_data.stamps import stamp_seconds
from inhand_description.cameras import CAMERA_NAMES

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
STILL_S = 0.05  # the markers are compared so long before and after the image


@dataclass(frozen=True, eq=False)
class View:
    """One image of the board.

    Attributes:
        camera: camera_top, camera_left or camera_right.
        time_s: its stamp [s]; images of one moment share the board's pose.
        detection: the corners in it.
        leds: (L, 3) [m, world] the board's motion-capture markers at that time, NaN where not seen; None without any.
    """

    camera: str
    time_s: float
    detection: Detection
    leds: np.ndarray | None = None


@dataclass
class Views:
    """What was found.

    Attributes:
        size: (width, height) of each camera's images [px].
        views: of all cameras, in the order of their times.
        refused: how many images of each camera were left out, by (camera, reason).
    """

    size: dict[str, tuple[int, int]] = field(default_factory=dict)
    views: list[View] = field(default_factory=list)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)

    def of(self, camera: str) -> list[View]:
        """One camera's views."""
        return [view for view in self.views if view.camera == camera]

    def add(
        self, board: Board, config: ViewsConfig, camera: str, time_s: float, image: np.ndarray, leds: Any = None
    ) -> None:
        """Looks for the board in an image (H, W, 3) or (H, W) uint8.

        Raises:
            ConfigError: a camera's images have several sizes.
        """
        size = image.shape[1], image.shape[0]
        first = self.size.setdefault(camera, size)
        if first != size:
            raise ConfigError(f"{camera}: an image has {size[0]} x {size[1]}, the first had {first[0]} x {first[1]}")
        detection = board.detect(image)
        if detection is None:
            self.refused[camera, "no board"] += 1
        elif len(detection.ids) < config.min_corners:
            self.refused[camera, "too few corners"] += 1
        else:
            self.views.append(View(camera, time_s, detection, leds))


def read_folder(folder: Path, board: Board, config: ViewsConfig) -> Views:
    """Reads <folder>/camera_<side>/* of the cameras that are there; no motion capture.

    Raises:
        ConfigError: there are none, or a file is no image.
    """
    found = Views()
    for camera in CAMERA_NAMES:
        files = sorted(p for p in (folder / camera).glob("*") if p.suffix.lower() in ENDINGS)
        for number, path in enumerate(files):
            image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            if image is None:
                raise ConfigError(f"{path} is not an image that can be read")
            found.add(board, config, camera, float(number), image)
    if not found.size:
        raise ConfigError(f"{folder}: no images in {[f'{camera}/' for camera in CAMERA_NAMES]}")
    return found


class LedTrack:
    """The board's motion-capture markers over time."""

    def __init__(self, board: Board, config: ViewsConfig) -> None:
        self._ids = [row.id for row in board.config.leds]
        self._config = config
        self._times: list[float] = []
        self._rows: list[np.ndarray] = []

    def add(self, time_s: float, message: Any) -> None:
        """Takes a Markers message."""
        places = {int(number): at for at, number in enumerate(message.id)}
        row = np.full((len(self._ids), 3), np.nan)
        for at, number in enumerate(self._ids):
            if number in places and message.condition[places[number]] > 0:
                row[at] = [axis[places[number]] for axis in (message.x, message.y, message.z)]
        self._times.append(time_s)
        self._rows.append(row)

    def finish(self) -> None:
        """Sorts what was added."""
        order = np.argsort(self._times)
        self._at = np.array(self._times)[order]
        self._position = np.array(self._rows).reshape(-1, len(self._ids), 3)[order]

    def still_at(self, time_s: float) -> tuple[np.ndarray | None, str]:
        """Markers (L, 3) at that time, NaN where not seen; or None and the reason."""
        near = np.abs(self._at - time_s) <= max(STILL_S, self._config.max_age_s)
        if not near.any() or np.abs(self._at[near] - time_s).min() > self._config.max_age_s:
            return None, "no motion capture at that time"
        rows = self._position[near]
        seen = np.asarray(np.isfinite(rows).all(axis=(0, 2)))
        if seen.sum() < self._config.min_leds:
            return None, "too few of the board's markers seen"
        rows = np.where(seen[:, None], rows, np.nan)
        if np.nanmax(rows.max(axis=0) - rows.min(axis=0)) > self._config.still:
            return None, "the board moved"
        return rows.mean(axis=0), ""


def read_bag(path: Path, board: Board, config: ViewsConfig) -> Views:
    """Reads image_raw or its compressed form of all cameras, and /mocap/markers where it was recorded.

    Raises:
        ConfigError: it cannot be read, or holds no images.
    """
    found, track = Views(), LedTrack(board, config)
    with open_bag(path) as bag:
        for _, time_s, message in _messages(bag, ("mocap/markers",)):
            track.add(time_s, message)
        track.finish()
        topics = [f"{camera}/image_raw{end}" for camera in CAMERA_NAMES for end in ("", "/compressed")]
        _add_images(found, track, board, config, _messages(bag, topics))
    if not found.size:
        raise ConfigError(f"{path}: no images on {[f'/{camera}/image_raw' for camera in CAMERA_NAMES]}")
    return found


def _messages(bag: BagReader, topics: Iterable[str]) -> Iterator[tuple[str, float, Any]]:
    """Topic, stamp [s] and message, in the bag's order."""
    chosen = {name: t for name in bag.topics for t in topics if name.endswith(f"/{t}")}
    for entry, message in bag.messages(chosen):
        yield chosen[entry.topic], stamp_seconds(message.header.stamp), message


def _add_images(
    found: Views, track: LedTrack, board: Board, config: ViewsConfig, messages: Iterator[tuple[str, float, Any]]
) -> None:
    newest: dict[str, float] = {}
    for topic, time_s, message in messages:
        camera = topic.partition("/")[0]
        if time_s - newest.get(camera, -np.inf) < config.interval_s:
            continue
        newest[camera] = time_s
        leds, reason = track.still_at(time_s)
        if reason:
            found.refused[camera, reason] += 1
        found.add(board, config, camera, time_s, _pixels(topic, message), leds)


def _pixels(topic: str, message: Any) -> np.ndarray:
    """(H, W, 3) uint8 RGB of an image message."""
    try:
        return rgb_image(message) if hasattr(message, "encoding") else compressed_image(message)
    except ImageError as error:
        raise ConfigError(f"/{topic}: {error}") from error
