"""MkDocs hook: adds the pages of the reference, written from the code while the site is built."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import commands
import formats
import launch_files
import messages
import parameters
import python
import topics
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

PAGES = {
    "reference/topics.md": topics.generate,
    "reference/messages.md": messages.generate,
    "reference/nodes.md": parameters.generate,
    "reference/configuration.md": parameters.configuration,
    "reference/launch.md": launch_files.generate,
    "reference/commands.md": commands.generate,
    "reference/python.md": python.generate,
    "reference/formats.md": formats.generate,
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages to those of docs/."""
    for name, write in PAGES.items():
        files.append(File.generated(config, name, content=write()))
    return files
