"""No field that nobody reads: every number of a configuration does something."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.fields import unread

SRC = Path(__file__).resolve().parents[2] / "src"

# Read, but not by name.
WHOLE = {
    "ControlParameters": "given to C++ field by field",
    "ControllerParameters": "read by the node in C++, from the same file",
    "RtParameters": "read by the node in C++, from the same file",
    "SmoothingInfo": "compared as a whole with the smoother's configuration",
    "NetworksInfo": "written into a file for people",
    "ObjectRanges": "hue, saturation, value: by a loop over these words",
    "PoseRanges": "jitter: what is left of the other two probabilities",
    "TopicReport": "printed as a whole",
    "HandTables": "given to the controller as a whole",
    "Turn": "fields of a benchmark's table, printed as a whole",
    "VizTopic": "frame: tells a reader of the table",
    "CameraCounts": "reported as a whole in the diagnostics",
    "Step": "read by the learners through arrays of the same names",
}


def test_every_field_is_read_somewhere() -> None:
    sources = [path.read_text() for path in SRC.glob("*/**/*.py") if "test" not in path.relative_to(SRC).parts]
    assert len(sources) > 300
    assert not [field for field in unread(sources) if field.partition(".")[0] not in WHOLE]


EXAMPLE = """
@dataclass(frozen=True)
class Image:
    contrast: float
    noise: float

@dataclass(frozen=True)
class Config:
    image: Image

@dataclass(frozen=True)
class Looks:
    contrast: float
    noise: float
    def __len__(self):
        return len(self.contrast)

class Drawer:
    def __init__(self, config: Config | None) -> None:
        self.config = config or load()
    def draw(self):
        config = self.config
        return Looks(config.image.contrast, config.image.noise)
"""


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ("", ["Looks.contrast", "Looks.noise"]),
        ("def use(looks: Looks): return looks.noise", ["Looks.contrast"]),
        ("def use(looks): return looks.noise, looks.contrast", []),
        ("def use(looks): return [getattr(looks, name) for name in ('noise', 'contrast')]; Looks", []),
        ("def use(image: Image): return image.noise, image.contrast", ["Looks.contrast", "Looks.noise"]),
    ],
)
def test_a_field_that_is_only_stored_is_found(more: str, found: list[str]) -> None:
    assert unread([EXAMPLE, more]) == found
