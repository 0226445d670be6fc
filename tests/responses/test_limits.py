"""Nobody guesses at links or floods them; offices and proxies are left alone."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import RequestFactory

from responses import limits
from responses.models import Response

pytestmark = pytest.mark.django_db
PUBLIC = "203.0.114.7"
ANSWERS = {"page": "p1", "csat": "5", "nps": "9", "go": "save"}


@pytest.fixture(autouse=True)
def empty():
    cache.clear()
    yield
    cache.clear()


@pytest.mark.parametrize(
    ("remote", "passed", "proxies", "expected"),
    [
        (PUBLIC, "", 0, PUBLIC),
        ("2a00:1450:4001:80f::200e", "", 0, "2a00:1450:4001:80f::200e"),
        ("127.0.0.1", "", 0, ""),
        ("10.1.2.3", "", 0, ""),
        ("", "", 0, ""),
        # Whoever names an address without a proxy before us is not believed.
        ("127.0.0.1", PUBLIC, 0, ""),
        ("10.1.2.3", PUBLIC, 1, PUBLIC),
        ("10.1.2.3", f"1.1.1.1, {PUBLIC}", 1, PUBLIC),
        ("10.1.2.3", f"{PUBLIC}, 10.0.0.1", 2, PUBLIC),
        ("10.1.2.3", "nonsense", 1, ""),
        ("10.1.2.3", "", 1, ""),
    ],
)
def test_whose_address_it_is(settings, remote, passed, proxies, expected):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get(
        "/", REMOTE_ADDR=remote, headers={"X-Forwarded-For": passed}
    )

    assert limits.own_address(request) == expected


def test_one_link_takes_so_many_pages_a_minute(client, link, settings, read):
    for _ in range(limits.PAGES_A_LINK):
        limits.spend("link", link.split("/")[2], limits.PAGES_A_LINK)

    page = read(client.post(link, ANSWERS))

    assert page.response.status_code == 429
    assert page.response.headers["Retry-After"] == "60"
    assert "Nothing is lost" in page.text
    assert not Response.objects.exists()
    assert client.get(link).status_code == 200


def test_a_web_link_is_everybodys(client, web, settings):
    for _ in range(3):
        assert client.post(web, ANSWERS).status_code == 204
    assert Response.objects.count() == 3


def test_one_address_sends_so_many_pages_a_minute(client, web, settings):
    settings.PAGES_PER_ADDRESS = 2
    said = [client.post(web, ANSWERS, REMOTE_ADDR=PUBLIC).status_code for _ in range(3)]

    assert said == [204, 204, 429]
    assert client.post(web, ANSWERS, REMOTE_ADDR="203.0.114.8").status_code == 204
    assert client.post(web, ANSWERS).status_code == 204


def test_whoever_guesses_links_is_stopped(client, link, settings):
    settings.MISSES_PER_ADDRESS = 2
    said = [
        client.get(f"/s/{number}/", REMOTE_ADDR=PUBLIC).status_code
        for number in range(3)
    ]

    assert said == [404, 404, 429]
    # A link that is right still opens.
    assert client.get(link, REMOTE_ADDR=PUBLIC).status_code == 200


def test_no_address_is_kept_as_it_is(client, web):
    client.post(web, ANSWERS, REMOTE_ADDR=PUBLIC)

    assert not any(PUBLIC in str(name) for name in cache._cache)
