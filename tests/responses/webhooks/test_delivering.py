"""A webhook is told everything once it is committed, and fails without harm."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import Counter
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.core import mail
from django.db import transaction

from responses.erasure import erase
from responses.webhooks import keeping, outbox, schedule
from responses.webhooks.delivering import KEPT, forget_old
from responses.webhooks.models import Delivery, DeliveryAttempt, Webhook
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.responses import submit_response
from tests.factories.surveys import publish_survey, survey_document
from tests.factories.wire import json_answer
from tests.responses.webhooks.conftest import NOW


@pytest.fixture
def version(db):
    return publish_survey()


def events(server):
    return [json.loads(request.body)["type"] for request in server.requests]


def states():
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def test_a_completed_response_is_told_with_its_answers(
    make_hook, version, work, receiver
):
    make_hook()
    response = submit_response(version, {"csat": 4})

    assert work() == 1
    [request] = receiver.requests
    told = json.loads(request.body)
    assert told["type"] == "response.completed"
    assert told["data"]["id"] == str(response.key)
    assert told["data"]["response"]["answers"] == {"csat": 4}
    assert states() == ["delivered"]
    assert DeliveryAttempt.objects.get().status == 200


def test_the_signature_is_that_of_standard_webhooks(make_hook, version, work, receiver):
    hook = make_hook()
    submit_response(version, {"csat": 4})
    work()

    [request] = receiver.requests
    head = {name.lower(): value for name, value in request.headers.items()}
    signed = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode()
    key = base64.b64decode(hook.secret.removeprefix("whsec_"))
    digest = hmac.new(key, signed + request.body, hashlib.sha256).digest()
    assert head["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert head["webhook-id"] == Delivery.objects.get().message_id


def test_both_secrets_sign_while_one_follows_the_other(
    make_hook, version, work, receiver
):
    hook = make_hook()
    before = hook.secret
    after = keeping.rotate(webhook=hook, now=NOW)
    submit_response(version, {"csat": 4})
    work(NOW)
    submit_response(version, {"csat": 5})
    work(NOW + keeping.OVERLAP)

    assert before != after
    first, second = (request.headers for request in receiver.requests)
    assert len(first["webhook-signature"].split()) == 2
    assert len(second["webhook-signature"].split()) == 1


def test_what_is_rolled_back_is_not_told(make_hook, version):
    make_hook()
    with transaction.atomic():
        submit_response(version, {"csat": 4})
        transaction.set_rollback(True)

    assert not Delivery.objects.exists()


def test_only_what_is_asked_for_is_told(make_hook, version, work, receiver):
    other = publish_survey(survey_document(key="other"))
    make_hook("response.erased")
    make_hook(survey=other.survey)
    submit_response(version, {"csat": 4})

    assert work() == 0


def test_an_erased_response_is_told_empty_though_it_was_completed_before(
    make_hook, version, work, receiver
):
    make_hook("response.completed", "response.erased")
    response = submit_response(version, {"csat": 2, "why": "Ada was rude"})
    erase(response=response, now=NOW)
    work(NOW + timedelta(days=1))

    assert sorted(events(receiver)) == ["response.completed", "response.erased"]
    assert not any(b"rude" in request.body for request in receiver.requests)


def test_ids_only_tells_nothing_about_the_person(make_hook, version, work, receiver):
    make_hook(thin=True)
    submit_response(version, {"csat": 4})
    work()

    data = json.loads(receiver.requests[0].body)["data"]
    assert set(data) == {"id", "survey"}


def test_milestones_of_an_invitation_are_told(make_hook, version, work, receiver):
    make_hook("invitation.invited")
    deployment = make_deployment(version.survey)
    made = make_invitation(deployment, now=NOW)
    work()

    told = json.loads(receiver.requests[0].body)["data"]
    assert told["invitation"]["email"] == "ada@example.com"
    assert told["deployment"] == deployment.key
    assert made.token.encode() not in receiver.requests[0].body


def test_who_fails_is_tried_again_with_the_same_id(make_hook, version, work, receiver):
    make_hook()
    receiver.answers[:] = [json_answer({}, status=503), json_answer({})]
    submit_response(version, {"csat": 4})

    work(NOW)
    assert states() == ["waiting"]
    assert work(NOW + timedelta(seconds=1)) == 0
    work(NOW + timedelta(minutes=1))

    first, second = (one.headers["webhook-id"] for one in receiver.requests)
    assert first == second
    assert states() == ["delivered"]
    hook = Webhook.objects.get()
    assert (hook.failures, hook.failing_since, hook.problem) == (0, None, "")


def test_tries_go_on_for_days_and_end(make_hook, version, work, receiver):
    make_hook()
    receiver.answers[:] = [json_answer({}, status=500)]
    submit_response(version, {"csat": 4})
    now = NOW
    for _ in range(schedule.MOST_ATTEMPTS):
        assert work(now) == 1
        now += timedelta(days=2) if _ == 0 else timedelta(hours=30)
        Webhook.objects.update(failing_since=None)

    assert states() == ["failed"]
    assert sum(schedule.PAUSES, timedelta()) > timedelta(days=3)
    assert work(now) == 0


def test_a_webhook_that_fails_for_long_is_switched_off_and_people_are_told(
    make_hook, version, work, receiver
):
    make_hook(emails="ops@example.com")
    receiver.answers[:] = [json_answer({}, status=500)]
    submit_response(version, {"csat": 4})
    work(NOW)
    submit_response(version, {"csat": 5})
    work(NOW + schedule.GIVE_UP_AFTER)

    assert Webhook.objects.get().status == "disabled"
    [letter] = mail.outbox
    assert letter.to == ["ops@example.com"]
    assert "500" in letter.body
    assert work(NOW + timedelta(days=6)) == 0

    receiver.answers[:] = [json_answer({})]
    keeping.resume(webhook=Webhook.objects.get(), now=NOW + timedelta(days=7))
    assert work(NOW + timedelta(days=7)) == 2
    assert states() == ["delivered", "delivered"]


def test_gone_is_believed_at_once(make_hook, version, work, receiver):
    make_hook()
    receiver.answers[:] = [json_answer({}, status=410)]
    submit_response(version, {"csat": 4})
    work()

    assert Webhook.objects.get().status == "disabled"


def test_a_redirect_is_not_followed(make_hook, version, work, receiver):
    make_hook()
    away = f"{receiver.origin}/elsewhere"
    receiver.answers[:] = [json_answer({}, status=302, Location=away)]
    submit_response(version, {"csat": 4})
    work()

    assert len(receiver.requests) == 1
    assert "redirect" in Webhook.objects.get().problem


def test_one_that_fails_rests_and_is_then_tried_with_one(
    make_hook, version, work, receiver
):
    make_hook()
    receiver.answers[:] = [json_answer({}, status=500)]
    for _ in range(4):
        submit_response(version, {"csat": 4})

    assert work(NOW) == 4
    assert work(NOW + timedelta(seconds=2)) == 0
    assert work(NOW + timedelta(hours=1)) == 1


def test_in_order_the_next_event_waits_for_the_one_before(
    make_hook, version, work, receiver
):
    make_hook(
        "invitation.invited", "response.completed", "response.erased", ordered=True
    )
    deployment = make_deployment(version.survey)
    invited = make_invitation(deployment, now=NOW)
    response = submit_response(
        version, {"csat": 4}, invitation=invited.invitation, deployment=deployment
    )
    erase(response=response, now=NOW)
    receiver.answers[:] = [json_answer({}, status=500), json_answer({})]

    later = NOW + timedelta(days=1)
    rounds = [work(later + timedelta(hours=hour)) for hour in range(4)]

    assert rounds == [1, 1, 1, 1]
    order = ["invitation.invited", "response.completed", "response.erased"]
    assert events(receiver) == [order[0], *order]


def test_out_of_order_nothing_waits(make_hook, version, work, receiver):
    make_hook("response.completed", "response.erased")
    response = submit_response(version, {"csat": 4})
    erase(response=response, now=NOW)

    assert work(NOW + timedelta(days=1)) == 2


def test_one_webhook_does_not_hold_up_another(make_hook, version, work, receiver):
    make_hook(url="https://127.0.0.1:1/private")
    make_hook()
    submit_response(version, {"csat": 4})
    work()

    assert sorted(states()) == ["delivered", "waiting"]
    assert "no public address" in Webhook.objects.get(key="hook-1").problem


def test_a_secret_that_cannot_be_read_holds_up_its_own_alone(
    make_hook, version, work, receiver, settings
):
    make_hook()
    lost, settings.FIELD_KEYS = settings.FIELD_KEYS, [Fernet.generate_key().decode()]
    make_hook()
    submit_response(version, {"csat": 4})

    assert work() == 2
    assert sorted(states()) == ["delivered", "waiting"]
    assert "FIELD_KEYS" in DeliveryAttempt.objects.get(status=None).problem

    settings.FIELD_KEYS = [*settings.FIELD_KEYS, *lost]
    assert work(NOW + timedelta(minutes=1)) == 1
    assert states() == ["delivered", "delivered"]


def test_no_more_is_taken_than_is_sent_at_once_and_each_webhook_in_turn(
    make_hook, version
):
    for _ in range(3):
        make_hook()
    for _ in range(8):
        submit_response(version, {"csat": 4})

    taken = outbox.claim(now=NOW)

    assert len(taken) == outbox.AT_ONCE
    shares = Counter(delivery.webhook.key for delivery in taken)
    assert sorted(shares.values()) == [5, 5, 6]


def test_a_worker_that_died_costs_a_delay(make_hook, version, work, receiver):
    make_hook()
    submit_response(version, {"csat": 4})
    [taken] = outbox.claim(now=NOW)

    assert work(NOW) == 0
    assert work(NOW + outbox.LEASE) == 1
    late = outbox.settle(taken, state=Delivery.State.FAILED, due_at=NOW, now=NOW)
    assert not late
    assert states() == ["delivered"]


def test_a_test_goes_the_way_of_all_events(make_hook, work, receiver):
    delivery = keeping.send_test(webhook=make_hook("response.erased"), now=NOW)
    work()

    assert events(receiver) == ["webhook.test"]
    delivery.refresh_from_db()
    assert delivery.state == "delivered"


def test_replay_sends_again_under_the_same_id(make_hook, version, work, receiver):
    make_hook()
    submit_response(version, {"csat": 4})
    work()
    assert keeping.replay(deliveries=Delivery.objects.all(), now=NOW) == 1
    work()

    first, second = (one.headers["webhook-id"] for one in receiver.requests)
    assert first == second
    assert DeliveryAttempt.objects.count() == 2


def test_paused_keeps_what_happens(make_hook, version, work, receiver):
    hook = make_hook()
    keeping.pause(webhook=hook)
    submit_response(version, {"csat": 4})
    assert work() == 0

    keeping.resume(webhook=hook, now=NOW)
    assert work() == 1


def test_what_is_old_or_has_no_webhook_is_forgotten(make_hook, version, work):
    hook = make_hook()
    submit_response(version, {"csat": 4})
    work()
    at = Delivery.objects.get().occurred_at
    assert forget_old(now=at + KEPT) == 0
    assert forget_old(now=at + KEPT + timedelta(seconds=1)) == 1

    submit_response(version, {"csat": 4})
    Webhook.objects.filter(pk=hook.pk)._raw_delete("default")
    assert forget_old(now=at) == 1
