"""Scheduled dumps in the admin: made, tried, run and read by who may."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from responses.scheduled import running
from responses.scheduled.models import DumpRun, ScheduledDump
from surveys.models import Level
from tests.factories.responses import make_response
from tests.responses.conftest import Page
from tests.responses.scheduled.conftest import NOW

LIST = "/admin/dumps/scheduleddump/"


def member(client, role: str, name: str = "ada"):
    user = get_user_model().objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return user


def form(version, **more: object) -> dict[str, object]:
    return {
        "name": "Nightly",
        "key": "nightly",
        "survey": version.survey_id,
        "is_active": "on",
        "reach": "new",
        "changes": "on",
        "statuses": "completed",
        "format": "csv",
        "place": "folder",
        "every": "daily",
        "at": "03:00",
        "weekday": "1",
        "time_zone": "Europe/Berlin",
        "keep": "0",
        **more,
    }


SFTP = {
    "place": "sftp",
    "address": "sftp.example.com",
    "user": "tellback",
    "new_secret": "s3cret",
}


def errors(answer) -> str:
    return " ".join(Page(answer).text.split()) if answer.status_code == 200 else ""


def test_an_integrator_makes_one_and_runs_it(client, version, folder):
    person = member(client, "Integrator")
    make_response(version)

    client.post(f"{LIST}add/", form(version))
    dump = ScheduledDump.objects.get()
    client.post(f"{LIST}{dump.pk}/run/")
    running.work(clock=lambda: NOW.replace(year=2040))

    assert (dump.made_by, dump.next_at is not None) == (person, True)
    assert DumpRun.objects.get().asked_by == "ada"
    page = Page(client.get(f"{LIST}{dump.pk}/change/")).text
    assert "Done" in page
    run = Page(client.get(f"/admin/dumps/dumprun/{DumpRun.objects.get().pk}/change/"))
    assert "SHA-256" in run.text
    assert client.get("/admin/dumps/dumprun/").status_code == 200
    tried = client.post(f"{LIST}{dump.pk}/try/", follow=True)
    assert "it works" in Page(tried).text


def test_the_secret_is_kept_shown_nowhere_and_asked_for_again(client, version, folder):
    member(client, "Integrator")
    client.post(f"{LIST}add/", form(version, **SFTP))
    dump = ScheduledDump.objects.get()
    page = f"{LIST}{dump.pk}/change/"
    same = {**SFTP, "new_secret": ""}

    client.post(page, form(version, **same, name="Renamed"))
    moved = client.post(page, form(version, **{**same, "address": "evil.example.com"}))

    assert "enter the secret for there again" in errors(moved)
    dump.refresh_from_db()
    assert (dump.name, dump.secret, dump.address) == (
        *("Renamed", "s3cret", "sftp.example.com"),
    )
    assert "s3cret" not in client.get(page).content.decode()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"folder": "../up"}, "Name folders by letters"),
        ({"columns": "answer.nothing"}, "no column “answer.nothing”"),
        ({"place": "s3", "user": "A"}, "This is needed here."),
        ({"time_zone": "Mars"}, "is no time zone"),
    ],
)
def test_what_is_wrong_is_said(client, version, more, said):
    member(client, "Integrator")

    assert said in errors(client.post(f"{LIST}add/", form(version, **more)))
    assert not ScheduledDump.objects.exists()


def test_others_look_or_see_nothing(client, version, make_dump):
    dump = make_dump()

    member(client, "Analyst")
    assert client.get(f"{LIST}{dump.pk}/change/").status_code == 200
    assert client.post(f"{LIST}{dump.pk}/run/").status_code == 403
    assert client.post(f"{LIST}add/", form(version)).status_code == 403
    member(client, "Survey designer", "grace")
    assert client.get(LIST).status_code == 403

    version.survey.owner = get_user_model().objects.create_user("eve")
    version.survey.everyone = Level.NONE
    version.survey.save(update_fields=["owner", "everyone"])
    member(client, "Integrator", "linus")
    assert client.post(f"{LIST}{dump.pk}/run/").status_code == 404
    assert not DumpRun.objects.exists()
