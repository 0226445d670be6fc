"""From where a call came, as our own proxies tell it."""

import pytest
from django.test import RequestFactory

from deployments import callers


@pytest.mark.parametrize(
    ("proxies", "told", "address"),
    [
        (0, "192.0.2.1", "127.0.0.1"),
        (1, "192.0.2.1", "192.0.2.1"),
        (1, "10.0.0.1, 192.0.2.1", "192.0.2.1"),
        (2, "10.0.0.1, 192.0.2.1", "10.0.0.1"),
        (2, "192.0.2.1", ""),
    ],
)
def test_only_our_own_proxies_are_believed(settings, proxies, told, address):
    settings.TRUSTED_PROXIES = proxies

    request = RequestFactory().get("/", headers={"X-Forwarded-For": told})

    assert callers.address(request) == address
