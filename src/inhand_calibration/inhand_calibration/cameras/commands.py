"""`inhand calibrate cameras` and `inhand calibrate board`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from inhand_core.config import ConfigError
from inhand_core.files import write_whole


def cameras(
    bag: Path | None = None,
    images: Path | None = None,
    live: float = 0.0,
    out: Path = Path("config/cameras"),
    settings: Path | None = None,
) -> None:
    """Finds the cameras' intrinsics from views of a ChArUco board, and their poses in motion capture's world.

    Writes camera_<side>.yaml (camera_info), poses.yaml and report.json. Poses need a bag or live topics with
    /mocap/markers, and the board's markers seen; a folder of images gives intrinsics alone.

    Args:
        bag: recording of the cameras' image_raw or image_raw/compressed, and of /mocap/markers.
        images: folder with camera_top/, camera_left/, camera_right/ of image files.
        live: instead, record the running graph for this many seconds, while the board is shown to the cameras.
        out: folder for the results; the drivers and the launch files look in config/cameras.
        settings: a file in place of config/camera_calibration.yaml.
    """
    from inhand_calibration.cameras.board import Board
    from inhand_calibration.cameras.config import load_camera_settings
    from inhand_calibration.cameras.run import calibrate, calibration_text
    from inhand_description.cameras import info_yaml, poses_yaml

    config = load_camera_settings(settings)
    board = Board(config.board)
    result = calibrate(_views(bag, images, live, out, board, config.views), board, config)
    out.mkdir(parents=True, exist_ok=True)
    for name, info in result.infos.items():
        write_whole(out / f"{name}.yaml", info_yaml(info))
    if result.poses:
        write_whole(out / "poses.yaml", poses_yaml(result.poses))
    write_whole(out / "report.json", json.dumps(result.report, indent=1) + "\n")
    print(calibration_text(result))
    print(f"wrote {out}/: {', '.join(sorted(path.name for path in out.glob('*.yaml')))}")


def board(out: Path = Path("board.svg"), settings: Path | None = None) -> None:
    """Draws the calibration board at its true size, to be printed at 100 % and glued onto something flat.

    Args:
        out: the SVG file.
        settings: a file in place of config/camera_calibration.yaml.
    """
    from inhand_calibration.cameras.board import Board
    from inhand_calibration.cameras.config import load_camera_settings

    drawn = Board(load_camera_settings(settings).board)
    forms = {".svg": drawn.svg, ".pdf": drawn.pdf}
    if out.suffix.lower() not in forms:
        raise ConfigError(f"{out}: a board is drawn as one of {sorted(forms)}, not as {out.suffix!r}")
    write_whole(out, forms[out.suffix.lower()]())
    width, height = (1e3 * edge for edge in drawn.size)
    print(f"wrote {out}: {width:g} x {height:g} mm; measure the print and correct `square` where it differs")


def _views(bag: Path | None, images: Path | None, live: float, out: Path, drawn: Any, config: Any) -> Any:
    from inhand_calibration.cameras.views import read_bag, read_folder
    from inhand_calibration.live import record_live

    if sum([bag is not None, images is not None, live > 0.0]) != 1:
        raise ValueError("give one of --bag, --images or --live")
    if images is not None:
        return read_folder(images, drawn, config)
    if bag is None:
        out.mkdir(parents=True, exist_ok=True)
        bag = record_live(live, out)
    return read_bag(bag, drawn, config)
