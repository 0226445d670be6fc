"""The mail says what its author wrote, to the right person, and nothing more."""

from __future__ import annotations

import email
import email.policy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from deployments.emails import build, merge, unknown_fields
from tests.factories.deployments import make_deployment, make_invitation

# What a database can keep: a form refuses the rest.
STORABLE = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40
)


@pytest.fixture(autouse=True)
def _address(settings):
    settings.BASE_URL = "https://tellback.example"
    settings.DEFAULT_FROM_EMAIL = "Tellback <hello@tellback.example>"


def mail_of(survey, *, invitation=None, **deployment):
    made = make_invitation(make_deployment(survey, **deployment), **(invitation or {}))
    return build(made.invitation), made


def parsed(mail):
    """As the receiving side reads it."""
    return email.message_from_bytes(
        mail.message().as_bytes(), policy=email.policy.default
    )


def html_of(mail):
    (html,) = [part.content for part in mail.alternatives]
    return html


def test_a_mail_has_both_parts_and_the_link_in_both(survey):
    mail, made = mail_of(survey)

    assert made.url in mail.body
    buttons = lxml_html.fromstring(html_of(mail)).xpath("//a[@class='button']/@href")
    assert buttons == [made.url]


def test_a_blank_deployment_speaks_english_and_german(survey):
    english, _ = mail_of(survey, invitation={"name": "Ada"})
    german, _ = mail_of(survey, invitation={"name": "Ada", "language": "de-AT"})

    assert english.subject == "How did we do?"
    assert english.body.startswith("Hello Ada,")
    assert german.subject == "Wie war's?"
    assert german.body.startswith("Guten Tag Ada,")
    assert "Fragen beantworten" in html_of(german)
    assert "Abmelden" in html_of(german)


def test_a_language_without_a_text_falls_back_to_the_survey_language(survey):
    mail, _ = mail_of(
        survey,
        subject={"en": "Two questions", "de": "Zwei Fragen"},
        body={"en": "Hi {{name}}, {{ link }}"},
        invitation={"language": "fr", "name": "Ada"},
    )

    assert mail.subject == "Two questions"
    assert mail.body.startswith("Hi Ada, https://")


def test_without_a_name_no_gap_is_left(survey):
    mail, _ = mail_of(survey)

    assert mail.body.startswith("Hello,\n")


def test_a_link_within_a_sentence_stays_there(survey):
    mail, made = mail_of(survey, body={"en": "Please go to {{ link }} today.\nThanks"})

    page = lxml_html.fromstring(html_of(mail))
    assert mail.body.startswith(f"Please go to {made.url} today.\nThanks")
    assert page.xpath("//p/a/text()") == [made.url]
    assert page.xpath("//p/br")


def test_a_body_that_forgot_the_link_gets_it_at_its_end(survey):
    mail, made = mail_of(survey, body={"en": "Please answer."})

    assert mail.body.startswith(f"Please answer.\n\n{made.url}")
    assert lxml_html.fromstring(html_of(mail)).xpath("//a[@class='button']")


def test_what_people_write_is_no_template_and_no_html(survey):
    mail, _ = mail_of(
        survey,
        subject={"en": "{% now 'Y' %} {{ settings }} {{ survey }}"},
        body={"en": "<b>{% debug %}</b> {{ name.__class__ }} {{ link }}"},
        invitation={"name": "<script>alert(1)</script>"},
    )

    assert mail.subject == "{% now 'Y' %} {{ settings }} How did we do?"
    assert "<b>{% debug %}</b> {{ name.__class__ }}" in mail.body
    assert "&lt;b&gt;{% debug %}&lt;/b&gt;" in html_of(mail)


def test_what_a_name_holds_is_never_merged_again(survey):
    mail, made = mail_of(
        survey,
        body={"en": "Hello {{ name }}"},
        invitation={"name": "{{ link }} <i>{{ survey }}</i>"},
    )

    assert mail.body.startswith("Hello {{ link }} <i>{{ survey }}</i>\n\nhttps://")
    assert mail.body.count(f"{made.url}\n") == 1
    assert "&lt;i&gt;{{ survey }}&lt;/i&gt;" in html_of(mail)


def test_the_headers_let_mail_clients_unsubscribe_with_one_click(survey):
    mail, made = mail_of(survey)

    headers = parsed(mail)
    assert headers["List-Unsubscribe"].strip() == f"<{made.url}opt-out/>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"{made.url}opt-out/" in mail.body


def test_the_message_id_is_the_same_at_every_try(survey):
    mail, made = mail_of(survey)

    assert mail.extra_headers["Message-ID"] == (
        f"<{made.invitation.public_id}@tellback.example>"
    )
    assert build(made.invitation).extra_headers == mail.extra_headers


@pytest.mark.parametrize(
    ("fields", "sender"),
    [
        (
            {"sender_name": "Ada, Support", "sender_email": "a@example.com"},
            ("Ada, Support", "a@example.com"),
        ),
        (
            {"sender_name": "Grüße", "sender_email": ""},
            ("Grüße", "hello@tellback.example"),
        ),
        (
            {"sender_name": "", "sender_email": "a@example.com"},
            ("Tellback", "a@example.com"),
        ),
        (
            {"sender_name": "", "sender_email": ""},
            ("Tellback", "hello@tellback.example"),
        ),
    ],
)
def test_the_sender_is_that_of_the_deployment_or_the_house(survey, fields, sender):
    mail, _ = mail_of(survey, **fields)

    (address,) = parsed(mail)["From"].addresses
    assert (address.display_name, address.addr_spec) == sender


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    name=st.text(max_size=40),
    subject=STORABLE,
    sender=STORABLE,
)
def test_no_text_can_add_a_header_or_a_recipient(survey, name, subject, sender):
    mail, _ = mail_of(
        survey,
        subject={"en": f"{subject}\nBcc: eve@example.com\r\n\r\n{{{{ name }}}}"},
        sender_name=f"{sender}\r\nBcc: eve@example.com",
        invitation={"name": f"{name}\r\nBcc: eve@example.com"},
    )

    received = parsed(mail)

    assert received["Bcc"] is None
    assert received["To"] == "ada@example.com"
    assert mail.recipients() == ["ada@example.com"]


def test_a_language_from_right_to_left_is_set_so(survey):
    mail, _ = mail_of(survey, invitation={"language": "ar"})
    page = lxml_html.fromstring(html_of(mail))

    assert (page.get("dir"), page.get("lang")) == ("rtl", "ar")


def test_the_style_is_on_the_elements_and_nothing_is_loaded(survey):
    mail, _ = mail_of(survey)
    page = lxml_html.fromstring(html_of(mail))

    assert page.xpath("//a[@class='button'][contains(@style, 'background-color')]")
    assert not page.xpath("//style | //link | //img | //script")


def test_merge_fields_that_no_mail_can_fill_are_named():
    assert unknown_fields("{{ name }} {{agent}} {{ link }} {{ x.y }}") == [
        "agent",
        "x.y",
    ]


@settings(deadline=None, max_examples=60)
@given(st.text(), st.text())
def test_merging_never_fails(text, name):
    assert isinstance(merge(text, {"name": name, "survey": "S"}), str)
