from setuptools import find_packages, setup

package_name = "inhand_data"

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
        "lz4",
        "mcap",
        "opencv-python-headless",
        "PyYAML",
        "rosbags",
        "tyro",
        "zstandard",
    ],
    extras_require={"test": ["pytest"]},  # by this `colcon test` knows pytest
    zip_safe=True,
    maintainer="In-hand maintainers",
    maintainer_email="maintainers@example.org",
    description="Recorded data: bags read, written and repaired, images of any encoding, camera geometry. No ROS.",
    license="Apache-2.0",
    entry_points={
        "inhand.commands": [
            "bag.check = inhand_data.commands:check",
            "bag.repair = inhand_data.commands:repair",
        ],
    },
)
