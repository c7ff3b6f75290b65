"""Takes the picture of a page that is being served: python tests/console/picture.py http://127.0.0.1:8080 page.png."""

from __future__ import annotations

import argparse
import io
import sys
import time
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.processes import wait_for

from inhand_console.chromium import Chromium

SIZE = (1400, 800)
STOP_BUTTON = "[...document.querySelectorAll('button')].find(b => b.innerText == 'STOP')"


def take_picture(browser: Chromium, path: Path) -> None:
    """Writes the page as a PNG of `SIZE`, panel scrolled to its top, without the browser's own notices."""
    browser.ask(f"{STOP_BUTTON}.scrollIntoView()")
    browser.ask("document.querySelectorAll('.mantine-Notifications-root').forEach(e => e.remove())")
    Image.open(io.BytesIO(browser.picture())).convert("RGB").quantize(256).save(path, optimize=True)


def main() -> None:
    """Opens the page, waits, takes the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="what console_node prints")
    parser.add_argument("path", type=Path, help="of the PNG")
    parser.add_argument("--after", type=float, default=15.0, help="seconds to watch before the picture")
    arguments = parser.parse_args()
    with Chromium() as browser:
        browser.resize(*SIZE)
        browser.open(arguments.url)
        wait_for(lambda: "STOP" in browser.text(), 60.0, f"a page at {arguments.url}")
        time.sleep(arguments.after)
        take_picture(browser, arguments.path)


if __name__ == "__main__":
    main()
