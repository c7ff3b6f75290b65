"""Lighter meshes: far fewer triangles, the same places, and images that look the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inhand_core.random import row_seeds
from inhand_description import ModelConfig, build_spec
from inhand_sim.cameras import Appearances, RendererError, load_cameras_config, make_renderer
from inhand_sim.cameras.meshes import mesh_in_file_frame, simplify_meshes
from inhand_sim.cameras.states import start_qpos

SHARE = 0.3


def test_triangles_are_saved_and_what_is_left_stays_in_place() -> None:
    spec = build_spec(ModelConfig(object="none", visuals=True))
    before = spec.compile()
    names = {geom.name: geom.meshname for geom in spec.geoms if geom.meshname}
    simplify_meshes(spec, SHARE)
    after = spec.compile()
    assert after.nmeshface < 0.5 * before.nmeshface
    for geom, mesh in names.items():
        full, _ = mesh_in_file_frame(before, mesh)
        light, _ = mesh_in_file_frame(after, next(g.meshname for g in spec.geoms if g.name == geom))
        assert np.abs(light.min(0) - full.min(0)).max() < 0.001, geom
        assert np.abs(light.max(0) - full.max(0)).max() < 0.001, geom


def test_all_of_a_mesh_is_the_mesh() -> None:
    spec = build_spec(ModelConfig(object="none", visuals=True))
    faces = spec.compile().mesh_face.copy()
    simplify_meshes(spec, 1.0)
    assert np.array_equal(spec.compile().mesh_face, faces)


def test_images_look_the_same() -> None:
    """Outlines to a pixel's breadth, and few pixels of another shade, under nominal and drawn looks."""
    images, qpos, looks = {}, start_qpos("block"), Appearances(row_seeds(7, 3)).draw()
    for detail in (1.0, SHARE):
        try:
            renderer = make_renderer("classic", config=replace(load_cameras_config(), detail=detail))
        except RendererError as error:
            pytest.skip(str(error))
        images[detail] = [renderer.render(qpos[0])]
        for row in range(3):
            renderer.set_looks(looks.row(row))
            images[detail].append(renderer.render(qpos[row + 1]))
        renderer.close()
    full, light = (np.array(images[detail]).astype(int) for detail in (1.0, SHARE))
    off = np.abs(full - light).max(axis=-1)
    assert 0.0 < np.abs(full - light).mean() < 0.5
    assert (off > 8).mean() < 0.02
    sky = full[0, 0, 0, 0]
    drawn = [np.abs(image - sky).max(axis=-1) > 12 for image in (full, light)]
    assert (drawn[0] & drawn[1]).sum() / (drawn[0] | drawn[1]).sum() > 0.995
