from setuptools import find_packages, setup

package_name = "inhand_policy"

setup(
    name=package_name,
    version="0.2.0",
    packages=find_packages(exclude=["test"]),
    package_data={package_name: ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/" + package_name]),
        ("share/" + package_name, ["package.xml"]),
    ],
    install_requires=["setuptools", "numpy", "onnx", "onnxruntime", "onnxscript", "safetensors", "torch", "tyro"],
    extras_require={"test": ["pytest"]},  # by this `colcon test` knows pytest
    zip_safe=True,
    maintainer="In-hand maintainers",
    maintainer_email="maintainers@example.org",
    description="Tracker, goals, policy network and runner, action smoother, and their nodes.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "tracker_node = inhand_policy.nodes.tracker_node:main",
            "goal_node = inhand_policy.nodes.goal_node:main",
            "policy_node = inhand_policy.nodes.policy_node:main",
            "smoother_node = inhand_policy.nodes.smoother_node:main",
            "inlet_node = inhand_policy.nodes.inlet_node:main",
            "composed_node = inhand_policy.nodes.composed_node:main",
        ],
        "inhand.commands": [
            "policy.init = inhand_policy.commands:init",
            "policy.show = inhand_policy.commands:show",
            "policy.export = inhand_policy.commands:export",
        ],
    },
)
