"""How often something happens within a short time, as the cache knows it."""

import pytest
from django.core.cache import cache

from deployments import repeats


@pytest.fixture(autouse=True)
def empty():
    cache.clear()


def test_each_name_is_counted_by_itself():
    assert [repeats.count("a", window=60) for _ in range(3)] == [1, 2, 3]
    assert repeats.count("b", window=60) == 1


def test_what_is_given_back_counts_no_more():
    repeats.count("a", window=60)
    repeats.give_back("a")

    assert repeats.count("a", window=60) == 1


def test_nothing_is_given_back_that_was_never_counted():
    repeats.give_back("a")

    assert repeats.count("a", window=60) == 1


def test_when_the_window_has_ended_it_begins_anew():
    assert repeats.count("a", window=0) == 1
    assert repeats.count("a", window=60) == 1


def test_what_is_counted_now_is_kept_when_many_others_come_between():
    """An attacker's own noise must not wash away what is counted against them."""
    for number in range(2_000):
        repeats.count(f"noise:{number}", window=60)
        times = repeats.count("guesses", window=60)

    assert times == 2_000
    assert repeats.count("noise:0", window=60) == 2


def test_a_cache_that_is_down_turns_nobody_away(settings, caplog):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",  # nobody listens there
        }
    }

    assert [repeats.count("a", window=60) for _ in range(3)] == [1, 1, 1]
    repeats.give_back("a")

    assert "cannot be used" in caplog.text
