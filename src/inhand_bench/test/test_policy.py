"""`inhand bench policy` times a weights file, and random weights where there is none."""

import pytest

from inhand_bench.policy import policy
from inhand_policy.architectures import NetworkSizes
from inhand_policy.export import initial_weights
from inhand_policy.weights import save_weights


@pytest.mark.parametrize("given", [True, False])
def test_a_policy_is_timed(tmp_path, capsys, given):
    out = tmp_path / "r.safetensors"
    save_weights(out, initial_weights(3, sizes=NetworkSizes(16, 8)))
    policy(out if given else None, steps=5)
    assert "p50" in capsys.readouterr().out
