import importlib.util
import os
from pathlib import Path

from setuptools import find_packages, setup

package_name = "inhand_description"


def meshes() -> list[str]:
    """The hand's meshes and their licence, from the installed gymnasium-robotics: the URDF names them as ours."""
    found = importlib.util.find_spec("gymnasium_robotics")
    folder = Path(found.submodule_search_locations[0]) / "envs/assets" if found else Path("none")
    here = Path(__file__).resolve().parent
    paths = [*sorted(folder.glob("stls/hand/*.stl")), *folder.glob("LICENSE.md")]
    return [os.path.relpath(path, here) for path in paths]  # colcon refuses absolute ones


setup(
    name=package_name,
    version="0.2.0",
    packages=find_packages(exclude=["test"]),
    package_data={package_name: ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/" + package_name]),
        ("share/" + package_name, ["package.xml"]),
        ("share/" + package_name + "/meshes", meshes()),
    ],
    install_requires=["setuptools", "numpy", "PyYAML", "mujoco", "gymnasium-robotics", "coacd", "trimesh", "tyro"],
    extras_require={"test": ["pytest"]},  # by this `colcon test` knows pytest
    zip_safe=True,
    maintainer="In-hand maintainers",
    maintainer_email="maintainers@example.org",
    description="The hand, the objects and the scene as tables with a source for each number; "
    "MuJoCo models and URDF built from them.",
    license="Apache-2.0",
    entry_points={
        "inhand.commands": [
            "description.write = inhand_description.commands:write",
            "description.decompose = inhand_description.commands:decompose",
            "description.show = inhand_description.commands:show",
        ],
    },
)
