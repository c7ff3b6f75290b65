"""Images of the calibration board as a camera with a distorting lens sees them, for proofs and tests."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from inhand_calibration.cameras.board import Board
from inhand_description.cameras import CameraInfo

SUPERSAMPLING = 2
TEXELS_PER_SQUARE = 120
BACKGROUND, PAPER_MARGIN = 90.0, 0.012  # grey of what is behind the board; white around the pattern [m]


class BoardRenderer:
    """Renders the board for one camera.

    Args:
        board: the board.
        info: the camera.
    """

    def __init__(self, board: Board, info: CameraInfo) -> None:
        self._texture = board.draw(TEXELS_PER_SQUARE).astype(np.float32)
        self._texels = TEXELS_PER_SQUARE / board.config.square
        self._size = board.size
        self._shape = info.height, info.width
        step = 1.0 / SUPERSAMPLING
        offset = 0.5 * step - 0.5
        columns, rows = (np.arange(n * SUPERSAMPLING) * step + offset for n in (info.width, info.height))
        grid = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 1, 2)
        criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 40, 1e-10)
        undistort = getattr(cv2, "undistortPointsIter", cv2.undistortPoints)  # its name up to OpenCV 4.6
        rays = undistort(grid, info.matrix, np.array(info.d), R=None, P=None, criteria=criteria)
        self._rays = np.concatenate([rays.reshape(-1, 2), np.ones((len(grid), 1))], axis=1)

    def render(self, pose: np.ndarray, rng: np.random.Generator, blur: float, noise: float) -> np.ndarray:
        """An image (H, W, 3) uint8 of the board at a pose (6,) in the optical frame.

        Args:
            pose: rotation vector [rad], translation [m].
            rng: draws light and noise.
            blur: standard deviation [px].
            noise: standard deviation [of 255].
        """
        turn = Rotation.from_rotvec(pose[:3]).as_matrix()
        normal = turn[:, 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            hit = self._rays * ((normal @ pose[3:]) / (self._rays @ normal))[:, None]
        at = (hit - pose[3:]) @ turn
        x, y = at[:, 0], at[:, 1]
        inside = (np.abs(x - self._size[0] / 2) < self._size[0] / 2 + PAPER_MARGIN) & (
            np.abs(y - self._size[1] / 2) < self._size[1] / 2 + PAPER_MARGIN
        )
        inside &= hit[:, 2] > 0.0
        shape = self._shape[0] * SUPERSAMPLING, self._shape[1] * SUPERSAMPLING
        along, across = ((v * self._texels - 0.5).reshape(shape).astype(np.float32) for v in (x, y))
        image = cv2.remap(
            self._texture, along, across, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=255
        )
        image = np.where(inside.reshape(shape), 25.0 + 0.8 * image, BACKGROUND).astype(np.float32)
        image = cv2.resize(image, self._shape[::-1], interpolation=cv2.INTER_AREA)
        image = cv2.GaussianBlur(image, (0, 0), blur) * self._light(rng)
        noisy = image[..., None] + rng.normal(0.0, noise, (*self._shape, 3))
        return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)

    def _light(self, rng: np.random.Generator) -> np.ndarray:
        """(H, W) brightness that changes over the image."""
        slope = rng.uniform(-0.2, 0.2, 2)
        across, down = (np.linspace(-0.5, 0.5, n) for n in self._shape[::-1])
        return rng.uniform(0.8, 1.0) * (1.0 + slope[0] * across[None, :] + slope[1] * down[:, None])
