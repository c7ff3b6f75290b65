"""The steps of underlay/setup: what each is made from and how it is done."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import apt
from .where import RECORD, ROOT, VENV, held, python_version, wheels_distribution

UNDERLAY = ROOT / "underlay"
LIBRARIES = ROOT / "requirements.txt"
TOOLS = ROOT / "requirements-dev.txt"
BUILD_TOOLS = UNDERLAY / "requirements.txt"
CONSTRAINTS = UNDERLAY / "constraints.txt"
DPKG_STATUS = Path("/var/lib/dpkg/status")
UNREAD = (
    "embreex",
    "embreex.libs",
    "gymnasium_robotics/envs/assets/adroit_hand",
    "gymnasium_robotics/envs/assets/kitchen_franka",
    "matplotlib/tests",
    "networkx/**/tests",
    "onnx/backend/test",
    "pyarrow/tests",
    "pypylon/dataprocessingplugins*",
    "pypylon/pylondataprocessingplugins",
    "ray/jars",
    "ray/rllib",
    "scipy/**/tests",
    "sympy/**/tests",
    "torch/bin/protoc*",
    "torch/bin/test_*",
    "torch/include",
    "torch/test",
)
"""What wheels bring and nothing here reads: tests, headers, ray tracing, image recognition, Java, other learners and
robots."""


@dataclass(frozen=True)
class Step:
    """One step: a name for its stamp, a line for the user, the inputs that its stamp hashes, and the work."""

    name: str
    says: str
    run: Callable[[], None]
    files: tuple[Path, ...] = ()
    settings: tuple[str, ...] = ()


def call(*command: str | Path, env: dict[str, str] | None = None) -> None:
    """Run a command, showing its output.

    Raises:
        RuntimeError: it exits with another status than 0.
    """
    words = [str(word) for word in command]
    if subprocess.run(words, env=env).returncode != 0:
        raise RuntimeError(f"`{' '.join(words)}` failed (its output is above); run this again to go on from here")


def call_quietly(log: Path, *command: str | Path) -> None:
    """Run a command in the wheels' environment with its output in `log`, whose end is shown when it fails.

    Raises:
        RuntimeError: it exits with another status than 0.
    """
    words = [str(word) for word in command]
    done = subprocess.run(words, env=wheels_env(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    log.write_text(done.stdout)
    if done.returncode != 0:
        end = "\n".join(done.stdout.splitlines()[-30:])
        raise RuntimeError(f"`{' '.join(words)}` failed; the end of {log}:\n{end}")


def ros_wheels(distribution: str) -> Path:
    """Return the file that pins a distribution's wheels."""
    return UNDERLAY / f"{distribution}.txt"


def site() -> Path:
    """Return the environment's site-packages."""
    (folder,) = VENV.glob("lib/python3*/site-packages")
    return folder


def make_venv(python: str, *options: str) -> None:
    """Make the virtual environment, or complete one that was cut off; one of another Python version is made anew."""
    there = VENV / "bin" / "python"
    clear = ["--clear"] if there.exists() and python_version(str(there)) != python_version(python) else []
    call(python, "-m", "venv", *clear, *options, VENV)


def make_wheels_venv(python: str, distribution: str) -> None:
    """Make the environment for the wheels of one distribution; one that holds another's is made anew."""
    if held() not in (None, distribution):
        shutil.rmtree(VENV)
    make_venv(python)
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(f"{distribution}\n")


def pip_install(*arguments: str | Path) -> None:
    """Run the environment's pip install, quietly but for what it downloads."""
    call(VENV / "bin" / "python", "-m", "pip", "install", "--progress-bar", "off", "-qq", *arguments, env=wheels_env())


def remove_unread() -> None:
    """Remove what nothing reads from the installed wheels; pip does not miss it."""
    for path in [path for pattern in UNREAD for path in site().glob(pattern)]:
        if path.is_dir():
            shutil.rmtree(path)
        elif path.exists():
            path.unlink()


def wheels_env() -> dict[str, str]:
    """Return the environment in which the wheels' own start-up hook stays quiet and CMake finds their packages."""
    libraries = [str(VENV / "lib"), *map(str, sorted(VENV.glob("lib/python3*/site-packages/ros_*.libs")))]
    return {
        **os.environ,
        "_ROS_WHEELS_BOOTSTRAP_COMPLETE": "1",
        "VIRTUAL_ENV": str(VENV),
        "PATH": f"{VENV / 'bin'}:{os.environ['PATH']}",
        "AMENT_PREFIX_PATH": str(VENV),
        "CMAKE_PREFIX_PATH": str(VENV),
        "LD_LIBRARY_PATH": ":".join(libraries),
        "PYTHONPATH": "",
    }


def install_drop_ins() -> None:
    """Put underlay/python (ros2, cv_bridge, tf_transformations) on the environment's path and `ros2` into its bin."""
    (site() / "inhand_underlay.pth").write_text(f"{UNDERLAY / 'python'}\n")
    program = VENV / "bin" / "ros2"
    program.write_text(f"#!{VENV / 'bin' / 'python'}\nimport sys\nfrom ros2_lite.cli import main\n\nsys.exit(main())\n")
    program.chmod(0o755)
    (VENV / "local_setup.bash").write_text(f". {UNDERLAY / 'env.bash'}\n")


def build_messages() -> None:
    """Generate the message packages without a wheel and install them into the environment, beside the others."""
    for source in sorted((UNDERLAY / "src").iterdir()):
        build = VENV / ".inhand" / "build" / source.name
        shutil.rmtree(build, ignore_errors=True)
        build.mkdir(parents=True)
        configure = ["-S", source, "-B", build, f"-DCMAKE_INSTALL_PREFIX={VENV}", "-DBUILD_TESTING=OFF"]
        call_quietly(build / "configure.log", "cmake", *configure, "-Wno-dev")
        call_quietly(build / "build.log", "cmake", "--build", build, "--target", "install", "--parallel", "2")


def wheels_plan(python: str, tools: bool) -> list[Step]:
    """Return the steps on a machine without ROS."""
    distribution = wheels_distribution()
    runtime = (ros_wheels(distribution), BUILD_TOOLS, LIBRARIES)
    messages = tuple(path for path in (UNDERLAY / "src").rglob("*") if path.is_file())
    wanted = [
        Step(
            "venv",
            f"making {VENV} with {python}",
            lambda: make_wheels_venv(python, distribution),
            settings=(str(VENV), distribution),
        ),
        Step(
            "packages",
            f"installing the wheels of ROS 2 {distribution} and Python libraries (about 1 GB; takes minutes)",
            lambda: pip_install(*apt.wanted(*runtime), "-c", CONSTRAINTS),
            files=(*runtime, CONSTRAINTS),
            settings=apt.left_out(),
        ),
        Step("unread", "removing what nothing reads", remove_unread, settings=UNREAD),
        Step(
            "cmake_paths",
            "fitting the wheels' CMake files to this machine",
            lambda: call(VENV / "bin" / "python", UNDERLAY / "patch_wheels.py", env=wheels_env()),
            files=(UNDERLAY / "patch_wheels.py",),
        ),
        Step("messages", "generating tf2_msgs", build_messages, files=messages),
        Step("drop_ins", "adding ros2, cv_bridge and tf_transformations", install_drop_ins, files=(Path(__file__),)),
    ]
    return [*wanted, tools_step(TOOLS, CONSTRAINTS)] if tools else wanted


def tools_step(*files: Path) -> Step:
    """Return the step that brings what tests, lint and documentation need: a requirements file, and constraints."""
    options = ["-r", files[0], *(word for path in files[1:] for word in ("-c", path))]
    says = "installing what tests, lint and documentation need"
    return Step("tools", says, lambda: pip_install(*options), files=files)


def install_beside_apt(python: str, *files: Path) -> None:
    """Install what of some requirements files apt does not have; what apt's ROS was built with stays in front.

    Raises:
        RuntimeError: pip fails, or one of the kept libraries is another one than before, or does not import any more.
    """
    choice = apt.choose(python, *files)
    constraints = VENV / ".inhand" / "constraints.txt"
    constraints.parent.mkdir(parents=True, exist_ok=True)
    constraints.write_text("".join(f"{line}\n" for line in choice.constraints))
    if choice.requirements:
        pip_install(*choice.requirements, "-c", constraints)
    for site in VENV.glob("lib/python3*/site-packages"):
        apt.check(python, site)


def apt_plan(python: str, prefix: Path, tools: bool) -> list[Step]:
    """Return the steps on a machine whose ROS comes from apt: Python libraries beside it, nothing else."""
    installed = str(DPKG_STATUS.stat().st_mtime_ns) if DPKG_STATUS.exists() else ""  # apt may have brought other ones
    says = "installing what tests, lint and documentation need"
    wanted = [
        Step(
            "venv",
            f"making {VENV} over {prefix} (--system-site-packages)",
            lambda: make_venv(python, "--system-site-packages"),
            settings=(str(VENV), str(prefix)),
        ),
        Step(
            "packages",
            "installing the Python libraries that apt did not bring",
            lambda: install_beside_apt(python, LIBRARIES),
            files=(LIBRARIES,),
            settings=(installed, *apt.left_out()),
        ),
    ]
    tools_wanted = Step("tools", says, lambda: install_beside_apt(python, TOOLS), files=(TOOLS,))
    return [*wanted, tools_wanted] if tools else wanted


def plan(python: str, apt_ros: Path | None, tools: bool = False) -> list[Step]:
    """Return all steps for this machine, in order; with `tools` also what tests, lint and documentation need."""
    return apt_plan(python, apt_ros, tools) if apt_ros else wheels_plan(python, tools)
