from setuptools import find_packages, setup

package_name = "inhand_eval"

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
        "matplotlib",
        "mujoco",
        "opencv-python-headless",
        "rich",
        "pillow",
        "scipy",
        "torch",
        "tyro",
    ],
    extras_require={"test": ["pytest"]},  # by this `colcon test` knows pytest
    zip_safe=True,
    maintainer="In-hand maintainers",
    maintainer_email="maintainers@example.org",
    description="Trials of policies and estimators, in process and over DDS, their statistics, and studies.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "trials_node = inhand_eval.nodes.trials_node:main",
        ],
        "inhand.commands": [
            "evaluate.policy = inhand_eval.commands:policy",
            "evaluate.vision = inhand_eval.vision_commands:vision",
            "study.ablation = inhand_eval.studies.commands:ablation",
            "study.memory = inhand_eval.studies.commands:memory",
            "study.probe = inhand_eval.studies.commands:probe",
            "study.sensitivity = inhand_eval.studies.commands:sensitivity",
            "study.scale = inhand_eval.studies.commands:scale",
            "study.task = inhand_eval.studies.commands:task",
            "evaluate.graph = inhand_eval.graph_commands:graph",
            "view.bag = inhand_eval.view_commands:bag",
        ],
    },
)
