"""The admin as a whole: every screen of it, at addresses that nobody meant."""

import pytest
from django.urls import URLPattern, get_resolver

NUMBERS = ["0", "9" * 20]
WORDS = ["abc", "1_5F2", "ı"]


def patterns_below(resolver, prefix=""):
    """Give the address of every screen, with ``{}`` where something is to be named."""
    for one in resolver.url_patterns:
        route = prefix + str(one.pattern)
        if isinstance(one, URLPattern):
            yield one, route
        else:
            yield from patterns_below(one, route)


def screens():
    """Every address of the admin that names one thing."""
    for pattern, route in patterns_below(get_resolver()):
        kinds = [type(one).__name__ for one in pattern.pattern.converters.values()]
        if route.startswith("admin/") and len(kinds) == 1:
            head, _, tail = route.partition("<")
            addresses = NUMBERS if kinds == ["IntConverter"] else NUMBERS + WORDS
            yield f"/{head}{{}}{tail.partition('>')[2]}", addresses


@pytest.mark.django_db
@pytest.mark.parametrize(("screen", "addresses"), list(screens()))
def test_what_is_not_there_is_told_and_never_an_error(admin_client, screen, addresses):
    for address in addresses:
        answer = admin_client.get(screen.format(address))

        assert answer.status_code in {302, 403, 404, 405}, address
