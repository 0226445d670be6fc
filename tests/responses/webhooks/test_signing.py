"""Signatures are those of Standard Webhooks; pauses grow and end."""

from __future__ import annotations

import base64
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responses.webhooks import schedule, signing

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def test_the_example_of_the_specification():
    signature = signing.sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_new_secret_is_one():
    secret = signing.new_secret()

    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32


@pytest.mark.parametrize("secret", ["whsec_!!", "whsec_c2hvcnQ=", ""])
def test_what_is_no_secret_is_refused(secret):
    with pytest.raises(signing.BadSecret):
        signing.sign(secret, "msg_1", 1, b"")


@given(attempt=st.integers(1, 40), seed=st.integers())
def test_a_next_try_is_later_and_there_is_an_end(attempt, seed):
    due = schedule.next_try(attempt=attempt, now=NOW, rng=random.Random(seed))

    if attempt >= schedule.MOST_ATTEMPTS:
        assert due is None
    else:
        assert NOW < due <= NOW + timedelta(hours=29)


@given(failures=st.integers(0, 10_000))
def test_a_rest_is_never_longer_than_it_may_be(failures):
    assert schedule.rest(failures=failures) >= schedule.FIRST_REST
    assert schedule.rest(failures=failures) <= schedule.LONGEST_REST


def test_a_receiver_may_ask_for_a_rest_but_not_for_ever():
    asked = schedule.rest(failures=1, asked=timedelta(minutes=30))
    greedy = schedule.rest(failures=1, asked=timedelta(days=300))

    assert asked == timedelta(minutes=30)
    assert greedy == schedule.LONGEST_ASKED
