"""The admin as a whole: every screen of it, at addresses that nobody meant."""

from datetime import UTC, datetime

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import URLPattern, get_resolver, reverse
from django.utils.formats import date_format
from django.utils.translation import override

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


def test_a_moment_says_its_time_zone_and_its_month_in_words():
    at = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)
    written = {}
    for language in ("en", "de"):
        with override(language):
            written[language] = [
                date_format(at, name).replace("\xa0", " ")
                for name in ("DATETIME_FORMAT", "SHORT_DATETIME_FORMAT")
            ]

    assert written["en"] == ["2 Mar 2026, 09:05 UTC"] * 2
    assert written["de"] == ["2. März 2026, 09:05 UTC", "02.03.2026, 09:05 UTC"]


@pytest.mark.django_db
def test_an_empty_list_to_which_nobody_adds_says_how_it_is_filled(admin_client, rf):
    request = rf.get("/")
    request.user = User.objects.get()
    filled_by_others = {
        model: own
        for model, own in admin.site._registry.items()
        if not own.has_add_permission(request) and own.has_module_permission(request)
    }

    assert [m for m, own in filled_by_others.items() if not own.when_empty] == []
    listed = admin_client.get(reverse("admin:deployments_contact_changelist"))
    assert "for the mailings of their deployment" in listed.content.decode()
