"""The lists of docs/safety.md: every case names its tests, and every test that is named is there."""

from __future__ import annotations

import re

import pytest
from support.commands import ROOT

PAGE = ROOT / "docs" / "safety.md"


def rows() -> list[tuple[str, list[str]]]:
    """Case and named tests of every row of the tables whose last column is `test`."""
    found, inside = [], False
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            inside = False
        elif cells[-1] == "test":
            inside = True
        elif inside and set(line) - set("|- "):
            found.append((cells[0], re.findall(r"`([^`]+)`", cells[-1])))
    return found


def names_of(path: str) -> set[str]:
    """Names of the tests in a file, of Python or C++."""
    text = (ROOT / path).read_text()
    if path.endswith(".py"):
        return set(re.findall(r"^def (test_\w+)\(", text, re.MULTILINE))
    return set(re.findall(r"^TEST(?:_F|_P)?\(\w+,\s*(\w+)\)", text, re.MULTILINE))


def test_the_page_lists_its_cases() -> None:
    cases = [case for case, _ in rows()]
    assert len(cases) > 25 and len(set(cases)) == len(cases)


@pytest.mark.parametrize(("case", "named"), rows(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_test_that_is_named_exists(case: str, named: list[str]) -> None:
    assert named, f"no test of: {case}"
    for text in named:
        path, _, name = text.partition("::")
        assert (ROOT / path).is_file(), f"{case}: no file {path}"
        assert (found := names_of(path)), f"{case}: no test in {path}"
        assert not name or name in found, f"{case}: no {name} in {path}; it has {sorted(found)}"


def test_a_name_that_is_wrong_would_be_found() -> None:
    with pytest.raises(AssertionError, match="no test_of_nothing in"):
        test_every_test_that_is_named_exists("a case", ["tests/docs/test_safety_page.py::test_of_nothing"])
    with pytest.raises(AssertionError, match="no file"):
        test_every_test_that_is_named_exists("a case", ["tests/docs/test_gone.py"])
    with pytest.raises(AssertionError, match="no test of"):
        test_every_test_that_is_named_exists("a case", [])
