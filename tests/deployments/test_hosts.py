"""Which sites a deployment may be shown on, and where it may lead."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.rules import hosts

SHOP = ["shop.example.com"]
THANKS = "https://shop.example.com/thanks?agent={{ agent }}"


@pytest.mark.parametrize(
    "site",
    ["https://www.example.com", "https://example.com:8443", "http://localhost:3000"],
)
def test_a_site_is_a_scheme_and_a_host(site):
    assert hosts.is_site(site)


@pytest.mark.parametrize(
    "site",
    [
        "",
        None,
        7,
        "www.example.com",
        "http://www.example.com",
        "https://*",
        "https://*.example.com",
        "https://example.com/",
        "https://example.com/path",
        "https://user@example.com",
        "https://example.com;",
        "https://example.com 'unsafe-inline'",
        "https://EXAMPLE.com",
        "javascript:alert(1)",
        "https://",
        "https://example.com:",
        "https://example.com:٣",
    ],
)
def test_what_is_no_site_is_refused(site):
    assert not hosts.is_site(site)


def test_values_are_put_into_the_address_as_pieces_of_it():
    values = {"agent": "E 17&admin=1#/../"}

    found = hosts.filled(THANKS, values, SHOP)

    assert found == (
        "https://shop.example.com/thanks?agent=E%2017%26admin%3D1%23%2F..%2F"
    )


def test_a_value_that_is_not_there_is_blank():
    found = hosts.filled(THANKS, {}, SHOP)

    assert found == "https://shop.example.com/thanks?agent="


def test_a_host_that_is_not_listed_is_not_led_to():
    assert hosts.filled(THANKS, {}, ["www.example.com"]) is None
    assert hosts.filled(THANKS, {}, []) is None


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "https://shop.example.com@evil.example/",
        "https://shop.example.com.evil.example/",
        "https://evil.example/?https://shop.example.com",
        "//evil.example/",
        "/thanks",
        "javascript:alert(1)",
        "https:shop.example.com",
        "http://shop.example.com/",
        "https://evil.example\\@shop.example.com/",
        "https://shop.example.com\n.evil.example/",
        " https://shop.example.com/",
        "https://shop.example.com:pass@evil.example/",
        "https://shop.example.com/" + "x" * 3000,
        "",
    ],
)
def test_a_whole_address_that_came_with_the_link_leads_only_to_listed_hosts(address):
    assert hosts.filled("{{ back }}", {"back": address}, SHOP) is None


def test_a_whole_address_of_a_listed_host_is_led_to():
    address = "https://shop.example.com/order/7?ok=1"

    assert hosts.filled("{{ back }}", {"back": address}, SHOP) == address


@pytest.mark.parametrize(
    ("address", "fits"),
    [
        (THANKS, True),
        ("{{ back }}", True),
        ("https://{{ host }}/", False),
        ("https://shop.{{ host }}/", False),
        ("http://shop.example.com/", False),
        ("shop.example.com", False),
        ("{{ back }}/thanks", False),
        ("https://shop.example.com/<script>", False),
        ("", False),
    ],
)
def test_an_address_has_a_host_that_stands_fast(address, fits):
    assert hosts.is_end(address) is fits


@settings(deadline=None, max_examples=200)
@given(text=st.text(), address=st.sampled_from([THANKS, "{{ agent }}"]))
def test_no_value_leads_elsewhere(text, address):
    found = hosts.filled(address, {"agent": text}, SHOP)

    assert found is None or urlsplit(found).hostname == "shop.example.com"
