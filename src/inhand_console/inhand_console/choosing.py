"""Dropdowns that show what is in use, and a button that asks for something else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import viser

NONE_FOUND = "none found"


class Chooser:
    """A dropdown with its button. It starts at what is in use, and follows when that changes; not between.

    Args:
        server: of the page.
        label: of the dropdown; the button says "Use these <label>".
        options: to choose from; what is in use joins them where it is not among them.
        on_use: called with the chosen option.
    """

    def __init__(
        self, server: viser.ViserServer, label: str, options: Sequence[str], on_use: Callable[[str], None]
    ) -> None:
        self.dropdown = server.gui.add_dropdown(label, tuple(options) or (NONE_FOUND,))
        self.button = server.gui.add_button(f"Use these {label}", disabled=not options)
        self.button.on_click(lambda _: on_use(self.dropdown.value))
        self._in_use: str | None = None

    def follow(self, in_use: str | None) -> None:
        """Takes what is in use; None where nobody has said yet, which changes nothing."""
        if in_use is None or in_use == self._in_use:
            return
        self._in_use = in_use
        if in_use not in self.dropdown.options:
            known = [option for option in self.dropdown.options if option != NONE_FOUND]
            self.dropdown.options = (*known, in_use)
        self.dropdown.value = in_use
        self.button.disabled = False
