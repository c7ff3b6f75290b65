"""Rollout workers under Ray: learning works, a killed worker and a lost machine cost a chunk each."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest
import ray
from ray.cluster_utils import Cluster

TASK = Path(__file__).resolve().parents[2] / "src/inhand_training/test"
sys.path.insert(0, str(TASK))  # the toy task

from test_rapid import PHASE, make_model, recall  # noqa: E402

from inhand_training.ranks import Ranks  # noqa: E402
from inhand_training.rapid.learner import RapidLearner  # noqa: E402
from inhand_training.rapid.pool import WorkerPool  # noqa: E402
from inhand_training.rapid.worker import RolloutWorker  # noqa: E402


class Worker(RolloutWorker):
    """A worker on the toy task that tells who it is."""

    def pid(self) -> int:
        return os.getpid()

    def node(self) -> str:
        return ray.get_runtime_context().get_node_id()


@pytest.fixture(scope="module")
def cluster():
    """A head without cores for workers and two machines of two cores."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    cluster.machines = [cluster.add_node(num_cpus=2) for _ in range(2)]
    path = os.pathsep.join(
        [str(Path(__file__).parent), str(TASK), os.environ.get("PYTHONPATH", "")]
    )  # workers unpickle this file
    ray.init(address=cluster.address, runtime_env={"env_vars": {"PYTHONPATH": path}}, log_to_driver=False)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


def test_killed_worker_and_lost_machine_cost_their_chunks_alone(cluster):
    pool = WorkerPool(Worker, lambda number: (number, PHASE, 0, recall), range(4), max_staleness=1000)
    learner = RapidLearner(make_model(), PHASE, pool, chunks=2, ranks=Ranks())
    pids = {number: ray.get(actor.pid.remote()) for number, actor in pool.actors.items()}
    nodes = {number: ray.get(actor.node.remote()) for number, actor in pool.actors.items()}
    assert iterate_until(learner, lambda heard: heard == set(pids)) and len(set(nodes.values())) == 2

    os.kill(pids[0], signal.SIGKILL)
    assert iterate_until(learner, lambda heard: pool.lost == 1)
    assert iterate_until(learner, lambda heard: 0 in heard)
    assert ray.get(pool.actors[0].pid.remote()) != pids[0] and pool.lost == 1

    nodes = {number: ray.get(actor.node.remote()) for number, actor in pool.actors.items()}
    machine = cluster.machines[1]
    gone = {number for number, node in nodes.items() if node == machine.node_id}
    cluster.remove_node(machine, allow_graceful=False)
    assert iterate_until(learner, lambda heard: pool.lost == 1 + len(gone))
    assert gone and iterate_until(learner, lambda heard: heard == set(pids) - gone)  # goes on with who is left
    cluster.add_node(num_cpus=2)
    assert iterate_until(learner, lambda heard: heard >= gone) and pool.lost == 1 + len(gone)
    pool.close()


def test_learns_from_workers_and_reports_their_staleness(cluster):
    pool = WorkerPool(Worker, lambda number: (number, PHASE, 0, recall), range(2), max_staleness=3)
    learner = RapidLearner(make_model(), PHASE, pool, chunks=2, ranks=Ranks())
    for _ in range(600):  # how soon depends on when which worker gets a core
        if (scalars := learner.iterate(0.0)[0])["reward"] > 0.5:
            break
    assert scalars["reward"] > 0.5 and 0.0 <= scalars["staleness"] <= scalars["staleness_max"] <= 3.0
    pool.close()


def iterate_until(learner, reached, limit_s=120.0):
    """Learns on until `reached` holds of the workers heard in the last second, or false after `limit_s`."""
    begin = time.monotonic()
    while time.monotonic() - begin < limit_s:
        heard, since = set(), time.monotonic()
        while time.monotonic() - since < 1.0:
            learner.iterate(0.0)
            heard |= learner.heard
        if reached(heard):
            return True
    return False
