"""Takes pictures of a page that is being served: python tests/console/picture.py http://127.0.0.1:8080 docs/images.

One a tab, page_<tab>.png; without tabs (`--tabs`) page.png, the page as it opens.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.processes import wait_for

from inhand_bench.page.chromium import Chromium

SIZE = (1400, 800)
TABS = {"Run": SIZE, "Plots": SIZE, "Cameras": (1400, 1180), "Health": SIZE}
"""Tab -> size of its picture [px]; three images need more."""
STOP_BUTTON = "[...document.querySelectorAll('button')].find(b => b.innerText == 'STOP')"


def take_picture(browser: Chromium, path: Path) -> None:
    """Writes the page as a PNG of `SIZE`, panel scrolled to its top, without the browser's own notices."""
    browser.ask(f"{STOP_BUTTON}.scrollIntoView()")
    browser.ask("document.querySelectorAll('.mantine-Notifications-root').forEach(e => e.remove())")
    Image.open(io.BytesIO(browser.picture())).convert("RGB").quantize(256).save(path, optimize=True)


def main() -> None:
    """Opens the page, waits, takes the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="what console_node prints")
    parser.add_argument("folder", type=Path, help="where the PNG files go")
    parser.add_argument("--after", type=float, default=15.0, help="seconds to watch before each picture")
    parser.add_argument(
        "--tabs", nargs="*", choices=TABS, default=list(TABS), help="which tabs; none: the page as it opens"
    )
    parser.add_argument("--paused", action="store_true", help="pause the simulation for each tab's picture")
    arguments = parser.parse_args()
    with Chromium() as browser:
        browser.resize(*SIZE)
        browser.open(arguments.url)
        wait_for(lambda: "goals achieved" in browser.text(), 120.0, f"a page at {arguments.url}")
        time.sleep(2.0 * arguments.after)  # the scene fades in
        if not arguments.tabs:
            take_picture(browser, arguments.folder / "page.png")
        for tab in arguments.tabs:
            take_tab(browser, tab, arguments)


def take_tab(browser: Chromium, tab: str, arguments: argparse.Namespace) -> None:
    """Writes the picture of one tab."""
    browser.resize(*TABS[tab])
    browser.click(tab)
    time.sleep(arguments.after)
    if arguments.paused:
        browser.click("Run")
        browser.click("Pause")
        browser.click(tab)
        time.sleep(arguments.after)
    take_picture(browser, arguments.folder / f"page_{tab.lower()}.png")
    if arguments.paused:
        browser.click("Run")
        browser.click("Resume")


if __name__ == "__main__":
    main()
