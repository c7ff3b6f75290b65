"""Objects as files: block and prism bit for bit as ever, shapes by what a file holds, and what no object can be."""

import hashlib
import json
from pathlib import Path

import mujoco
import numpy as np
import pytest
import yaml

from inhand_core.config import ConfigError, merge
from inhand_core.paths import resource_root
from inhand_description import ModelConfig, build_model, markers
from inhand_description.decomposition import decompose
from inhand_description.objects import OBJECTS
from inhand_description.things import symmetries
from inhand_description.urdf import object_urdf

GOLDEN = json.loads((Path(__file__).parent / "golden_objects.json").read_text())
SHIPPED = resource_root() / "config/objects"


def parts(name: str) -> dict[str, str]:
    """Digests of an object's numbers and of what MuJoCo makes of them."""
    thing, model = OBJECTS[name], build_model(ModelConfig(object=name, visuals=True))
    body = model.body("object").id
    geoms, sites = np.flatnonzero(model.geom_bodyid == body), np.flatnonzero(model.site_bodyid == body)
    arrays = {
        "vertices": thing.vertices,
        "markers": np.array(thing.markers),
        "body": np.concatenate([getattr(model, f"body_{key}")[body].ravel() for key in BODY]),
        "sites": model.site_pos[sites],
        **{key: getattr(model, f"geom_{key}")[geoms].astype(float) for key in GEOMS},
    }
    digests = {key: hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest()[:16] for key, a in arrays.items()}
    return {**digests, "urdf": hashlib.sha256(object_urdf(name).encode()).hexdigest()[:16]}


BODY = ("pos", "quat", "ipos", "iquat", "mass", "inertia")
GEOMS = ("type", "size", "pos", "quat", "rgba", "friction", "group")


@pytest.mark.parametrize("name", ["block", "prism"])
def test_block_and_prism_are_bit_for_bit_as_they_were_before_they_were_files(name):
    assert parts(name) == GOLDEN[name]


def write(folder: Path, base: str = "block", **change) -> str:
    """A file like a shipped one with other values; a value of None leaves its key out. Returns its path."""
    raw = merge(yaml.safe_load((SHIPPED / f"{base}.yaml").read_text()), change)
    path = folder / "thing.yaml"
    path.write_text(yaml.safe_dump({key: value for key, value in raw.items() if value is not None}))
    return str(path)


def test_a_third_object_has_its_own_shape(tmp_path):
    half = [0.03, 0.02, 0.025]
    brick = write(tmp_path, pieces=[{"box": half}], inertia=None, mass=None, density=500.0)
    thing, model = OBJECTS[brick], build_model(ModelConfig(object=brick))
    assert thing.name == "thing" and thing.half_size == pytest.approx(half) and len(thing.vertices) == 8
    assert thing.mass == pytest.approx(500.0 * 8 * 0.03 * 0.02 * 0.025)
    x, y, z = half
    expected = thing.mass / 3.0 * np.array([y * y + z * z, x * x + z * z, x * x + y * y])
    principal = np.sort(model.body("object").inertia)
    assert np.allclose(principal, np.sort(expected), rtol=1e-6)
    geom = model.geom("object")
    assert geom.type[0] == mujoco.mjtGeom.mjGEOM_BOX and np.allclose(geom.size, half)
    assert len(markers(brick)) == 17


@pytest.mark.parametrize(
    ("piece", "volume", "height"),
    [
        ({"sphere": 0.02}, 4 / 3 * np.pi * 0.02**3, 0.02),
        ({"cylinder": [0.02, 0.03]}, np.pi * 0.02**2 * 0.06, 0.03),
        ({"capsule": [0.02, 0.03]}, np.pi * 0.02**2 * 0.06 + 4 / 3 * np.pi * 0.02**3, 0.05),
        ({"box": [0.01, 0.02, 0.03], "position": [0.0, 0.0, 0.01]}, 8 * 0.01 * 0.02 * 0.03, 0.03),
    ],
)
def test_pieces_of_every_shape_weigh_their_volume(tmp_path, piece, volume, height):
    path = write(tmp_path, pieces=[piece], inertia=None, mass=None, density=1000.0)
    thing = OBJECTS[path]
    assert thing.mass == pytest.approx(1000.0 * volume, rel=1e-6)
    assert thing.half_size[2] == pytest.approx(height)
    assert np.allclose(thing.center_of_mass, piece.get("position", 0.0))
    assert build_model(ModelConfig(object=path, visuals=True)).nq == 31
    assert "<robot" in object_urdf(path)


def test_the_pieces_of_an_mjcf_or_urdf_file_are_the_object(tmp_path):
    (tmp_path / "t.xml").write_text(
        '<mujoco><worldbody><body><geom type="box" size=".02 .02 .01"/>'
        '<geom type="sphere" size=".01" pos="0 0 .02"/></body></worldbody></mujoco>'
    )
    box = '<collision><geometry><box size=".04 .04 .02"/></geometry></collision>'
    (tmp_path / "t.urdf").write_text(f'<robot name="t"><link name="l">{box}</link></robot>')
    for file, kinds in (("t.xml", ["box", "sphere"]), ("t.urdf", ["box"])):
        thing = OBJECTS[write(tmp_path, pieces=None, inertia=None, model=file)]
        assert [piece.kind for piece in thing.pieces] == kinds
        assert thing.pieces[0].box == pytest.approx((0.02, 0.02, 0.01))


def test_the_shipped_cup_is_hollow_and_the_sphere_round():
    model = build_model(ModelConfig(object="cup"))
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    place, turn = data.body("object").xpos, data.body("object").xmat.reshape(3, 3)
    inside, geom = place + turn @ [0.0, 0.0, 0.2], np.zeros(1, np.int32)
    distance = mujoco.mj_ray(model, data, inside, -turn[:, 2], None, 1, -1, geom)
    assert distance == pytest.approx(0.2 + 0.021, abs=2e-3)  # a ray into the cup meets its floor, not a lid
    assert OBJECTS["sphere"].inertia[0] == pytest.approx(0.4 * OBJECTS["sphere"].mass * 0.03**2, rel=1e-6)


def test_a_mesh_is_cut_into_pieces_that_fill_it(tmp_path):
    import trimesh

    cut = decompose(SHIPPED / "meshes/cup.obj", tmp_path, 8, 0.2)
    volume = sum(trimesh.load_mesh(path).volume for path in cut)
    assert 1 < len(cut) <= 8 and volume > trimesh.load_mesh(SHIPPED / "meshes/cup.obj").volume


OPEN = "v 0 0 0\nv .02 0 0\nv 0 .02 0\nv 0 0 .02\nf 1 2 3\nf 1 2 4\nf 1 3 4\n"  # a tetrahedron without its largest side
LINE = [[0.001 * (i % 2), 0.0, 0.006 * i - 0.02] for i in range(8)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"symmetry": "cubic"}, r"unknown symmetry 'cubic'; known \['none', 'C<n>', 'D<n>', 'cube'\]"),
        ({"symmetry": "C1"}, "unknown symmetry 'C1'"),
        ({"mesh": "open.obj"}, "mesh open.obj is not closed"),
        ({"pieces": [{"mesh": "open.obj"}]}, "mesh open.obj is not closed"),
        ({"mesh": "gone.obj"}, "no mesh .*gone.obj"),
        ({"markers": LINE}, r"markers lie on a line within 0\.5 mm"),
        ({"markers": LINE[:5]}, "expected 8 places, found 5"),
        ({"mass": 0}, r"thing\.yaml\.mass must be > 0, is 0 kg"),
        ({"mass": None, "inertia": None}, r"give one of \['density', 'mass'\]"),
        ({"density": 500.0}, "not both"),
        ({"inertia": [1e-5, 1e-5, 3e-5]}, "none may exceed the sum of the other two"),
        ({"pieces": []}, r"exactly one of \['model', 'pieces'\]"),
        ({"pieces": [{"box": [0.01, 0.01, 0.0]}]}, r"box\[2\] must be > 0, is 0 m"),
        ({"pieces": [{"box": [0.01] * 3, "sphere": 0.01}]}, r"exactly one of .*given \['box', 'sphere'\]"),
        ({"pieces": [{"ball": 0.01}]}, r"unknown \['ball'\]; known .*'sphere'"),
        ({"faces": [{"name": "a", "normal": [1, 1, 0], "rgb": [1, 0, 0], "distance": 0.02, "disc": 0.01}]}, "length 1"),
        ({"pieces": None, "model": "gone.xml"}, "no file .*gone.xml"),
    ],
)
def test_what_no_object_can_be_is_an_error_that_says_so(tmp_path, change, message):
    (tmp_path / "open.obj").write_text(OPEN)
    with pytest.raises(ConfigError, match=message):
        OBJECTS[write(tmp_path, **change)]


def test_an_unknown_object_is_named_with_the_shipped_ones():
    for name in ("brick", "no/such.yaml"):
        assert name not in OBJECTS
        with pytest.raises(ConfigError, match=rf"{name}.*'block', 'cup', 'prism', 'sphere'"):
            build_model(ModelConfig(object=name))


@pytest.mark.parametrize(("name", "size"), [("none", 1), ("C3", 3), ("D8", 16), ("cube", 24)])
def test_symmetries_are_groups(name, size):
    group = symmetries(name)
    assert len(group) == size and np.allclose(group[0], [0, 0, 0, 1])
    from scipy.spatial.transform import Rotation

    turns = Rotation.from_quat(group)
    for turn in turns:
        products = (turn * turns).as_quat()
        assert (np.abs(products @ group.T).max(axis=1) > 1.0 - 1e-9).all()
