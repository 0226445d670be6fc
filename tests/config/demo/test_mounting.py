"""The emulated org beside Tellback, on one port."""

import json
from io import BytesIO
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.wsgi import get_wsgi_application

from config.demo.mounting import mounted
from tests.factories.org import make_org


@pytest.fixture
def ask():
    application = mounted(get_wsgi_application(), make_org())

    def ask(path):
        environ = {"PATH_INFO": path, "HTTP_HOST": "127.0.0.1", "QUERY_STRING": ""}
        environ["wsgi.input"] = BytesIO()
        setup_testing_defaults(environ)
        told = {}
        parts = application(environ, lambda status, _headers: told.update(s=status))
        return told["s"], b"".join(parts).decode()

    return ask


def test_salesforces_paths_are_the_orgs(ask):
    status, body = ask("/services/data/")

    assert status.startswith("200")
    assert any(version["version"] == "66.0" for version in json.loads(body))


@pytest.mark.django_db
def test_all_other_paths_are_tellbacks(ask):
    assert ask("/healthz") == ("200 OK", "ok")
