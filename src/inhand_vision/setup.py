from setuptools import find_packages, setup

package_name = "inhand_vision"

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
        "opencv-python-headless",
        "pyarrow",
        "rich",
        "safetensors",
        "torch",
        "tyro",
    ],
    extras_require={"test": ["pytest"]},  # by this `colcon test` knows pytest
    zip_safe=True,
    maintainer="In-hand maintainers",
    maintainer_email="maintainers@example.org",
    description="The object's pose from camera images: image pipeline, datasets, network, estimator, its node.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "pose_estimator_node = inhand_vision.nodes.pose_estimator_node:main",
        ],
        "inhand.commands": [
            "dataset.export = inhand_vision.datasets.commands:export",
            "dataset.from-bag = inhand_vision.datasets.commands:from_bag",
        ],
    },
)
