"""`inhand security init | check`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

NO_SECURITY = "doesn't have the security libraries"  # Fast DDS's own words
TRY = "import rclpy; rclpy.init(); rclpy.create_node('inhand_security_check')"


def init(keystore: Path = Path("security"), domain: tuple[int, ...] = (0,)) -> int:
    """Make keys, certificates and signed permissions for the hosts of config/security.yaml.

    Args:
        keystore: the folder to make; private/ in it belongs on no robot.
        domain: the ROS domain ids in use.
    """
    from inhand_bringup.security.keystore import create
    from inhand_bringup.security.policy import load_security

    homes = create(keystore, load_security(), domain)
    print(f"{keystore}/private/ca.key.pem signs everything: keep it where no robot is.")
    for home in homes:
        print(f"\nhost {home.name}: copy {home} there, to the same place in a keystore; before the launch:")
        for line in environment(keystore, home.name):
            print(f"  export {line}")
    return 0


def environment(keystore: Path, enclave: str) -> list[str]:
    """Return the variables, as NAME=value, that make every node of a shell a member of an enclave."""
    return [
        f"ROS_SECURITY_KEYSTORE={keystore.resolve()}",
        "ROS_SECURITY_ENABLE=true",
        "ROS_SECURITY_STRATEGY=Enforce",
        f"ROS_SECURITY_ENCLAVE_OVERRIDE=/inhand/{enclave}",
    ]


def check(enclave: str, keystore: Path = Path("security")) -> int:
    """Start a node in an enclave: do the files fit, and can this ROS's middleware do security at all?

    Args:
        enclave: hand, policy or operator.
        keystore: the folder that `inhand security init` made.
    """
    given = dict(line.split("=", 1) for line in environment(keystore, enclave))
    done = subprocess.run([sys.executable, "-c", TRY], env={**os.environ, **given}, capture_output=True, text=True)
    if done.returncode == 0:
        print(f"ok: a node starts in enclave /inhand/{enclave}")
        return 0
    said = done.stderr.strip().splitlines()
    if any(NO_SECURITY in line for line in said):
        print("the middleware of this ROS was built without security (that of the pip wheels is): use ROS from apt")
    else:
        print(f"no node starts in enclave /inhand/{enclave}: {said[-1] if said else 'no output'}")
    return 1
