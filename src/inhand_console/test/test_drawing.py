"""Each visitor's scene: in full for browsers with a GPU, simple for others and before they have said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import viser

from inhand_console.config import ConsoleConfig
from inhand_console.drawing import AUTOMATIC, FULL, SIMPLE, Drawing, is_software
from inhand_console.scene import FLOOR, HandScene
from inhand_core import load_config, read_yaml
from inhand_core.paths import config_file
from inhand_viz.model import joint_names, load_hand

CONFIG = load_config(ConsoleConfig, read_yaml(config_file("console"))).scene
GPU, CPU = "ANGLE (NVIDIA, NVIDIA GeForce RTX 4090)", "ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)))"


class Visitor:
    """A browser as the server sees it: nodes of its own in a scene of its own."""

    def __init__(self, scene: viser.SceneApi) -> None:
        self.scene, self.client_id = scene, 7


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[viser.ViserServer, viser.ViserServer]]:
    """The page's, and one whose scene stands for a visitor's own."""
    both = [viser.ViserServer(host="127.0.0.1", port=port, verbose=False) for port in (18720, 18730)]
    yield both[0], both[1]
    for server in both:
        server.stop()


@pytest.mark.parametrize(
    ("name", "software"), [(GPU, False), (CPU, True), ("llvmpipe (LLVM 17.0.6, 256 bits)", True), ("none", True)]
)
def test_renderers_that_use_no_gpu_are_known_by_name(name: str, software: bool) -> None:
    assert is_software(name) is software


def test_a_visitor_gets_the_full_hand_and_loses_it_by_renderer_and_by_choice(
    servers: tuple[viser.ViserServer, viser.ViserServer],
) -> None:
    server, own = servers
    hand = HandScene(server, load_hand(), joint_names(), CONFIG.hand_triangles)
    drawing = Drawing(server, CONFIG, hand)
    visitor = Visitor(own.scene)

    def update(way: str) -> bool:
        drawing.update({7: visitor}, way)
        nodes = set(own.scene._handle_from_node_name)
        full = drawing.full_for(7)
        assert ({*hand.visuals, FLOOR} <= nodes) is full and full is (FLOOR in nodes)
        return full

    assert not update(AUTOMATIC), "nothing is known yet"
    assert update(FULL) and not update(SIMPLE) and not update(AUTOMATIC)
    drawing.renderers[7] = CPU
    assert not update(AUTOMATIC) and update(FULL)
    drawing.renderers[7] = GPU
    assert update(AUTOMATIC) and not update(SIMPLE)
