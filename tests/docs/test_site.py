"""The site builds without a warning, its reference says what the code says, and the documents' links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.commands import ROOT, documents

from inhand_bringup.registry import commands
from inhand_core.graph import load_graph

LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; strict: a broken link or anchor, or a page that the navigation lacks, is an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder


def test_the_reference_has_every_topic_command_message_and_launch_argument(site: Path) -> None:
    def text(page: str) -> str:
        return (site / "reference" / f"{page}.html").read_text()

    for topic, entry in load_graph("realtime").topics.items():
        assert f"/{topic}" in text("topics") and entry.message in text("topics"), topic
    for service in ("/controller/stop", "/controller/enable", "/sim/pause", "/trial/start"):
        assert service in text("topics"), service
    for command in commands():
        assert f"inhand {' '.join(command.words)}" in text("commands")
    for message in (ROOT / "src" / "inhand_interfaces").glob("*/*.[ms][sr][gv]"):
        assert f'id="{message.stem.lower()}"' in text("messages"), message.name
    for argument in ("require_object", "goal_timeout", "host"):
        assert argument in text("launch")
    for parameter in ("max_input_age_s", "autostart", "lockstep"):
        assert f"<code>{parameter}</code>" in text("nodes"), parameter
    for name in ("inhand_data.open_bag", "inhand_training.GraphEnv", "inhand_control.BatchController"):
        assert f'id="{name.lower().replace(".", "")}"' in text("python"), name
    for parameter in ("split_mb", "host"):
        assert f"<code>{parameter}</code>" in text("nodes"), parameter
    for file in (ROOT / "config").glob("*.yaml"):
        assert f'id="{file.stem}yaml"' in text("configuration"), file.name


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    loaded = re.compile(r'<(?:script|link|img)[^>]+(?:src|href)="(https?:[^"]+)"')
    found = {url for page in site.rglob("*.html") for url in loaded.findall(page.read_text())}
    assert not {url for url in found if "canonical" not in url}


@pytest.mark.parametrize("path", documents(), ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_files_lead_somewhere(path: Path) -> None:
    """As read without the site, such as in an editor; pages that the site writes are left to the strict build."""
    for link in LINK.findall(path.read_text()):
        target = link.partition("#")[0]
        if not target or target.startswith(("http", "mailto:", "reference/")):
            continue
        assert (path.parent / target).exists(), f"{path.name}: {link}"
