"""Nails that something covers."""

import numpy as np
from sims import make_training

from inhand_core import rotations
from inhand_description import FINGERS
from inhand_sim.layout import FINGERTIP_MARKERS


def test_object_on_a_nail_hides_that_marker_and_holds_its_reading():
    sim = make_training(len(FINGERS), ("unmodeled",))
    sim.reset(np.ones(len(FINGERS), bool))
    sim.state.draw.force_probability[:] = 0.0
    rows, layout = np.arange(len(FINGERS)), sim.layout
    sim.place_object(rows, np.tile([0.0, -0.3, 0.5], (len(rows), 1)), np.tile([0.0, 0.0, 0.0, 1.0], (len(rows), 1)))
    free = sim.step({}, 0.08)["markers"]
    assert (free.condition[rows, FINGERTIP_MARKERS] > 0).all()
    nail = sim.worlds.bind("site_xpos")[rows, layout.marker_sites[FINGERTIP_MARKERS]]
    local = rotations.rotate(rotations.conjugate(layout.base_orientation)[None], nail - layout.base_position)
    sim.place_object(rows, local, np.tile([0.0, 0.0, 0.0, 1.0], (len(rows), 1)))
    covered = sim._markers()
    assert (covered.condition[rows, FINGERTIP_MARKERS] <= 0).all()
    assert np.array_equal(covered.position[rows, FINGERTIP_MARKERS], free.position[rows, FINGERTIP_MARKERS])
