import os
from pathlib import Path

from setuptools import find_packages, setup

package_name = "inhand_bringup"
here = Path(__file__).resolve().parent


def shared_files():
    """Return (folder below share, files) for every folder of launch/, config/, urdf/ and weights/."""
    found = []
    for top in ("launch", "config", "urdf", "weights"):
        folders = [here / top, *(path for path in (here / top).rglob("*") if path.is_dir())]
        for folder in folders:
            files = [os.path.relpath(path, here) for path in sorted(folder.glob("*")) if path.is_file()]
            if files:
                found.append((f"share/{package_name}/{folder.relative_to(here)}", files))
    return found


setup(
    name=package_name,
    version="0.2.0",
    packages=find_packages(exclude=["test"]),
    package_data={package_name: ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/" + package_name]),
        ("share/" + package_name, ["package.xml"]),
        ("bin", ["bin/inhand"]),
        *shared_files(),
    ],
    install_requires=["setuptools", "cryptography", "rich", "tyro"],
    extras_require={"test": ["pytest"]},  # by this `colcon test` knows pytest
    zip_safe=True,
    maintainer="In-hand maintainers",
    maintainer_email="maintainers@example.org",
    description="The command line, and the launch files, settings and models of the whole system.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "check_arguments = inhand_bringup.arguments:main",
        ],
        "inhand.commands": [
            "completion = inhand_bringup.completion:completion",
            "doctor = inhand_bringup.doctor:doctor",
            "security.check = inhand_bringup.security.commands:check",
            "security.init = inhand_bringup.security.commands:init",
            "sim = inhand_bringup.sim:sim",
        ],
    },
)
