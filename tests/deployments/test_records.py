"""Invitations are found by a record that they are about, without reading them all."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from deployments.models import Invitation
from tests.factories.deployments import NOW, make_deployment, make_invitation

CASE = "500D000001AbCdEIAV"
MANY = 3000


def found(*ids):
    rows = Invitation.objects.filter(records__has_any_value=ids)
    return sorted(rows.values_list("email", flat=True))


@pytest.fixture
def deployment(survey):
    deployment = make_deployment(survey)
    for name, records in {
        "ada": {"Case": CASE, "Contact": "003000000000001AAA"},
        "bo": {"Order": 'a "quoted" \\ id, ü 🙂'},
        "cy": {"Case": "500D000001AbCdE", CASE: "other"},
        "dee": {},
    }.items():
        make_invitation(deployment, email=f"{name}@example.com", records=records)
    return deployment


def test_a_record_is_found_under_whatever_object_it_is(deployment):
    assert found(CASE) == ["ada@example.com"]
    assert found("003000000000001AAA", "nothing") == ["ada@example.com"]
    assert found(CASE, CASE[:15]) == ["ada@example.com", "cy@example.com"]
    assert found('a "quoted" \\ id, ü 🙂') == ["bo@example.com"]


@pytest.mark.parametrize(
    "ids",
    [[], [""], ["Case"], [CASE[:14]], [CASE.lower()], ['" || true'], ["%"], ["$"]],
)
def test_what_is_no_record_of_theirs_finds_nobody(deployment, ids):
    assert found(*ids) == []


@pytest.fixture
def crowd(deployment):
    pattern = Invitation.objects.get(email="ada@example.com")
    Invitation.objects.bulk_create(
        Invitation(
            deployment=deployment,
            token_hash=f"{number}",
            token=pattern.token,
            email=f"p{number}@example.com",
            records={"Case": f"500D0000000{number:04}", "Account": "001000000000001"},
            created_at=NOW,
        )
        for number in range(MANY)
    )
    with database.cursor() as cursor:
        if database.vendor == "postgresql":  # as a vacuum does it
            cursor.execute("SELECT gin_clean_pending_list('invitation_records')")
        cursor.execute("ANALYZE")


@pytest.mark.parametrize(
    "path",
    [
        "/admin/deployments/invitation/?q={}",
        "/admin/deployments/triggerevent/why/?q={}",
    ],
)
def test_the_screens_ask_the_index(crowd, client, path):
    user = get_user_model().objects.create_superuser("root", "root@example.com", "x")
    client.force_login(user)

    with CaptureQueriesContext(database) as asked:
        shown = client.get(path.format(CASE)).content.decode()

    assert "ada@example.com" in shown
    assert "p7@example.com" not in shown
    searches = [
        one["sql"] for one in asked if "records" in one["sql"].partition(" WHERE ")[2]
    ]
    assert searches
    if database.vendor == "postgresql":
        for sql in searches:
            with database.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}")
                plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "invitation_records" in plan, plan
            assert "Seq Scan on deployments_invitation" not in plan, plan


def test_what_is_no_whole_record_id_is_still_looked_for(crowd, client):
    user = get_user_model().objects.create_superuser("root", "root@example.com", "x")
    client.force_login(user)

    shown = client.get("/admin/deployments/invitation/?q=p29").content.decode()

    assert "p2999@example.com" in shown
    assert "ada@example.com" not in shown
