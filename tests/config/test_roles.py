"""The roles are there after a migration, and each may do what its name says."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.test import Client

from config import roles
from config.settings import ROOT
from tests.factories.surveys import make_survey

pytestmark = pytest.mark.django_db


def member(role: str):
    user = get_user_model().objects.create_user(role.replace(" ", "-"), is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def test_the_migration_made_every_role() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == set(roles.ROLES)


def test_giving_again_keeps_what_was_given_and_what_was_taken() -> None:
    group = Group.objects.get(name="Analyst")
    own = Permission.objects.get(codename="add_survey")
    taken = Permission.objects.get(codename="view_invitation")
    group.permissions.add(own)
    group.permissions.remove(taken)
    before = {one.name: set(one.permissions.all()) for one in Group.objects.all()}

    roles.give(apps)

    after = {one.name: set(one.permissions.all()) for one in Group.objects.all()}
    assert after == before
    assert own in after["Analyst"]
    assert taken not in after["Analyst"]


def test_a_right_that_is_new_comes_to_the_roles_that_have_use_for_it() -> None:
    Permission.objects.filter(codename="change_webhook").delete()

    roles.give(apps)

    having = Group.objects.filter(permissions__codename="change_webhook")
    assert set(having.values_list("name", flat=True)) == {"Integrator", "Administrator"}


def test_a_role_that_was_deleted_is_made_again() -> None:
    Group.objects.filter(name="CRM admin").delete()

    roles.give(apps)

    assert Group.objects.get(name="CRM admin").permissions.exists()


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        (
            "Survey designer",
            [
                "surveys.change_survey",
                "surveys.delete_question",
                "responses.view_response",
            ],
            ["crm_mappings.view_connection", "deployments.change_deployment"],
        ),
        (
            "CRM admin",
            [
                "crm_mappings.change_mapping",
                "deployments.add_trigger",
                "surveys.view_survey",
            ],
            [
                "surveys.change_survey",
                "tellback.add_apikey",
                "responses.delete_response",
            ],
        ),
        (
            "Analyst",
            ["responses.view_response", "surveys.view_survey"],
            ["surveys.change_survey", "crm_mappings.view_connection"],
        ),
        (
            "Integrator",
            ["tellback.add_apikey", "crm_mappings.change_writeback"],
            [
                "crm_mappings.change_connection",
                "surveys.change_survey",
                "auth.add_user",
            ],
        ),
        (
            "Administrator",
            [
                "auth.change_user",
                "tellback.delete_apikey",
                "crm_mappings.add_connection",
            ],
            ["sessions.view_session"],
        ),
    ],
)
def test_each_role_may_do_what_its_name_says(role, may, may_not) -> None:
    user = member(role)

    assert [right for right in may if not user.has_perm(right)] == []
    assert [right for right in may_not if user.has_perm(right)] == []


def test_nobody_but_an_administrator_gives_rights() -> None:
    for role in set(roles.ROLES) - {"Administrator"}:
        rights = member(role).get_all_permissions()
        assert not [right for right in rights if right.startswith("auth.")]


def test_a_designer_works_in_the_admin_and_an_analyst_looks() -> None:
    survey = make_survey()
    address = f"/admin/surveys/survey/{survey.pk}/"
    found = {}
    for role in ("Survey designer", "Analyst"):
        client = Client()
        client.force_login(member(role))
        found[role] = (
            client.get(f"{address}change/").status_code,
            client.post(f"{address}publish/").status_code,
            client.get("/admin/surveys/survey/ready-made/").status_code,
            client.get("/admin/crm_mappings/connection/").status_code,
        )

    assert found == {
        "Survey designer": (200, 302, 200, 403),
        "Analyst": (200, 403, 403, 403),
    }


def test_every_role_is_in_the_docs() -> None:
    text = (ROOT / "docs" / "roles.md").read_text()

    assert [role for role in roles.ROLES if role not in text] == []
