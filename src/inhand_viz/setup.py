from setuptools import find_packages, setup

package_name = "inhand_viz"

setup(
    name=package_name,
    version="0.2.0",
    packages=find_packages(exclude=["test"]),
    package_data={package_name: ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/" + package_name]),
        ("share/" + package_name, ["package.xml"]),
    ],
    install_requires=["setuptools", "numpy"],
    extras_require={"test": ["pytest"]},  # by this `colcon test` knows pytest
    zip_safe=True,
    maintainer="In-hand maintainers",
    maintainer_email="maintainers@example.org",
    description="What every viewer shows: frames, shapes, marker states; /tf, /robot_description and markers for RViz.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "state_publisher = inhand_viz.nodes.state_publisher:main",
        ],
    },
)
