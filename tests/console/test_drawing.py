"""A browser that is told to draw nothing draws nothing: what `inhand bench page` says of the page rests on it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from inhand_bench.page.chromium import DRAWS_NOTHING, OPTIONS, Chromium, executable
from inhand_bench.page.frame_cost import LEAVES_A_PIXEL

pytestmark = pytest.mark.skipif(executable() is None, reason="no Chromium on this machine (Debian package: chromium)")


@pytest.mark.parametrize(("options", "drawn"), [(OPTIONS, True), (DRAWS_NOTHING, False)])
def test_what_is_drawn_leaves_a_pixel_unless_drawing_is_left_out(options: Sequence[str], drawn: bool) -> None:
    with Chromium(options=options) as browser:
        assert browser.ask(LEAVES_A_PIXEL) is drawn
