"""`inhand render sheet`: a picture of what is randomised, cameras by draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def sheet(
    out: Path = Path("appearance_sheet.png"),
    renderers: tuple[str, ...] = ("classic", "filament"),
    object: str = "block",
    draws: int = 8,
    tile: int = 104,
    seed: int = 0,
) -> int:
    """Write a contact sheet of random looks: a row a camera of each renderer, a column a draw of state and looks.

    The first column has the nominal looks. The image pipeline's contrast and noise come after rendering and are not
    in it.

    Args:
        out: the picture's file; its ending says the format (png, jpg).
        renderers: which ones, in this order.
        object: its name, or the path of its file.
        draws: number of columns.
        tile: side of one image [px].
        seed: of states and looks.

    Raises:
        ValueError: no columns or tiles, or a file that cannot be written.
    """
    import cv2

    if draws < 1 or tile < 8:
        raise ValueError(f"draws must be >= 1 and tile >= 8, are {draws} and {tile}")
    rows = [render_rows(name, object, draws, tile, seed) for name in renderers]
    picture = np.concatenate(rows)
    if not cv2.imwrite(str(out), picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9]):
        raise ValueError(f"{out}: cannot be written; is it a picture's name in an existing folder?")
    print(f"wrote {out}: {picture.shape[1]} x {picture.shape[0]} px, rows {' '.join(renderers)} by top, left, right")
    return 0


def render_rows(name: str, object: str, draws: int, tile: int, seed: int) -> np.ndarray:
    """(3 tile, draws tile, 3) uint8: one renderer's rows of the sheet."""
    import cv2

    from inhand_core.random import RowRandom, row_seeds
    from inhand_sim.cameras import Appearances, load_appearance, make_renderer
    from inhand_sim.cameras.states import augment_qpos, start_qpos

    seeds = row_seeds(seed, draws)
    looks, random = Appearances(seeds).draw(), RowRandom(seeds, "sheet")
    states = start_qpos(object)
    qpos = augment_qpos(states[random.integers(len(states))], load_appearance().pose, random)
    renderer = make_renderer(name, object, crop=400)
    columns = []
    for draw in range(draws):
        if draw > 0:
            renderer.set_looks(looks.row(draw))
        images = renderer.render(qpos[draw])
        columns.append([cv2.resize(image, (tile, tile), interpolation=cv2.INTER_AREA) for image in images])
    renderer.close()
    return np.concatenate([np.concatenate(column) for column in columns], axis=1)
