"""The first question of a survey in the mail: its answers as links."""

from __future__ import annotations

import pytest

from deployments.emails import build
from deployments.models import Deployment
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.kinds import CHOICES, of_kind
from tests.factories.pictures import pictured
from tests.factories.responses import pages
from tests.factories.surveys import csat, nps, publish_survey, survey_document, why

pytestmark = pytest.mark.django_db
HELLO = {"key": "hello", "kind": "statement", "text": {"en": "Hello."}}


def mail_of(*questions, page=None, **fields):
    """The plain text and the HTML of an invitation, and its link."""
    asked = pages(list(questions), [why()])
    asked[0] |= page or {}
    deployment = make_deployment(
        publish_survey(survey_document(pages=asked)).survey,
        **{"asks_in_mail": True, **fields},
    )
    invited = make_invitation(deployment, language="en")
    mail = build(invited.invitation)
    return mail.body, mail.alternatives[0][0], invited.url


def test_a_score_stands_in_the_mail_as_eleven_links():
    text, html, link = mail_of(nps())

    for number in range(11):
        assert f"{number}: {link}?answer=nps.{number}" in text
        assert f'href="{link}?answer=nps.{number}"' in html
    assert "(Not at all likely – Extremely likely)" in text
    assert html.index("answer=nps.0") < html.index("Answer the questions")
    assert text.index("answer=nps.0") < text.rindex(f"{link}\n")


def test_a_rating_has_its_own_steps_and_ends():
    text, html, link = mail_of(
        HELLO, csat(min_label={"en": "Bad"}, max_label={"en": "Good"})
    )

    assert f"5: {link}?answer=csat.5" in text
    assert "answer=csat.6" not in text
    assert "Bad" in html
    assert "Good" in html


@pytest.mark.parametrize("display", ["list", "dropdown", "image"])
def test_a_single_choice_stands_in_words_below_each_other(display):
    shown = {"display": display, "choices": pictured(CHOICES)}
    text, html, link = mail_of(of_kind("single_choice", "colour", **shown))

    assert f"Green: {link}?answer=colour.green" in text
    assert html.count("answer=colour.") == 3
    assert "/pictures/" not in html


def test_a_mail_asks_nothing_unless_told_to():
    text, html, _link = mail_of(nps(), asks_in_mail=False)

    assert "answer=" not in text
    assert "answer=" not in html


@pytest.mark.parametrize(
    ("questions", "page"),
    [
        ([why(key="word"), nps()], {}),
        ([of_kind("multiple_choice"), nps()], {}),
        ([HELLO], {}),
        ([nps()], {"show_if": {"variable": "agent", "op": "eq", "value": "E-17"}}),
        ([nps(show_if={"variable": "agent", "op": "eq", "value": "E-17"})], {}),
        (
            [
                of_kind(
                    "single_choice",
                    choices=[
                        {"key": f"c{n}", "label": {"en": f"C {n}"}} for n in range(13)
                    ],
                )
            ],
            {},
        ),
    ],
    ids=["a text", "several", "nothing", "page by rule", "question by rule", "long"],
)
def test_what_a_mail_cannot_ask_is_asked_on_the_page(questions, page):
    text, html, link = mail_of(*questions, page=page)

    assert "answer=" not in text + html
    assert link in text


def test_words_of_people_stay_words():
    evil = {"en": "<b>Us</b> & {{variable.agent}}?"}
    asked = pages([nps(text=evil)])
    survey = publish_survey(survey_document(pages=asked)).survey
    deployment = make_deployment(survey, asks_in_mail=True)
    invited = make_invitation(deployment, variables={"agent": "<i>E</i>"})

    mail = build(invited.invitation)

    html = mail.alternatives[0][0]
    assert "&lt;b&gt;Us&lt;/b&gt; &amp; &lt;i&gt;E&lt;/i&gt;?" in html
    assert "<b>Us</b> & <i>E</i>?" in mail.body


def test_a_link_within_a_line_gets_the_question_at_the_end():
    text, html, _link = mail_of(nps(), body={"en": "Hi, see {{ link }} please."})

    assert html.index("see") < html.index("answer=nps.0")
    assert text.index("answer=nps.10") < text.index("Hi, see")


def test_a_survey_that_is_not_published_asks_nothing():
    deployment = make_deployment(publish_survey().survey, asks_in_mail=True)
    Deployment.objects.get().survey.versions.all()
    deployment.survey.live_version = None
    deployment.survey.save(update_fields=["live_version"])

    assert "answer=" not in build(make_invitation(deployment).invitation).body
