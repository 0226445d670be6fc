"""API keys: who gets in, who does not, and what they are told."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from config.models import ApiKey
from tests.factories.access import bearer, make_api_key

pytestmark = pytest.mark.django_db
URL = "/api/v1/surveys/"


def refused(client, headers=None):
    answer = client.get(URL, headers=headers or {})
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()


def test_a_key_with_the_scope_gets_in_and_its_use_is_noted(client):
    answer = client.get(URL, headers=bearer(make_api_key("surveys:read")))

    assert answer.status_code == 200
    assert ApiKey.objects.get().last_used_at is not None


def test_without_a_key_the_answer_says_how_to_send_one(client):
    answer = client.get(URL)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_an_unknown_key_is_refused(client):
    status, problem = refused(client, bearer("tb_wrong"))

    assert status == 401
    assert problem["title"] == "This API key is unknown, expired or revoked."


def test_a_key_that_is_not_even_text_is_refused(client):
    assert refused(client, {"Authorization": "Bearer \xff\x00"})[0] == 401


def test_another_scheme_is_refused(client):
    status, problem = refused(client, {"Authorization": "Basic dXNlcjpwdw=="})

    assert status == 401
    assert "Bearer" in problem["title"]


@pytest.mark.parametrize("field", ["expires_at", "revoked_at"])
def test_an_expired_or_revoked_key_is_refused(client, field):
    secret = make_api_key(**{field: timezone.now() - timedelta(seconds=1)})

    assert refused(client, bearer(secret))[0] == 401


def test_a_key_without_the_scope_is_told_which_one(client):
    status, problem = refused(client, bearer(make_api_key("links:write")))

    assert status == 403
    assert "surveys:read" in problem["title"]


def test_only_a_hash_of_the_key_is_kept():
    secret = make_api_key()

    stored = str(ApiKey.objects.values().get())

    assert secret not in stored
    assert secret[:9] in stored


def test_the_command_prints_a_key_that_works(client, capsys):
    call_command("create_api_key", "back office", "--scope", "surveys:read")

    secret = capsys.readouterr().out.strip()

    assert client.get(URL, headers=bearer(secret)).status_code == 200


def test_the_command_refuses_an_unknown_scope():
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("create_api_key", "back office", "--scope", "everything")
