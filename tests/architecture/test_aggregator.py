"""config/diagnostics.yaml sorts the reports of every node of this project, each into one group."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CONTENT = yaml.safe_load((ROOT / "config/diagnostics.yaml").read_text())
GROUPS = {name: group for name, group in CONTENT["analyzers"]["ros__parameters"].items() if isinstance(group, dict)}


def reporters() -> list[str]:
    """Names of the nodes that report: in Python those whose file speaks of Diagnostics, and the controller."""
    found = {"controller"}
    for path in (ROOT / "src").glob("*/inhand_*/nodes/*.py"):
        text = path.read_text()
        for call in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)):
            words = [argument.value for argument in call.args[:1] if isinstance(argument, ast.Constant)]
            inits = isinstance(call.func, ast.Attribute) and call.func.attr == "__init__"
            if inits and words and isinstance(words[0], str) and ("Diagnostics" in text or "ComponentNode" in text):
                found.add(words[0])
    return sorted(found)


def test_the_nodes_that_report_are_found() -> None:
    assert {"controller", "sim", "policy", "hand_driver", "recorder", "joint_inlet"} <= set(reporters())


@pytest.mark.parametrize("prefix", ["", "left/"])
@pytest.mark.parametrize("name", reporters())
def test_each_node_is_in_one_group(name: str, prefix: str) -> None:
    report = f"{prefix}{name}: graph"
    at = [group for group, entry in GROUPS.items() if any(part in report for part in entry["contains"])]
    assert len(at) == 1, (report, at)


def test_the_groups_are_as_the_aggregator_reads_them() -> None:
    for group in GROUPS.values():
        assert group["type"] == "diagnostic_aggregator/GenericAnalyzer" and group["path"]
