"""Everybody is asked once or held with the reason, whatever goes wrong."""

import pytest

from tests.faults.mail_drills import MAIL_DRILLS

pytestmark = [pytest.mark.journey, pytest.mark.drill]


@pytest.mark.parametrize("name", MAIL_DRILLS)
def test_nobody_is_lost_and_nobody_is_mailed_twice(name, tmp_path):
    told = MAIL_DRILLS[name](tmp_path, 30)

    assert not told.failed, told
    assert told.struck
    assert told.attempted == told.written + told.held == 30
