"""Takes pictures of a page that is being served: python tests/console/picture.py http://127.0.0.1:8080 docs/images.

Of a bag in place of the address (bags/first), the page as it was while that was recorded, from `--begin` to `--hold`.

One a tab, page_<tab>.webp, and page_phone.webp, as on a phone; without tabs (`--tabs`) page.webp, the page as it opens.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

from recorded import served
from support.processes import wait_for

from inhand_bench.page.chromium import Chromium

SIZE, PHONE = (1400, 800), (390, 780)
TABS = {"Run": SIZE, "Plots": SIZE, "Cameras": (1400, 1180), "Health": SIZE, "History": SIZE, "Phone": PHONE}
"""Tab -> size of its picture [px]; three images need more. "Phone" is the tab Run on a phone."""
QUALITY = 88
UP_S = 300.0


def take_picture(browser: Chromium, path: Path) -> None:
    """Writes the page, panel scrolled to its top, without the browser's own notices; as what the path ends in."""
    lost = "document.body.classList.contains('inhand-lost')"
    wait_for(lambda: not browser.ask(lost), UP_S, "a page that hears from its server")
    browser.ask("document.querySelectorAll('.mantine-ScrollArea-viewport').forEach(e => { e.scrollTop = 0; })")
    browser.ask("document.querySelectorAll('.mantine-Notifications-root').forEach(e => e.remove())")
    picture = Image.open(io.BytesIO(browser.picture())).convert("RGB")
    picture.save(path, quality=QUALITY, method=6)


def open_page(browser: Chromium, url: str, size: tuple[int, int]) -> None:
    """Opens the page in a window of that size [px], which its first view is made for."""
    browser.resize(*size)
    browser.open(url)
    wait_for(lambda: "goals achieved" in browser.text(), UP_S, f"a page at {url}")


def main() -> None:
    """Opens the page, waits, takes the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", help="what console_node prints, or the folder of a bag")
    parser.add_argument("--begin", type=float, default=0.0, help="of a bag: where it begins to play [s]")
    parser.add_argument("--hold", type=float, default=60.0, help="of a bag: where it stays [s]")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--after", type=float, default=15.0, help="seconds to watch, or a bag plays, before each")
    parser.add_argument(
        "--tabs", nargs="*", choices=TABS, default=list(TABS), help="which tabs; none: the page as it opens"
    )
    parser.add_argument("--paused", action="store_true", help="pause the simulation for each tab's picture")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        arguments.url, arguments.restart = arguments.source, lambda: None
        if not arguments.source.startswith("http"):
            shown = served(Path(arguments.source), arguments.begin, arguments.hold)
            arguments.url, arguments.restart = stack.enter_context(shown)
        browser = stack.enter_context(Chromium())
        open_page(browser, arguments.url, SIZE)
        time.sleep(2.0 * arguments.after)  # the scene fades in
        if not arguments.tabs:
            arguments.restart()
            time.sleep(arguments.after)
            take_picture(browser, arguments.folder / "page.webp")
        for tab in arguments.tabs:
            take_tab(browser, tab, arguments)


def take_tab(browser: Chromium, tab: str, arguments: argparse.Namespace) -> None:
    """Writes the picture of one tab."""
    if tab == "Phone":
        open_page(browser, arguments.url, PHONE)
    else:
        browser.resize(*TABS[tab])
        browser.click(tab)
    arguments.restart()
    time.sleep(arguments.after)
    if arguments.paused and tab != "Phone":
        browser.click("Run")
        browser.click("Pause")
        browser.click(tab)
        time.sleep(arguments.after)
    take_picture(browser, arguments.folder / f"page_{tab.lower()}.webp")
    if arguments.paused and tab != "Phone":
        browser.click("Run")
        browser.click("Resume")


if __name__ == "__main__":
    main()
