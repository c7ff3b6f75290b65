"""One driver an interface, whatever graph it is of."""

import pytest

from inhand_core.config import ConfigError
from inhand_drivers.hand.sole import SoleDriver


def test_a_second_driver_of_an_interface_is_refused_until_the_first_has_ended() -> None:
    first, other = SoleDriver("test_sole_0"), SoleDriver("test_sole_1")
    with pytest.raises(ConfigError, match="interface 'test_sole_0': another driver drives the hand there"):
        SoleDriver("test_sole_0")
    first.release()
    first.release()
    SoleDriver("test_sole_0").release()
    other.release()
