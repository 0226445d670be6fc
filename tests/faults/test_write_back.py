"""Every response is written once or held with its reason, whatever goes wrong."""

import pytest

from tests.faults.drills import DRILLS

pytestmark = [pytest.mark.journey, pytest.mark.drill]


@pytest.mark.parametrize("name", DRILLS)
def test_nothing_is_lost_and_nothing_is_written_twice(name, tmp_path):
    told = DRILLS[name](tmp_path, 60)

    assert not told.failed, told
    assert told.struck, "the drill has met no trouble, so it has shown nothing"
    assert told.attempted == told.written + told.held == 60
