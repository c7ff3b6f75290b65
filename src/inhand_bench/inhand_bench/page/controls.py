"""The page's controls in a browser, by their labels: checkboxes and lists."""

from __future__ import annotations

from inhand_bench.page.chromium import Chromium


def tick(browser: Chromium, label: str) -> None:
    """Clicks the checkbox with that label.

    Raises:
        LookupError: there is none.
    """
    if not browser.ask(
        f"""(() => {{
            let row = [...document.querySelectorAll('label')].find(l => l.innerText.trim() === {label!r});
            while (row && !row.querySelector('input[type=checkbox]')) row = row.parentElement;
            if (row) row.querySelector('input[type=checkbox]').click();
            return !!row;
        }})()"""
    ):
        raise LookupError(f"no checkbox {label!r}")


def choose(browser: Chromium, label: str, option: str) -> None:
    """Takes an option of the list with that label.

    Raises:
        LookupError: there is no such list, or it has no such option.
    """
    problem = browser.ask(
        f"""(async () => {{
            const named = [...document.querySelectorAll('label')].filter(l => l.innerText.trim() === {label!r});
            let row = named.find(l => l.offsetParent) || named[0];
            while (row && !row.querySelector('input')) row = row.parentElement;
            if (!row) return 'no list';
            row.querySelector('input').focus();
            row.querySelector('input').click();
            for (let i = 0; i < 40; i++) {{
                await new Promise(done => setTimeout(done, 250));
                const options = [...document.querySelectorAll('[role=option]')].filter(o => o.offsetParent);
                const wanted = options.find(o => o.innerText.trim() === {option!r});
                if (wanted) {{ wanted.click(); return ''; }}
            }}
            return 'no option';
        }})()"""
    )
    if problem:
        raise LookupError(f"{label!r}: {problem} {option!r}")
