"""Whoever may not see a survey finds nothing of it on any screen of the admin."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db.models import ForeignKey
from django.urls import reverse

from crm_mappings.models import (
    Backfill,
    Connection,
    MilestoneRule,
    Provisioning,
    RecordUpdate,
    UndoRun,
    WriteBack,
)
from deployments.models import Cap, Contact, FollowUp, FollowUpMail, Mailing, PeopleList
from responses.scheduled.models import DumpRun, ScheduledDump
from responses.webhooks.models import Delivery, Webhook
from surveys.models import Level, Survey
from tests.config.test_admin_site import screens
from tests.factories.crm import make_mapping
from tests.factories.deployments import make_deployment, make_invitation, make_trigger
from tests.factories.responses import STARTED, make_response
from tests.factories.surveys import publish_survey

pytestmark = pytest.mark.django_db


def leads_to_a_survey(model, seen=()) -> bool:
    keys = [one for one in model._meta.get_fields() if isinstance(one, ForeignKey)]
    return model is Survey or any(
        leads_to_a_survey(one.related_model, (*seen, model))
        for one in keys
        if one.related_model not in (*seen, model)
    )


@pytest.fixture
def secret():
    """A survey that is its owner's alone, and one of everything that hangs on it."""
    owner = get_user_model().objects.create_user("owner")
    version = publish_survey()
    Survey.objects.update(owner=owner, everyone=Level.NONE)
    deployment = make_deployment(version.survey, key="case-closed")
    invitation = make_invitation(deployment, now=STARTED).invitation
    connection = Connection.objects.create(key="org", name="Org")
    mapping = make_mapping(connection, version)
    response = make_response(version, invitation=invitation)
    trigger = make_trigger(deployment)
    backfill = Backfill.objects.create(mapping=mapping, created_at=STARTED)
    update = {"connection": connection, "object": "Case"}
    follow_up = FollowUp.objects.create(deployment=deployment, kind="reminder")
    hook = Webhook.objects.create(
        key="hook", name="Hook", url="https://example.com/", survey=version.survey
    )
    people = {"deployment": deployment, "name": "People"}
    dump = ScheduledDump.objects.create(key="all", name="All", survey=version.survey)
    return [
        *(version.survey, deployment, invitation, mapping, response, trigger, backfill),
        *version.survey.pages.all(),
        *version.survey.pages.first().questions.all(),
        WriteBack.objects.create(
            response=response,
            mapping=mapping,
            revision=mapping.live_revision,
            backfill=backfill,
            state=WriteBack.State.HELD,
            error_code="AMBIGUOUS",
            due_at=STARTED,
            created_at=STARTED,
        ),
        Provisioning.objects.create(
            connection=connection,
            survey=version.survey,
            due_at=STARTED,
            created_at=STARTED,
        ),
        UndoRun.objects.create(
            mapping=mapping,
            backfill=backfill,
            until=STARTED,
            due_at=STARTED,
            created_at=STARTED,
        ),
        MilestoneRule.objects.create(deployment=deployment, **update),
        RecordUpdate.objects.create(
            **{"invitation": invitation, "record_id": "500", "values": {}, **update},
            due_at=STARTED,
            created_at=STARTED,
        ),
        Cap.objects.create(name="Two a year", survey=version.survey, most=2),
        FollowUpMail.objects.create(invitation=invitation, follow_up=follow_up),
        PeopleList.objects.create(**people, source="org", email_field="Email"),
        Mailing.objects.create(**people, created_at=STARTED),
        Contact.objects.create(
            deployment=deployment,
            email="ada@example.com",
            created_at=STARTED,
            updated_at=STARTED,
        ),
        hook,
        dump,
        DumpRun.objects.create(dump=dump, asked_at=STARTED, due_at=STARTED),
        Delivery.objects.create(
            webhook=hook,
            event="response.erased",
            subject="1",
            thread="1",
            occurred_at=STARTED,
            due_at=STARTED,
        ),
    ]


@pytest.fixture
def stranger(client):
    """Somebody with every right but that to oversee all surveys."""
    user = get_user_model().objects.create_user("stranger", is_staff=True)
    user.user_permissions.set(Permission.objects.exclude(codename="oversee_survey"))
    client.force_login(user)
    return client


def test_the_scene_has_one_of_everything_that_hangs_on_a_survey(secret):
    shown = {model for model in admin.site._registry if leads_to_a_survey(model)}

    assert shown <= {type(one) for one in secret}


def test_no_list_shows_a_row_of_it(stranger, secret):
    for row in secret:
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}_changelist"

        answer = stranger.get(reverse(name))

        if answer.status_code == 200:
            assert answer.context["cl"].result_count == 0, name


def test_no_screen_of_one_row_opens(stranger, admin_client, secret):
    opened = 0
    for screen, _addresses in screens():
        parts = screen.split("/")
        if len(parts) < 5 or parts[4] != "{}":
            continue
        model = apps.get_model(parts[2], parts[3])
        row = next((one for one in secret if type(one) is model), None)
        if row is None or not leads_to_a_survey(model):
            continue
        opened += admin_client.get(screen.format(row.pk)).status_code == 200

        answer = stranger.get(screen.format(row.pk))

        assert answer.status_code in {302, 403, 404, 405}, screen

    assert opened > len(secret)
