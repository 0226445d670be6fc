"""The pages of a survey: shown, filled in, turned, resumed and finished."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from deployments.invitations import cancel
from deployments.models import Invitation
from responses.models import Response
from surveys.models import Survey
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.surveys import (
    csat,
    nps,
    publish_survey,
    survey_document,
    topics,
    why,
)

pytestmark = pytest.mark.django_db


def link_to(document: dict, **fields: object) -> str:
    """A fresh tracking link of a survey with this document."""
    deployment = make_deployment(publish_survey(document).survey)
    return f"/s/{make_invitation(deployment, now=timezone.now(), **fields).token}/"


def pages(*questions: list[dict]) -> list[dict]:
    return [
        {"key": f"p{number}", "questions": page}
        for number, page in enumerate(questions, 1)
    ]


# ------------------------------------------------------------------- showing


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


# ------------------------------------------------------------------- turning


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


# ------------------------------------------------------------- what is wrong


def test_missing_answer_is_said_and_the_rest_is_kept(client, link, read):
    page = read(client.post(link, {"page": "p1", "nps": "7", "topics": ["speed"]}))

    assert page.response.status_code == 422
    assert page.one("//title").text.startswith("Error:")
    summary = page.one("//div[@role='alert']")
    target = summary.xpath(".//a/@href")
    assert target == ["#q-csat-1"]
    assert page.one(f"//*[@id='{target[0][1:]}']").get("name") == "csat"
    assert "q-csat-error" in page.one("//fieldset[@id='q-csat']/@aria-describedby")
    assert "Choose an answer." in page.one("//p[@id='q-csat-error']").text_content()
    assert page.form["nps"] == ["7"]
    assert page.form["topics"] == ["speed"]
    assert Response.objects.get().answers == {"nps": 7, "topics": ["speed"]}


@pytest.mark.parametrize(
    ("field", "values", "words"),
    [
        ("csat", ["6"], "from 1 to 5"),
        ("csat", ["-1"], "from 1 to 5"),
        ("csat", ["many"], "Choose one of the numbers"),
        ("csat", ["1e3"], "Choose one of the numbers"),
        ("csat", ["2", "3"], "one answer only"),
        ("nps", ["99999999999999999999999"], "from 0 to 10"),
        ("nps", ["\x00"], "cannot be kept"),
        ("topics", ["speed", "price"], "that are listed"),
        ("why", ["x" * 1_000_000], "Shorten it to 2,000"),
        ("why", ["a\x00b"], "cannot be kept"),
    ],
)
def test_wrong_value_is_an_error_beside_its_field(client, field, values, words, read):
    document = survey_document(
        pages=pages([csat(required=False), nps(), topics(), why()])
    )
    link = link_to(document)

    page = read(client.post(link, {"page": "p1", field: values}))

    assert page.response.status_code == 422
    assert words in page.one(f"//p[@id='q-{field}-error']").text_content()
    assert Response.objects.get().answers == {}


def test_wrong_value_leaves_the_stored_answer_alone(client, link):
    client.post(link, {"page": "p1", "csat": "4", "nps": "3"})
    client.post(link, {"page": "p1", "csat": "77", "nps": "3"})

    assert Response.objects.get().answers == {"csat": 4, "nps": 3}


def test_overlong_text_stays_in_the_form(client, read):
    link = link_to(survey_document(pages=pages([why(max_length=5)])))

    page = read(client.post(link, {"page": "p1", "why": "\n far <too> long"}))

    assert page.form["why"] == ["\n far <too> long"]


def test_naughty_text_comes_back_as_it_was(client, link):
    text = "Ω≈ç √∫ \u202etest\u202e 田中さん 👩‍👩‍👧 ' OR 1=1 -- <b>"
    client.post(link, {"page": "p1", "csat": "1", "nps": "1"})
    client.post(link, {"page": "p2", "why": text})

    assert Response.objects.get().answers["why"] == text


def test_page_ahead_of_a_gap_cannot_be_opened(client, read):
    link = link_to(survey_document(pages=pages([csat()], [nps()], [why()])))

    page = read(client.get(link + "?page=p3"))

    assert page.form["page"] == ["p1"]


def test_last_page_sent_alone_leads_to_what_is_missing(client, read):
    link = link_to(survey_document(pages=pages([csat()], [nps()])))

    page = read(client.post(link, {"page": "p2", "nps": "9"}, follow=True))

    assert page.form["page"] == ["p1"]
    assert "There is a problem" in page.text
    response = Response.objects.get()
    assert response.status == Response.Status.IN_PROGRESS
    assert response.answers == {"nps": 9}


# --------------------------------------------------------- again and elsewhere


def test_another_device_resumes_where_it_was(link, read):
    Client().post(link, {"page": "p1", "csat": "4", "nps": "3"})

    page = read(Client().get(link))

    assert page.form["page"] == ["p2"]


def test_page_that_was_refused_is_resumed_with_what_was_valid(client, link, read):
    client.post(link, {"page": "p1", "nps": "3"})

    page = read(client.get(link))

    assert page.form["page"] == ["p1"]
    assert page.form["nps"] == ["3"]


def test_post_sent_again_changes_nothing(client, link):
    data = {"page": "p1", "csat": "5", "nps": "10"}
    client.post(link, data)
    before = Response.objects.values().get()
    completed = Invitation.objects.get().completed_at

    answer = client.post(link, {**data, "csat": "1"})

    assert answer.headers["Location"] == f"{link}thanks/"
    assert Response.objects.values().get() == before
    assert Invitation.objects.get().completed_at == completed


def test_completed_survey_says_that_it_was_answered(client, link, read):
    client.post(link, {"page": "p1", "csat": "5", "nps": "10"})

    page = read(client.get(link))

    assert page.response.status_code == 200
    assert "already answered" in page.text
    assert not page.all("//form")


def test_thanks_before_the_end_lead_back_to_the_survey(client, link):
    assert client.get(link + "thanks/").headers["Location"] == link


def test_page_that_another_tab_took_off_the_path_leads_to_the_path(client, link):
    client.post(link, {"page": "p1", "csat": "5", "nps": "1"})
    client.post(link, {"page": "p1", "csat": "9", "nps": "10"})

    answer = client.post(link, {"page": "p2", "why": "Slow"})

    assert answer.status_code == 303
    assert Response.objects.get().answers == {"csat": 5, "nps": 10}


def test_whoever_began_stays_on_that_version(client, link, version, read):
    client.post(link, {"page": "p1", "csat": "5", "nps": "1"})
    changed = survey_document(pages=pages([csat(text={"en": "Happy?"})]))
    publish_survey(changed)

    assert read(client.get(link)).form["page"] == ["p2"]
    client.post(link, {"page": "p2", "why": "Slow"})
    assert Response.objects.get().version == version


def test_whoever_comes_later_gets_the_new_version(client, link):
    version = publish_survey(survey_document(pages=pages([csat(max=7)])))

    client.post(link, {"page": "p1", "csat": "7"})

    assert Response.objects.get().version == version


# ------------------------------------------------------------------ languages


def test_language_of_the_invitation_comes_before_the_browser(client, read):
    link = link_to(survey_document(), language="de-AT")

    page = read(client.get(link, headers={"Accept-Language": "en"}))

    assert page.one("/html/@lang") == "de"
    assert page.one("//h1").text_content() == "Wie war's?"
    assert page.response.headers["Content-Language"] == "de"


def test_language_of_the_browser_comes_before_the_default(client, link, read):
    page = read(client.get(link, headers={"Accept-Language": "fr, de-CH;q=0.8"}))

    assert page.one("/html/@lang") == "de"


def test_language_can_be_changed_without_losing_a_word(client, link, read):
    client.post(link, {"page": "p1", "csat": "5", "nps": "1"})

    answer = client.post(link, {"page": "p2", "why": "Slow", "lang": "de"})

    page = read(client.get(answer.headers["Location"]))
    assert page.one("/html/@lang") == "de"
    assert page.form["why"] == ["Slow"]
    assert Response.objects.get().language == "de"


def test_language_of_the_address_wins(client, read):
    link = link_to(survey_document(), language="en")

    assert read(client.get(link + "?lang=de")).one("/html/@lang") == "de"
    assert read(client.get(link + "?lang=xx")).one("/html/@lang") == "en"


def test_right_to_left_survey_marks_the_words_of_the_interface(client, read):
    document = survey_document(
        default_language="ar",
        title={"ar": "كيف كانت الخدمة؟"},
        pages=pages([csat(text={"ar": "هل أنت راضٍ؟"})]),
    )

    page = read(client.get(link_to(document)))

    assert page.one("/html/@dir") == "rtl"
    assert page.one("/html/@lang") == "ar"
    assert page.one("//div[@class='buttons']/@lang") == "en"
    assert page.one("//div[@class='buttons']/@dir") == "ltr"


def test_text_without_translation_is_marked_with_its_language(client, read):
    document = survey_document(pages=pages([csat(text={"en": "Happy?"}), nps()]))

    page = read(client.get(link_to(document, language="de")))

    assert page.one("//legend/span[@lang='en']").text == "Happy?"


# -------------------------------------------------------------------- notices


def test_unknown_link_is_said_kindly(client, read):
    page = read(client.get("/s/nobody-was-asked/"))

    assert page.response.status_code == 404
    assert "This link does not work" in page.text


def test_expired_link_is_gone(client, link, read):
    Invitation.objects.update(expires_at=timezone.now())

    for page in (read(client.get(link)), read(client.post(link, {"page": "p1"}))):
        assert page.response.status_code == 410
        assert "has ended" in page.text
    assert not Response.objects.exists()


def test_cancelled_invitation_is_gone(client, link, invited, read):
    cancel(invitation=invited.invitation, now=timezone.now())

    page = read(client.get(link))

    assert page.response.status_code == 410
    assert "withdrawn" in page.text


def test_survey_that_was_never_published_is_not_open(client, link, read):
    Survey.objects.update(live_version=None, status=Survey.Status.DRAFT)

    page = read(client.get(link))

    assert page.response.status_code == 404
    assert "not open" in page.text


def test_closed_survey_takes_no_new_answers_but_those_begun(client, link):
    client.post(link, {"page": "p1", "csat": "5", "nps": "1"})
    late = f"/s/{make_invitation(Invitation.objects.get().deployment, now=timezone.now(), email='late@example.com').token}/"
    Survey.objects.update(status=Survey.Status.CLOSED)

    assert client.get(late).status_code == 410
    assert client.get(link).status_code == 200
    client.post(link, {"page": "p2", "why": "Slow"})
    assert Response.objects.get().status == Response.Status.COMPLETED


def test_survey_without_a_question_for_this_person_says_so(client, read):
    never = {"variable": "agent", "op": "eq", "value": "nobody"}
    document = survey_document(
        pages=[{"key": "p1", "show_if": never, "questions": [csat()]}]
    )
    link = link_to(document)

    page = read(client.get(link))

    assert page.response.status_code == 200
    assert "nothing to ask you" in page.text
    assert client.post(link, {"page": "p1", "csat": "1"}).status_code == 303
    assert not Response.objects.filter(status=Response.Status.COMPLETED).exists()
