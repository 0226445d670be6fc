"""The pages of a survey: shown, filled in, turned and finished."""

from __future__ import annotations

import pytest

from deployments.models import Invitation
from responses.models import Response
from tests.factories.responses import link_to, pages
from tests.factories.surveys import (
    csat,
    nps,
    survey_document,
    topics,
    why,
)

pytestmark = pytest.mark.django_db


def test_first_page_is_shown_and_records_nothing_but_opened(
    client, link, invited, read
):
    page = read(client.get(link))

    assert page.response.status_code == 200
    assert page.one("//h1").text_content() == "How did we do?"
    assert not Response.objects.exists()
    invited.invitation.refresh_from_db()
    assert invited.invitation.opened_at
    assert invited.invitation.started_at is None


def test_second_look_keeps_the_time_of_the_first(client, link):
    client.get(link)
    first = Invitation.objects.get().opened_at
    client.get(link)

    assert Invitation.objects.get().opened_at == first


@pytest.mark.parametrize(
    "headers", [{"Sec-Purpose": "prefetch;prerender"}, {"X-Moz": "prefetch"}]
)
def test_prefetch_is_not_an_opening(client, link, headers):
    client.get(link, headers=headers)

    assert Invitation.objects.get().opened_at is None


def test_head_records_nothing(client, link):
    assert client.head(link).status_code == 200
    assert Invitation.objects.get().opened_at is None


def test_answers_in_the_address_are_not_recorded(client, link):
    client.get(link + "?csat=5&nps=10&go=submit&page=p1")

    assert not Response.objects.exists()


def test_every_kind_has_labels_and_groups(client, read):
    document = survey_document(
        pages=pages(
            [
                csat(help={"en": "Think of the last time."}),
                nps(),
                topics(),
                topics(key="team", kind="single_choice"),
                why(),
                why(key="word", kind="short_text", max_length=20),
                {"key": "hello", "kind": "statement", "text": {"en": "Hello\n\nyou"}},
            ]
        )
    )

    page = read(client.get(link_to(document)))

    legends = [" ".join(e.text_content().split()) for e in page.all("//legend")]
    assert legends == [
        "How satisfied are you? required",
        "Would you recommend us?",
        "What was it about?",
        "What was it about?",
    ]
    assert page.all("//input[@name='nps']/@value") == [str(n) for n in range(11)]
    assert page.all("//input[@name='csat']/@value") == ["1", "2", "3", "4", "5"]
    assert page.all("//input[@name='topics']/@type") == ["checkbox"] * 2
    assert page.all("//input[@name='team']/@type") == ["radio"] * 2
    assert page.one("//textarea/@name") == "why"
    assert page.one("//input[@type='text']/@name") == "word"
    assert [e.text for e in page.all("//div[@id='q-hello']/p")] == ["Hello", "you"]
    assert "Up to 2,000 characters." in page.text
    labelled = set(page.all("//label/@for"))
    assert labelled == set(
        page.all("//form//*[self::input or self::textarea][@type!='hidden']/@id")
    ) | {"q-why"}
    assert page.one("//fieldset[@id='q-csat']/@aria-describedby") == "q-csat-help"
    ids = page.all("//@id")
    assert len(ids) == len(set(ids))


def test_ends_of_a_scale_are_said_with_the_numbers(client, read):
    document = survey_document(
        pages=pages([csat(min_label={"en": "Bad"}, max_label={"en": "Good"}), nps()])
    )

    page = read(client.get(link_to(document)))

    assert page.one("//label[@for='q-csat-1']").text_content() == "1 – Bad"
    assert page.one("//label[@for='q-csat-5']").text_content() == "5 – Good"
    assert page.one("//label[@for='q-nps-0']").text_content().endswith("likely")
    assert page.one("//label[@for='q-nps-3']").text_content() == "3"


def test_progress_is_said_in_words_on_surveys_of_several_pages(client, read):
    link = link_to(survey_document(pages=pages([csat()], [nps()], [why()])))
    assert "Page 1 of 3" in read(client.get(link)).text

    client.post(link, {"page": "p1", "csat": "4"})

    page = read(client.get(link))
    assert "Page 2 of 3" in page.text
    assert "page 2 of 3" in page.one("//title").text


def test_texts_are_escaped(client):
    nasty = "<script>alert('x')</script>&amp;"
    document = survey_document(
        title={"en": nasty},
        pages=pages(
            [
                csat(text={"en": nasty}, help={"en": nasty}, min_label={"en": nasty}),
                topics(choices=[{"key": "a", "label": {"en": nasty}}]),
                {"key": "hi", "kind": "statement", "text": {"en": nasty}},
                why(),
            ]
        ),
    )
    link = link_to(document)
    client.post(link, {"page": "p1", "why": nasty + "</textarea>", "go": "next"})

    for response in (client.get(link), client.get(link + "thanks/", follow=True)):
        assert b"<script>" not in response.content
        assert b"</textarea></textarea>" not in response.content


def test_page_is_saved_before_the_next_is_shown(client, link):
    answer = client.post(link, {"page": "p1", "csat": "4", "nps": "3", "go": "next"})

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{link}?page=p2"
    response = Response.objects.get()
    assert response.answers == {"csat": 4, "nps": 3}
    assert response.status == Response.Status.IN_PROGRESS
    assert Invitation.objects.get().started_at


def test_last_page_completes_and_says_thanks(client, read):
    link = link_to(survey_document(thanks={"en": "You made our day."}))

    answer = client.post(link, {"page": "p1", "csat": "5", "nps": "10"}, follow=True)

    assert answer.redirect_chain == [(f"{link}thanks/", 303)]
    assert "You made our day." in read(answer).text
    assert Response.objects.get().status == Response.Status.COMPLETED
    assert Invitation.objects.get().completed_at


def test_response_carries_what_the_invitation_fixed(client):
    link = link_to(
        survey_document(),
        records={"Case": "500D000001AbCdEIAV"},
        variables={"agent": "E-17", "campaign": "701"},
    )

    client.post(link + "?agent=mallory", {"page": "p1", "csat": "5", "v-agent": "eve"})

    response = Response.objects.get()
    assert response.records == {"Case": "500D000001AbCdEIAV"}
    assert response.variables == {"agent": "E-17", "campaign": "701"}
    assert response.invitation == Invitation.objects.get()
    assert response.deployment == Invitation.objects.get().deployment


def test_open_variables_are_carried_from_the_link_to_the_response(client, link, read):
    page = read(client.get(link + "?agent=E-17&other=1"))
    assert page.form["v-agent"] == ["E-17"]
    assert "v-other" not in page.form

    client.post(link, {**page.form, "csat": "5", "v-other": "1"})

    assert Response.objects.get().variables == {"agent": "E-17"}


def test_open_variables_are_cut_and_cleaned(client, link):
    client.post(link, {"page": "p1", "csat": "5", "v-agent": "\x00\x1bE" + "x" * 900})

    agent = Response.objects.get().variables["agent"]
    assert agent == "E" + "x" * 254


def test_open_variables_cannot_be_changed_once_begun(client, link):
    client.post(link, {"page": "p1", "csat": "5", "nps": "1", "v-agent": "E-17"})
    client.post(link + "?agent=eve", {"page": "p2", "v-agent": "eve"})

    assert Response.objects.get().variables == {"agent": "E-17"}


def test_back_saves_and_shows_the_page_before(client, link, read):
    client.post(link, {"page": "p1", "csat": "4", "nps": "3"})

    answer = client.post(link, {"page": "p2", "why": "Slow", "go": "back"})

    assert answer.headers["Location"] == f"{link}?page=p1"
    assert Response.objects.get().answers["why"] == "Slow"
    page = read(client.get(answer.headers["Location"]))
    assert page.form["csat"] == ["4"]
    assert page.form["nps"] == ["3"]


def test_back_does_not_ask_for_what_is_missing(client):
    document = survey_document(pages=pages([csat()], [why(required=True)]))
    link = link_to(document)
    client.post(link, {"page": "p1", "csat": "4"})

    answer = client.post(link, {"page": "p2", "why": "", "go": "back"})

    assert answer.headers["Location"] == f"{link}?page=p1"


def test_back_keeps_what_was_typed_wrongly_in_sight(client, link, read):
    client.post(link, {"page": "p1", "csat": "4", "nps": "3"})

    page = read(client.post(link, {"page": "p2", "why": "x" * 2001, "go": "back"}))

    assert page.response.status_code == 422
    assert page.form["why"] == ["x" * 2001]


def test_opened_question_is_shown_before_going_on(client, read):
    shown = {"question": "csat", "op": "le", "value": 2}
    document = survey_document(
        pages=pages([csat(), why(required=True, show_if=shown)], [nps()])
    )
    link = link_to(document)

    answer = client.post(link, {"page": "p1", "csat": "1"}, follow=True)

    page = read(answer)
    assert "one more question" in page.text
    assert page.form["why"] == [""]
    assert client.post(link, {"page": "p1", "csat": "1"}).status_code == 422
    answer = client.post(link, {"page": "p1", "csat": "1", "why": "Slow"})
    assert answer.headers["Location"] == f"{link}?page=p2"


def test_question_that_the_same_page_hides_is_not_asked_for(client):
    shown = {"question": "csat", "op": "le", "value": 2}
    document = survey_document(pages=pages([csat(), why(required=True, show_if=shown)]))
    link = link_to(document)
    client.post(link, {"page": "p1", "csat": "1"})

    client.post(link, {"page": "p1", "csat": "5", "why": "Slow"})

    response = Response.objects.get()
    assert response.status == Response.Status.COMPLETED
    assert response.answers == {"csat": 5}


def test_answers_off_the_path_are_dropped_when_completed(client, link):
    client.post(link, {"page": "p1", "csat": "4", "nps": "3"})
    client.post(link, {"page": "p2", "why": "Slow", "go": "back"})

    client.post(link, {"page": "p1", "csat": "4", "nps": "9"})

    response = Response.objects.get()
    assert response.status == Response.Status.COMPLETED
    assert response.answers == {"csat": 4, "nps": 9}


def test_question_of_another_page_is_left_out(client, link):
    client.post(link, {"page": "p1", "csat": "4", "nps": "3", "why": "too early"})

    assert Response.objects.get().answers == {"csat": 4, "nps": 3}


def test_question_that_is_called_like_a_part_of_the_form(client, read):
    document = survey_document(pages=pages([csat(key="page"), nps(key="go")]))
    link = link_to(document)
    page = read(client.get(link))

    client.post(link, {**page.form, "q-page": "3", "q-go": "7", "go": "submit"})

    assert Response.objects.get().answers == {"page": 3, "go": 7}
