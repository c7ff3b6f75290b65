"""Hue, saturation and value of colours, on arrays (the standard library has it for one colour at a time)."""

from __future__ import annotations

import numpy as np


def rgb_to_hsv(rgb: np.ndarray) -> np.ndarray:
    """(…, 3) red, green, blue in [0, 1] to hue [turns, in [0, 1)], saturation and value in [0, 1]."""
    rgb = np.asarray(rgb, float)
    value, least = rgb.max(axis=-1), rgb.min(axis=-1)
    chroma = value - least
    safe = np.where(chroma > 0.0, chroma, 1.0)
    r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    sextant = np.where(
        value == r, (g - b) / safe % 6.0, np.where(value == g, (b - r) / safe + 2.0, (r - g) / safe + 4.0)
    )
    hue = np.where(chroma > 0.0, sextant / 6.0, 0.0)
    return np.stack([hue, np.where(value > 0.0, chroma / np.where(value > 0.0, value, 1.0), 0.0), value], axis=-1)


def hsv_to_rgb(hsv: np.ndarray) -> np.ndarray:
    """(…, 3) hue [turns, wraps], saturation and value (cut to [0, 1]) to red, green, blue in [0, 1]."""
    hue = np.asarray(hsv[..., 0]) % 1.0
    saturation, value = np.clip(hsv[..., 1], 0.0, 1.0), np.clip(hsv[..., 2], 0.0, 1.0)
    k = (np.array([5.0, 3.0, 1.0]) + 6.0 * hue[..., None]) % 6.0
    return value[..., None] * (1.0 - saturation[..., None] * np.clip(np.minimum(k, 4.0 - k), 0.0, 1.0))
