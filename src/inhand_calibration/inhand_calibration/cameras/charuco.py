"""OpenCV's ChArUco boards under one set of names, of OpenCV before 4.7, which apt still brings, and since."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np

_ARUCO: Any = cv2.aruco  # the types are those of one of its versions


class CharucoBoard:
    """A board of `columns` × `rows` squares of edge `square`, with markers of edge `marker` [m] in every second one."""

    def __init__(self, columns: int, rows: int, square: float, marker: float, dictionary: str) -> None:
        self.dictionary = _ARUCO.getPredefinedDictionary(getattr(_ARUCO, dictionary))
        self._square, self._marker = square, marker
        shape = columns, rows
        self._board: Any
        self._older = not hasattr(_ARUCO, "CharucoDetector")
        if self._older:
            self._board = _ARUCO.CharucoBoard_create(*shape, square, marker, self.dictionary)
            self._parameters = _ARUCO.DetectorParameters_create()
        else:
            self._board = _ARUCO.CharucoBoard(shape, square, marker, self.dictionary)
            self._detector = _ARUCO.CharucoDetector(self._board)

    @property
    def corners(self) -> np.ndarray:
        """(C, 3) inner corners [m, board], by id."""
        found = self._board.chessboardCorners if self._older else self._board.getChessboardCorners()
        return np.asarray(found, float).reshape(-1, 3)

    @property
    def markers(self) -> list[tuple[int, np.ndarray]]:
        """Number and corners (4, 3) [m, board] of every marker."""
        points = self._board.objPoints if self._older else self._board.getObjPoints()
        numbers = self._board.ids if self._older else self._board.getIds()
        corners = [np.asarray(marker, float).reshape(4, 3) for marker in points]
        return list(zip(map(int, np.ravel(numbers)), corners, strict=True))

    def detect(self, gray: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Ids (N,) and pixels (N, 2), the centre of the first one at (0, 0), of the corners in an image (H, W) uint8.

        N is 0 where there is no board.
        """
        ids, pixels = self._detect(gray)
        pixels = pixels - first_pixel()
        return ids, self._refined(gray, pixels) if self._older and len(ids) > 1 else pixels

    def _refined(self, gray: np.ndarray, pixels: np.ndarray) -> np.ndarray:
        """Corners (N, 2) [px] to a hundredth of a pixel; those of OpenCV 4.6 are wrong by up to 0.6.

        The window ends half-way between a corner and the markers beside it, whose edges would draw it to them.
        """
        apart = np.linalg.norm(pixels[:, None] - pixels, axis=-1) + np.diag(np.full(len(pixels), np.inf))
        half = int(np.clip(0.25 * (1.0 - self._marker / self._square) * apart.min(), 2, 5))
        until = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 50, 0.001)
        start = pixels.astype(np.float32).reshape(-1, 1, 2)
        return np.asarray(cv2.cornerSubPix(gray, start, (half, half), (-1, -1), until), float).reshape(-1, 2)

    def _detect(self, gray: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self._older:
            corners, numbers, _ = _ARUCO.detectMarkers(gray, self.dictionary, parameters=self._parameters)
            if numbers is None or not len(numbers):
                return np.empty(0, int), np.empty((0, 2))
            _, pixels, ids = _ARUCO.interpolateCornersCharuco(corners, numbers, gray, self._board)
        else:
            pixels, ids, _, _ = self._detector.detectBoard(gray)
        if ids is None or not len(ids):
            return np.empty(0, int), np.empty((0, 2))
        return np.asarray(ids).reshape(-1), np.asarray(pixels, float).reshape(-1, 2)

    def draw(self, size: tuple[int, int], margin: int) -> np.ndarray:
        """The pattern (H, W) uint8 for a size of width and height [px], its white margin [px] included."""
        drawn = self._board.draw if self._older else self._board.generateImage
        return np.asarray(drawn(size, marginSize=margin, borderBits=1))

    def modules(self, number: int) -> np.ndarray:
        """A marker's black modules, its border among them: (M, M) bool."""
        edge = self.dictionary.markerSize + 2
        if self._older:
            image = _ARUCO.drawMarker(self.dictionary, number, edge, borderBits=1)
        else:
            image = self.dictionary.generateImageMarker(number, edge, borderBits=1)
        return np.asarray(image) == 0


@lru_cache(maxsize=1)
def first_pixel() -> float:
    """Where this OpenCV has the centre of the first pixel: 0.0, or 0.5 in versions that count from its corner."""
    board, scale, margin = CharucoBoard(5, 5, 1.0, 0.7, "DICT_4X4_50"), 40, 40
    ids, pixels = board._detect(board.draw((5 * scale + 2 * margin, 5 * scale + 2 * margin), margin))
    exact = board.corners[ids, :2] * scale + margin - 0.5
    return round(2.0 * float(np.mean(pixels - exact))) / 2.0
