"""API keys in the admin."""

import re

import pytest

from config.models import ApiKey
from tests.factories.access import bearer, make_api_key

pytestmark = pytest.mark.django_db


def test_a_new_key_is_shown_once(admin_client, client):
    answer = admin_client.post(
        "/admin/tellback/apikey/add/",
        {"name": "back office", "scopes": ["surveys:read"]},
        follow=True,
    )

    secret = re.search(r"<code>(tb_[\w-]+)</code>", answer.text).group(1)
    assert client.get("/api/v1/surveys/", headers=bearer(secret)).status_code == 200
    assert secret not in admin_client.get("/admin/tellback/apikey/").text


def test_a_key_is_revoked_from_the_list(admin_client, client):
    secret = make_api_key()
    key = ApiKey.objects.get()

    admin_client.post(
        "/admin/tellback/apikey/", {"action": "revoke", "_selected_action": [key.pk]}
    )

    assert client.get("/api/v1/surveys/", headers=bearer(secret)).status_code == 401


def test_nobody_can_make_tasks_or_schedules_by_hand(admin_client):
    index = admin_client.get("/admin/")

    assert "django_q" not in index.text
    assert admin_client.get("/admin/django_q/schedule/add/").status_code == 404


def test_the_rooms_stand_in_the_order_of_the_work(admin_client):
    rooms = admin_client.get("/admin/").context["app_list"]

    assert [room["app_label"] for room in rooms] == [
        "surveys",
        "deployments",
        "responses",
        "crm_mappings",
        "webhooks",
        "dumps",
        "tellback",
        "auth",
    ]
    assert [one["object_name"] for one in rooms[3]["models"]][:4] == [
        "Connection",
        "Mapping",
        "WriteBack",
        "Watch",
    ]
