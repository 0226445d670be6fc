"""Webhooks are told what became of write-backs, in the transaction that settled them."""

from __future__ import annotations

import pytest

from crm_mappings.delivery.giving_up import give_up
from crm_mappings.models import WriteBack
from responses.webhooks import delivering
from responses.webhooks.models import Delivery, Webhook
from tests.factories.crm import (
    NOW,
    case_step,
    completed,
    deliver,
    make_mapping,
    record_step,
)
from tests.factories.surveys import publish_survey

EVENTS = ["write_back.written", "write_back.held", "write_back.skipped"]


@pytest.fixture
def hook(db):
    return Webhook.objects.create(
        key="hook", name="Hook", url="https://example.com/", events=EVENTS
    )


def told():
    return list(Delivery.objects.order_by("pk").values_list("event", flat=True))


def test_written_and_held_are_told(hook, connection, org):
    version = publish_survey()
    mapping = make_mapping(connection, version, record_step())
    completed(version)
    make_mapping(connection, version, case_step())
    completed(version)
    deliver()

    assert sorted(set(told())) == ["write_back.held", "write_back.written"]
    one = Delivery.objects.filter(event="write_back.written").first()
    document = delivering.document(one)
    assert document["data"]["mapping"] == mapping.key
    assert document["data"]["write_back"]["state"] == "written"
    assert document["data"]["write_back"]["records"][0]["record_id"]


def test_what_a_person_gives_up_is_told_as_skipped(hook, connection):
    version = publish_survey()
    make_mapping(connection, version, case_step())
    completed(version)
    deliver()
    give_up(write_backs=WriteBack.objects.all(), reason="a test", now=NOW)

    assert told() == ["write_back.held", "write_back.skipped"]
