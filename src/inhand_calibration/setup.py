from setuptools import find_packages, setup

package_name = "inhand_calibration"

setup(
    name=package_name,
    version="0.2.0",
    packages=find_packages(exclude=["test"]),
    package_data={package_name: ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/" + package_name]),
        ("share/" + package_name, ["package.xml"]),
    ],
    install_requires=[
        "setuptools",
        "numpy",
        "matplotlib",
        "mujoco",
        "opencv-python-headless",
        "PyYAML",
        "rich",
        "scipy",
    ],
    extras_require={"test": ["pytest"]},  # by this `colcon test` knows pytest
    zip_safe=True,
    maintainer="In-hand maintainers",
    maintainer_email="maintainers@example.org",
    description="Calibration from recordings: Hall tables, the simulator's parameters, cameras; and their exercise.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "exercise_node = inhand_calibration.nodes.exercise_node:main",
        ],
        "inhand.commands": [
            "calibrate.board = inhand_calibration.cameras.commands:board",
            "calibrate.cameras = inhand_calibration.cameras.commands:cameras",
            "calibrate.joints = inhand_calibration.commands:joints",
            "calibrate.model = inhand_calibration.commands:model",
            "calibrate.proof = inhand_calibration.commands:proof",
            "calibrate.tables = inhand_calibration.commands:tables",
        ],
    },
)
