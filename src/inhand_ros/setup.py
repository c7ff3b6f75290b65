from setuptools import find_packages, setup

package_name = "inhand_ros"

setup(
    name=package_name,
    version="0.2.0",
    packages=find_packages(exclude=["test"]),
    package_data={package_name: ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/" + package_name]),
        ("share/" + package_name, ["package.xml"]),
    ],
    install_requires=["setuptools", "numpy", "PyYAML"],
    extras_require={"test": ["pytest"]},  # by this `colcon test` knows pytest
    zip_safe=True,
    maintainer="In-hand maintainers",
    maintainer_email="maintainers@example.org",
    description="The graph on ROS 2: component nodes, codecs, quality of service, diagnostics, monitor and recorder.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "monitor_node = inhand_ros.nodes.monitor_node:main",
            "recorder_node = inhand_ros.nodes.recorder_node:main",
        ],
    },
)
