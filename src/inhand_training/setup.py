from setuptools import find_packages, setup

package_name = "inhand_training"

setup(
    name=package_name,
    version="0.2.0",
    packages=find_packages(exclude=["test"]),
    package_data={package_name: ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/" + package_name]),
        ("share/" + package_name, ["package.xml"]),
    ],
    install_requires=["setuptools", "numpy", "ray", "rich", "safetensors", "tensorboard", "torch"],
    extras_require={"test": ["pytest"]},  # by this `colcon test` knows pytest
    zip_safe=True,
    maintainer="In-hand maintainers",
    maintainer_email="maintainers@example.org",
    description="Environment, PPO and distillation that train policies in the in-process graph. No ROS.",
    license="Apache-2.0",
    entry_points={
        "inhand.commands": [
            "train.keep = inhand_training.commands:keep",
            "train.networks = inhand_training.commands:networks",
            "train.policy = inhand_training.commands:policy",
            "train.status = inhand_training.commands:status",
            "train.vision = inhand_training.vision.commands:vision",
        ],
    },
)
