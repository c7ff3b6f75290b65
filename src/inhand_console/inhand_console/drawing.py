"""How each visitor's scene is drawn: simply at first, in full where the browser says that a GPU draws."""

from __future__ import annotations

import logging
import threading
import time
from functools import cached_property

import viser

from inhand_console.config import SceneConfig
from inhand_console.hand_mesh import fine_glb
from inhand_console.scene import HandScene, add_floor, add_visual, set_light

AUTOMATIC, SIMPLE, FULL = "automatic", "simple", "full"
WAYS = (AUTOMATIC, SIMPLE, FULL)
SOFTWARE = ("swiftshader", "llvmpipe", "softpipe", "software", "microsoft basic render")
"""Parts of the names with which WebGL renderers that use no GPU call themselves."""
KEY, ASKED = "inhand_renderer", "?"
"""What the page's script answers in the browser's storage, and what asks it to (web/page.js)."""
ANSWER_WITHIN_S, LOOK_S = 60.0, 0.5


def is_software(renderer: str) -> bool:
    """Whether a WebGL renderer of this name draws on the CPU; "none" is that of a browser without WebGL 2."""
    return renderer == "none" or any(part in renderer.lower() for part in SOFTWARE)


class Drawing:
    """Gives each visitor the scene in the way that suits its browser.

    The common scene is simple, so that software is spared the full one. A visitor's full scene stands in front of it
    under the same names, as viser lets it; taken away, the common one is back.

    Args:
        server: of the page.
        config: of the scene.
        hand: whose surfaces are drawn.

    Attributes:
        renderers: what draws in the visitors' browsers, by viser's number, as far as they have said.
    """

    def __init__(self, server: viser.ViserServer, config: SceneConfig, hand: HandScene) -> None:
        self._config, self._hand = config, hand
        self.renderers: dict[int, str] = {}
        self._full: dict[int, list[viser.SceneNodeHandle]] = {}
        server.on_client_connect(self._ask)
        server.on_client_disconnect(lambda client: self._forget(client.client_id))

    def update(self, clients: dict[int, viser.ClientHandle], way: str) -> None:
        """Draws every visitor's scene in this way, one of `WAYS`."""
        for number, client in clients.items():
            renderer = self.renderers.get(number)
            fully = way == FULL or (way == AUTOMATIC and renderer is not None and not is_software(renderer))
            if fully and not self.full_for(number):
                self._full[number] = self._complete(client)
            elif not fully and self.full_for(number):
                for handle in self._full.pop(number):
                    handle.remove()
                set_light(client.scene, self._config, soft=False)

    def full_for(self, number: int) -> bool:
        """Whether that visitor's scene is drawn in full now."""
        return number in self._full

    @cached_property
    def _glbs(self) -> list[bytes]:
        return [fine_glb(visual) for visual in self._hand.visuals.values()]

    def _complete(self, client: viser.ClientHandle) -> list[viser.SceneNodeHandle]:
        set_light(client.scene, self._config, soft=True)
        handles: list[viser.SceneNodeHandle] = [
            add_visual(client.scene, name, visual, glb, shadows=self._config.shadows)
            for (name, visual), glb in zip(self._hand.visuals.items(), self._glbs, strict=True)
        ]
        return [*handles, add_floor(client.scene, self._config)]

    def _ask(self, client: viser.ClientHandle) -> None:
        threading.Thread(target=self._listen, args=(client,), name="renderer", daemon=True).start()

    def _listen(self, client: viser.ClientHandle) -> None:
        """Asks a visitor's browser what draws, until its page has answered."""
        end = time.monotonic() + ANSWER_WITHIN_S
        try:
            client.local_storage.set_item(KEY, ASKED)
            while time.monotonic() < end:
                name = client.local_storage.get_item(KEY, timeout=ANSWER_WITHIN_S)
                if name not in (None, ASKED):
                    self.renderers[client.client_id] = str(name)
                    return
                time.sleep(LOOK_S)
        except (RuntimeError, TimeoutError) as error:  # gone, or keeps nothing: its scene stays in full
            logging.getLogger(__name__).debug("visitor %d: %s", client.client_id, error)

    def _forget(self, number: int) -> None:
        self.renderers.pop(number, None)
        self._full.pop(number, None)
