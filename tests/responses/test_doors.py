"""Doors: hours, places, passwords, once per person, other sites, and where it ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from deployments import web_links
from deployments.models import Deployment
from responses import submission
from responses.models import AnsweredOnce, Response
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.responses import make_response

pytestmark = pytest.mark.django_db
DONE = {"csat": "5", "nps": "10"}
FIRST = {"page": "p1", **DONE}
SITE = "https://www.example.com"
WORDS = "We & you have heard enough."


def shut(**fields: Any) -> None:
    Deployment.objects.update(**fields)


def answer(client: Any, address: str, read: Any, **more: str) -> Any:
    """Somebody new, who fills in the first page, which is the last as well."""
    form = read(client.get(address)).form
    return client.post(address, {**form, **DONE, **more}, follow=True)


# ---------------------------------------------------------------------- hours


@pytest.mark.parametrize("door", ["link", "web"])
def test_before_it_opens_it_says_so(client, request, read, door):
    address = request.getfixturevalue(door)
    shut(opens_at=timezone.now() + timedelta(hours=1))

    page = read(client.get(address))

    assert page.response.status_code == 404
    assert "has not begun yet" in page.text
    assert client.post(address, FIRST).status_code == 404
    assert not Response.objects.exists()


@pytest.mark.parametrize("door", ["link", "web"])
def test_after_its_end_it_says_what_the_sender_wrote(client, request, read, door):
    address = request.getfixturevalue(door)
    shut(
        closes_at=timezone.now() - timedelta(hours=1),
        closed_message={"en": WORDS + "<script>alert(1)</script>", "de": "Es reicht."},
    )

    page = read(client.get(address, headers={"Accept-Language": "de"}))
    assert page.response.status_code == 410
    assert "Es reicht." in page.text
    assert page.one("/html/@lang") == "de"
    page = read(client.post(address, FIRST, headers={"Accept-Language": "fr"}))

    assert WORDS in page.text
    assert not page.all("//script[contains(., 'alert')]")
    assert not Response.objects.exists()


def test_whoever_began_before_the_end_may_finish(client, link):
    client.post(link, {"page": "p1", "csat": "4", "nps": "3"})
    shut(closes_at=timezone.now() - timedelta(hours=1))

    client.post(link, {"page": "p2", "why": "Slow"})

    assert Response.objects.get().status == Response.Status.COMPLETED


# --------------------------------------------------------------------- places


def test_a_full_deployment_lets_nobody_new_in(client, web, read):
    shut(most_responses=2)
    for _visitor in range(2):
        answer(Client(), web, read)

    page = read(client.get(web))

    assert page.response.status_code == 410
    assert Deployment.objects.get().places_taken == 2


def test_whoever_fills_in_while_the_last_place_goes_is_told_and_kept(client, web, read):
    shut(most_responses=1, closed_message={"en": "All places are taken."})
    form = read(client.get(web)).form
    answer(Client(), web, read)

    page = read(client.post(web, {**form, **DONE}, follow=True))

    assert "All places are taken." in page.text
    late = Response.objects.order_by("pk").last()
    assert late.status == Response.Status.SCREENED_OUT
    assert late.answers == {"csat": 5, "nps": 10}


def test_counting_begins_with_what_is_there_and_never_stops(client, web, read):
    deployment = Deployment.objects.get()
    version = deployment.survey.live_version
    make_response(version, deployment=deployment)
    make_response(version, deployment=deployment, is_test=True)
    shut(most_responses=10)
    answer(Client(), web, read)
    assert Deployment.objects.get().places_taken == 2
    shut(most_responses=None)
    answer(Client(), web, read)

    assert Deployment.objects.get().places_taken == 3


def test_tests_take_no_place(client, web, read):
    shut(most_responses=1, test_mode=True)
    for _visitor in range(2):
        answer(Client(), web, read)

    assert Response.objects.filter(status="completed").count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_who_finish_at_once_no_more_than_the_limit_complete(version):
    deployment = make_deployment(version.survey, most_responses=3)
    people = [
        make_response(version, deployment=deployment, completed=False) for _ in range(8)
    ]
    together = Barrier(len(people) if connection.vendor == "postgresql" else 1)

    def finish(response: Response) -> None:
        try:
            together.wait(30)
            submission.complete(response=response, now=timezone.now())
        finally:
            connections.close_all()

    workers = len(people) if connection.vendor == "postgresql" else 2
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(finish, people))

    assert Response.objects.filter(status="completed").count() == 3
    assert Response.objects.filter(full_quota="*").count() == 5
    assert Deployment.objects.get().places_taken == 3


# ------------------------------------------------------------ once per person


def test_a_person_who_answered_is_not_asked_by_another_invitation(client, link, read):
    shut(once_per_person=True)
    deployment = Deployment.objects.get()
    other = make_invitation(deployment, email="ADA@example.com", now=timezone.now())
    client.post(link, FIRST)

    page = read(client.get(f"/s/{other.token}/"))
    assert "already answered" in page.text
    page = read(client.post(f"/s/{other.token}/", FIRST))

    assert "already answered" in page.text
    assert Response.objects.filter(status="completed").count() == 1
    assert "ada" not in AnsweredOnce.objects.get().person


def test_of_two_invitations_that_finish_together_one_counts(client, link, read):
    shut(once_per_person=True)
    other = make_invitation(Deployment.objects.get(), now=timezone.now())
    for token in (link, f"/s/{other.token}/"):
        client.post(token, {"page": "p1", "csat": "4", "nps": "3"})
    first, second = Response.objects.order_by("pk")
    submission.complete(response=first, now=timezone.now())

    page = read(client.post(f"/s/{other.token}/", {"page": "p2"}))

    assert "already answered" in page.text
    second.refresh_from_db()
    assert second.status == Response.Status.IN_PROGRESS


def test_a_browser_answers_a_web_link_once(client, web, read):
    shut(once_per_person=True)
    answer(client, web, read)

    assert "already answered" in read(client.get(web)).text
    cookie = client.cookies["tellback-feedback"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (
        web,
        True,
        "Lax",
    )
    assert "already answered" not in read(Client().get(web)).text


def test_a_browser_that_comes_back_half_way_goes_on(client, web, read):
    shut(once_per_person=True)
    form = read(client.get(web)).form
    client.post(web, {**form, "csat": "4", "nps": "2"})

    assert read(client.get(web)).form["page"] == ["p2"]


# ------------------------------------------------------------------ passwords


@pytest.fixture
def locked(web):
    cache.clear()
    shut(password_hash=make_password("open sesame"))
    return web


def test_the_password_is_asked_before_the_first_page(client, locked, read):
    page = read(client.get(f"{locked}?agent=E-17"))

    assert "asks for a password" in page.text
    assert not page.all("//input[@name='csat']")
    form = page.form
    page = read(client.post(locked, {**form, "password": "open sesame"}))
    assert page.response.status_code == 200
    client.post(locked, {**page.form, **DONE})

    response = Response.objects.get()
    assert response.status == Response.Status.COMPLETED
    assert response.variables == {"agent": "E-17"}


@pytest.mark.parametrize("password", ["", "Open Sesame", "\x00", "x" * 100_000])
def test_a_wrong_password_opens_nothing(client, locked, read, password):
    page = read(client.post(locked, {"password": password}))

    assert page.response.status_code == 422
    assert "This is not the password" in page.text
    assert not page.all("//input[@name='csat']")


def test_without_the_password_nothing_is_recorded(client, locked, web, read):
    shut(password_hash="")
    start = read(client.get(web)).form["start"][0]
    shut(password_hash=make_password("open sesame"))

    client.post(locked, {**FIRST, "start": start})
    client.post(locked, {**FIRST, "start": start, "go": "save"})

    assert not Response.objects.exists()


def test_guessing_ends_after_ten_tries(client, locked):
    for _visitor in range(12):
        assert client.post(locked, {"password": "open sesame"}).status_code == 200
    for _try in range(10):
        assert client.post(locked, {"password": "guess"}).status_code == 422

    assert client.post(locked, {"password": "open sesame"}).status_code == 429


# ----------------------------------------------------------------- other sites


@pytest.fixture
def embedded(web):
    shut(embed_sites=[SITE, "https://shop.example.com"])
    return "/embed/feedback/"


def test_only_the_listed_sites_may_show_it(client, embedded, web):
    answer = client.get(embedded)

    policy = answer.headers["Content-Security-Policy"]
    assert f"frame-ancestors {SITE} https://shop.example.com" in policy
    assert "unsafe" not in policy
    assert "X-Frame-Options" not in answer.headers
    answer = client.get(web)
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_without_a_site_nothing_is_embedded(client, web):
    answer = client.get("/embed/feedback/")

    assert answer.status_code == 404
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_every_page_of_an_embedded_survey_may_be_shown(client, embedded, read):
    form = read(client.get(embedded)).form
    turned = client.post(embedded, {**form, "csat": "4", "nps": "2"})
    address = turned.headers["Location"]
    assert address.startswith(embedded)
    pages = [client.get(address), client.post(address, {"page": "p2", "csat": "9"})]
    pages.append(client.get(address.partition("?")[0] + "thanks/"))

    for page in pages:
        assert SITE in page.headers["Content-Security-Policy"]
    assert Response.objects.get().status == Response.Status.COMPLETED


def test_a_closed_survey_says_so_within_the_other_site(client, embedded):
    shut(closes_at=timezone.now() - timedelta(hours=1))

    answer = client.get(embedded)

    assert answer.status_code == 410
    assert SITE in answer.headers["Content-Security-Policy"]


def test_the_script_for_other_sites_is_for_all_of_them(client):
    answer = client.get("/embed.js")

    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "max-age" in answer.headers["Cache-Control"]
    assert not answer.cookies


# ------------------------------------------------------------- tests and kiosk


def test_a_preview_opens_whatever_the_state_and_is_marked(client, deployment, read):
    shut(status="draft", closes_at=timezone.now() - timedelta(days=1), most_responses=1)
    address = web_links.preview_url(deployment).removeprefix("http://127.0.0.1:8000")

    page = read(client.get(address))
    assert "A test" in page.text
    page = read(client.post(address, {**page.form, **DONE}, follow=True))

    assert "Thank you" in page.text
    response = Response.objects.get()
    assert response.is_test
    assert response.status == Response.Status.COMPLETED
    assert response.invitation is None


@pytest.mark.parametrize("name", ["case-closed-1", "x:y:z", "x", ":::", "\x00"])
def test_a_preview_without_a_pass_is_not_known(client, deployment, name):
    assert client.get(f"/preview/{name}/").status_code == 404


def test_a_kiosk_begins_anew_and_keeps_nothing_in_the_browser(client, web, read):
    shut(kiosk=True, kiosk_seconds=45)

    page = read(client.get(web))

    body = page.one("//body")
    assert (body.get("data-kiosk"), body.get("data-entrance")) == ("45", web)
    assert page.one("//form").get("autocomplete") == "off"
    assert page.all("//script[contains(@src, 'kiosk.js')]")
    done = read(client.post(web, {**page.form, **DONE}, follow=True))
    assert done.one("//a[normalize-space()='Begin anew']").get("href") == web


# --------------------------------------------------------------------- the end


@pytest.mark.parametrize(
    ("address", "leads_to"),
    [
        (
            "https://shop.example.com/?a={{ agent }}&l={{ language }}",
            "https://shop.example.com/?a=E%2017%26x&l=en",
        ),
        ("https://evil.example/{{ agent }}", None),
        ("{{ agent }}", None),
        ("https://shop.example.com/{{ undeclared }}", "https://shop.example.com/"),
    ],
)
def test_the_end_leads_only_to_listed_hosts_with_declared_values(
    client, web, read, address, leads_to
):
    shut(end_url=address, end_hosts=["shop.example.com"])

    page = read(answer(client, f"{web}?agent=E 17%26x&undeclared=y", read))

    found = page.all("//meta[@http-equiv='refresh']/@content")
    assert found == ([f"0; url={leads_to}"] if leads_to else [])
    links = page.all("//a[normalize-space()='Continue']/@href")
    assert links == ([leads_to] if leads_to else [])
    assert "Thank you" in page.text


def test_within_another_site_the_end_is_told_to_it(client, embedded, read):
    shut(end_url="https://shop.example.com/", end_hosts=["shop.example.com"])

    page = read(answer(client, embedded, read))

    assert page.one("//body").get("data-away") == "https://shop.example.com/"
    assert not page.all("//meta[@http-equiv='refresh']")
    assert page.one("//a[@target='_top']").get("href") == "https://shop.example.com/"
