from setuptools import find_packages, setup

package_name = "inhand_sim"

setup(
    name=package_name,
    version="0.2.0",
    packages=find_packages(exclude=["test"]),
    package_data={package_name: ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/" + package_name]),
        ("share/" + package_name, ["package.xml"]),
    ],
    install_requires=["setuptools", "numpy", "mujoco", "opencv-python-headless", "fast-simplification"],
    extras_require={
        "test": ["pytest"],  # by this `colcon test` knows pytest
        "warp": ["mujoco-warp"],  # physics on a GPU
    },
    zip_safe=True,
    maintainer="In-hand maintainers",
    maintainer_email="maintainers@example.org",
    description="Batched physics of hand and object, domain randomisation, and the simulator node.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "sim_node = inhand_sim.nodes.sim_node:main",
            "camera_node = inhand_sim.nodes.camera_node:main",
        ],
        "inhand.commands": [
            "render.sheet = inhand_sim.cameras.sheet:sheet",
        ],
    },
)
