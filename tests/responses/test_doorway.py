"""What every respondent page has in common: headers, refusals, weight, cost."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import DatabaseError
from django.test import Client

from crm_mappings.milestones import awaiting
from deployments.signals import invitation_changed
from responses.models import Response
from responses.signals import response_completed
from responses.webhooks import outbox
from surveys import publishing

pytestmark = pytest.mark.django_db

ANSWERS = {"page": "p1", "csat": "5", "nps": "10"}


@pytest.fixture
def answers(client, link, web):
    """Every kind of answer that these pages give."""
    shown, wrong = client.get(link), client.post(link, {"page": "p1"})
    turned = client.post(link, ANSWERS)
    return [
        shown,
        wrong,
        turned,
        client.get(link),
        client.get("/s/unknown/"),
        client.get(web),
        client.post(link, headers={"Sec-Fetch-Site": "cross-site"}),
        client.put(link),
    ]


def test_no_page_sets_a_cookie_or_may_be_kept(answers):
    for answer in answers:
        assert not answer.cookies
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_policy_allows_nothing_inline_and_pages_need_nothing_inline(answers, read):
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        if answer.status_code == 303:
            continue
        page = read(answer)
        assert not page.all("//style | //*[@style] | //script[not(@src)]")
        assert not page.all("//@*[starts-with(name(), 'on')]")


# ------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver.evil.example"},
    ],
)
def test_post_of_another_site_is_refused(client, link, headers, read):
    page = read(client.post(link, ANSWERS, headers=headers))

    assert page.response.status_code == 403
    assert "another site" in page.text
    assert not Response.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://testserver"},
        {"Origin": settings.BASE_URL},
    ],
)
def test_post_of_our_own_page_needs_no_cookie(link, headers):
    client = Client(enforce_csrf_checks=True)

    assert client.post(link, ANSWERS, headers=headers).status_code == 303
    assert Response.objects.get().status == Response.Status.COMPLETED


def test_body_over_the_limit_is_said(client, link, read):
    size = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1
    body = "page=p1&csat=5&why=" + "x" * size

    page = read(
        client.post(link, body, content_type="application/x-www-form-urlencoded")
    )

    assert page.response.status_code == 413
    assert "too much" in page.text


def test_long_field_of_a_multipart_body_is_said(client, link):
    data = {**ANSWERS, "why": "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)}

    assert client.post(link, data).status_code == 413


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("&".join(f"f{n}=1" for n in range(1001)), "application/x-www-form-urlencoded"),
        ("page=p1&csat=5", "application/x-www-form-urlencoded; charset=utf-16"),
        ("page=p1&csat=5", "text/plain"),
        ('{"page": "p1"}', "application/json"),
        ("--x\r\nnonsense", "multipart/form-data; boundary=x"),
        ("--x\r\n", "multipart/form-data"),
        ("page=-1&csat=5", "application/x-www-form-urlencoded"),
        ("page=p99&csat=5", "application/x-www-form-urlencoded"),
        ("page=%00&csat=5", "application/x-www-form-urlencoded"),
        ("csat=5", "application/x-www-form-urlencoded"),
        ("", "application/x-www-form-urlencoded"),
    ],
)
def test_body_that_is_no_page_is_refused(client, link, body, kind, read):
    page = read(client.post(link, body, content_type=kind))

    assert page.response.status_code == 400
    assert "could not be read" in page.text
    assert not Response.objects.exists()


def test_bytes_that_are_no_text_do_not_break_a_page(client, link):
    body = b"page=p1&csat=5&nps=%ED%A0%80&topics=%ff%fe"

    answer = client.post(link, body, content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 422
    assert Response.objects.get().answers == {"csat": 5}


def test_file_where_an_answer_belongs_is_no_answer(client, link, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("5")
    with path.open() as file:
        assert client.post(link, {"page": "p1", "csat": file}).status_code == 422


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_other_methods_are_refused_in_words(client, link, method):
    answer = getattr(client, method)(link)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("token", ["x" * 5000, "%00", "%F0%9F%98%80", "..", "a%0d%0ab"])
def test_odd_tokens_lead_nowhere(client, token):
    assert client.get(f"/s/{token}/").status_code == 404
    assert client.get(f"/w/{token}/").status_code == 404
    assert client.post(f"/s/{token}/", ANSWERS).status_code == 404


def test_odd_headers_break_nothing(client, link):
    for language in ("x" * 5000, "de;q=nan", "*", ",,,;;;", "\x00"):
        answer = client.get(link, headers={"Accept-Language": language})
        assert answer.status_code == 200


# ------------------------------------------------------------------- trouble


def test_failure_to_save_keeps_what_was_typed(client, link, read):
    def fail(**_: object) -> None:
        raise DatabaseError("disk full")

    response_completed.connect(fail)
    try:
        page = read(client.post(link, ANSWERS))
    finally:
        response_completed.disconnect(fail)

    assert page.response.status_code == 503
    assert "could not be saved" in page.text
    assert page.form["csat"] == ["5"]
    response = Response.objects.get()
    assert response.status == Response.Status.IN_PROGRESS
    assert response.answers == {"csat": 5, "nps": 10}

    client.post(link, {**page.form, "go": "submit"})

    response.refresh_from_db()
    assert response.status == Response.Status.COMPLETED


def test_failure_before_the_page_is_said_in_words(client, link, read):
    def fail(**_: object) -> None:
        raise DatabaseError("disk full")

    invitation_changed.connect(fail)
    try:
        page = read(client.get(link))
    finally:
        invitation_changed.disconnect(fail)

    assert page.response.status_code == 503
    assert "on our side" in page.text


# ------------------------------------------------------------ weight and cost


def look_who_listens() -> None:
    """What each process asks every other second, it has just asked."""
    awaiting.awaited.forget()
    outbox.wanted.forget()
    invitation_changed.is_awaited(None, ["opened"])


def test_first_view_costs_two_queries_and_every_further_one(
    client, link, web, version, django_assert_num_queries
):
    client.get(web)  # templates are read once, which may take longer than a second
    publishing.compiled(version.pk)  # kept in memory by every worker
    look_who_listens()
    with django_assert_num_queries(2):
        client.get(link)  # it is noted as opened
    with django_assert_num_queries(1):
        client.get(link)


def test_a_click_in_a_mail_costs_no_more_than_any_view(
    client, link, version, django_assert_max_num_queries
):
    publishing.compiled(version.pk)
    for value in range(1, 6):
        look_who_listens()
        with django_assert_max_num_queries(2):
            client.get(f"{link}?answer=csat.{value}")


def test_view_by_a_web_link_costs_one_query(
    client, web, version, django_assert_num_queries
):
    publishing.compiled(version.pk)
    with django_assert_num_queries(1):
        client.get(web)


def test_submit_costs_at_most_six_queries(client, link, django_assert_num_queries):
    """Found, begin, response, invitation, who listens, commit."""
    client.get(link)
    look_who_listens()
    with django_assert_num_queries(6):
        client.post(link, ANSWERS)
    assert Response.objects.get().status == Response.Status.COMPLETED
    with django_assert_num_queries(1):
        client.get(f"{link}thanks/")


def test_pages_of_a_longer_survey_cost_at_most_six_queries(
    client, link, django_assert_max_num_queries
):
    client.get(link)
    look_who_listens()
    with django_assert_max_num_queries(5):
        client.post(link, {**ANSWERS, "nps": "1"})
    with django_assert_max_num_queries(2):
        client.post(link, {**ANSWERS, "nps": "2"})
    with django_assert_max_num_queries(6):
        client.post(link, {"page": "p2", "why": "Slow"})
    assert Response.objects.get().status == Response.Status.COMPLETED


def test_submit_by_a_web_link_costs_at_most_five_queries(
    client, web, read, django_assert_num_queries
):
    form = read(client.get(web)).form
    look_who_listens()
    with django_assert_num_queries(5):
        answer = client.post(web, {**form, **ANSWERS})
    with django_assert_num_queries(1):
        client.get(answer.headers["Location"])
    with django_assert_num_queries(1):
        client.post(web, {**form, **ANSWERS})  # sent again: nothing changes
    assert Response.objects.get().status == Response.Status.COMPLETED
