from setuptools import find_packages, setup

package_name = "inhand_drivers"

setup(
    name=package_name,
    version="0.2.0",
    packages=find_packages(exclude=["test"]),
    package_data={package_name: ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/" + package_name]),
        ("share/" + package_name, ["package.xml"]),
    ],
    install_requires=["setuptools", "numpy", "opencv-python-headless", "pypylon", "pysoem"],
    extras_require={"test": ["pytest"]},  # by this `colcon test` knows pytest
    zip_safe=True,
    maintainer="In-hand maintainers",
    maintainer_email="maintainers@example.org",
    description="Drivers of motion capture, cameras and hand, and servers that stand in for the devices.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "phasespace_driver = inhand_drivers.nodes.phasespace_driver:main",
            "emulate_phasespace = inhand_drivers.nodes.emulate_phasespace:main",
            "hand_driver = inhand_drivers.nodes.hand_driver:main",
            "basler_driver = inhand_drivers.nodes.basler_driver:main",
            "emulate_cameras = inhand_drivers.nodes.emulate_cameras:main",
            "emulate_hand = inhand_drivers.nodes.emulate_hand:main",
        ],
        "inhand.commands": [
            "emulate.phasespace = inhand_drivers.phasespace.emulator.replay:phasespace",
            "fuzz = inhand_drivers.fuzz:fuzz",
            "emulate.hand = inhand_drivers.nodes.emulate_hand:hand",
            "emulate.cameras = inhand_drivers.nodes.emulate_cameras:cameras",
        ],
    },
)
