from setuptools import find_packages, setup

package_name = "inhand_console"

setup(
    name=package_name,
    version="0.2.0",
    packages=find_packages(exclude=["test"]),
    package_data={package_name: ["py.typed", "web/*"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/" + package_name]),
        ("share/" + package_name, ["package.xml"]),
    ],
    install_requires=[
        "setuptools",
        "fast-simplification",
        "numpy",
        "opencv-python-headless",
        "rich",
        "trimesh",
        "tyro",
        "viser",
        "websockets",
    ],
    extras_require={"test": ["pytest"]},  # by this `colcon test` knows pytest
    zip_safe=True,
    maintainer="In-hand maintainers",
    maintainer_email="maintainers@example.org",
    description="The web page.",
    license="Apache-2.0",
    entry_points={
        "inhand.commands": ["view.page = inhand_console.view_commands:page"],
        "console_scripts": [
            "console_node = inhand_console.nodes.console_node:main",
        ],
    },
)
