from setuptools import find_packages, setup

package_name = "inhand_eval"

setup(
    name=package_name,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
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
        "PyYAML",
        "rich",
        "pillow",
        "pyarrow",
        "scipy",
        "torch",
        "tyro",
    ],
    zip_safe=True,
    maintainer="In-hand maintainers",
    maintainer_email="maintainers@example.org",
    description="Trials of trained policies through the in-process graph, and their statistics. No ROS.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "exercise_node = inhand_eval.nodes.exercise_node:main",
            "trials_node = inhand_eval.nodes.trials_node:main",
        ],
        "inhand.commands": [
            "evaluate.policy = inhand_eval.commands:policy",
            "calibrate.board = inhand_eval.calibration.cameras_commands:board",
            "calibrate.cameras = inhand_eval.calibration.cameras_commands:cameras",
            "calibrate.joints = inhand_eval.calibration.commands:joints",
            "calibrate.model = inhand_eval.calibration.commands:model",
            "calibrate.tables = inhand_eval.calibration.commands:tables",
            "calibrate.proof = inhand_eval.calibration.commands:proof",
            "evaluate.vision = inhand_eval.vision_commands:vision",
            "study.ablation = inhand_eval.studies.commands:ablation",
            "study.memory = inhand_eval.studies.commands:memory",
            "study.probe = inhand_eval.studies.commands:probe",
            "study.sensitivity = inhand_eval.studies.commands:sensitivity",
            "study.scale = inhand_eval.studies.commands:scale",
            "study.task = inhand_eval.studies.commands:task",
            "evaluate.graph = inhand_eval.graph_commands:graph",
            "bag.check = inhand_eval.bag_commands:check",
            "dataset.from-bag = inhand_eval.bag_commands:from_bag",
            "view.bag = inhand_eval.view_commands:bag",
            "dataset.export = inhand_eval.bag_commands:export",
        ],
    },
)
