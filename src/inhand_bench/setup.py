from setuptools import find_packages, setup

package_name = "inhand_bench"

setup(
    name=package_name,
    version="0.2.0",
    packages=find_packages(exclude=["test"]),
    package_data={package_name: ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/" + package_name]),
        ("share/" + package_name, ["package.xml"]),
    ],
    install_requires=["setuptools", "numpy", "torch", "mujoco", "websockets"],
    extras_require={"test": ["pytest"]},  # by this `colcon test` knows pytest
    zip_safe=True,
    maintainer="In-hand maintainers",
    maintainer_email="maintainers@example.org",
    description="Benchmarks of the whole workspace, and the campaign of faults; nothing needs it to run.",
    license="Apache-2.0",
    entry_points={
        "inhand.commands": [
            "bench.cameras = inhand_bench.sim.cameras:cameras",
            "bench.control = inhand_bench.control:control",
            "bench.drivers = inhand_bench.drivers.commands:drivers",
            "bench.env = inhand_bench.sim.commands:env",
            "bench.faults = inhand_bench.faults.commands:faults",
            "bench.graph = inhand_bench.graph:graph",
            "bench.learning = inhand_bench.training.learning:learning",
            "bench.network = inhand_bench.network.commands:network",
            "bench.page = inhand_bench.page.commands:page",
            "bench.physics = inhand_bench.sim.physics:physics",
            "bench.policy = inhand_bench.policy:policy",
            "bench.record = inhand_bench.record.commands:record",
            "bench.render = inhand_bench.training.render:render",
            "bench.sight = inhand_bench.vision.sight:sight",
            "bench.soak = inhand_bench.soak.commands:soak",
            "bench.training = inhand_bench.training.throughput:training",
            "bench.vision = inhand_bench.vision.commands:vision",
        ],
    },
)
