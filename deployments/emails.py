"""Builds the mail of one invitation: plain text and HTML, in the person's language.

What people write is text with merge fields; it is never run as a template.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from typing import Any
from urllib.parse import urlsplit

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from deployments.addresses import writable
from deployments.mail_question import MailQuestion, mail_question
from deployments.models import Deployment, FollowUp, FollowUpMail, Invitation
from surveys.texts import say, tidy

FIELD = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
NAMES = ("name", "survey", "link")
LINK = re.compile(r"\{\{\s*link\s*\}\}")
NO_NAME = re.compile(r"[ \t]*\{\{\s*name\s*\}\}")

SUBJECT = {"en": "{{ survey }}", "de": "{{ survey }}"}
BODY = {
    "en": (
        "Hello {{ name }},\n\n"
        "may we ask you a few short questions? Your answers help us to do better.\n\n"
        "{{ link }}\n\nThank you!"
    ),
    "de": (
        "Guten Tag {{ name }},\n\n"
        "dürfen wir Ihnen ein paar kurze Fragen stellen? Ihre Antworten helfen uns, "
        "besser zu werden.\n\n"
        "{{ link }}\n\nVielen Dank!"
    ),
}
REMINDER_SUBJECT = {
    "en": "A reminder: {{ survey }}",
    "de": "Zur Erinnerung: {{ survey }}",
}
REMINDER = {
    "en": (
        "Hello {{ name }},\n\n"
        "a few days ago we asked you for your opinion. It still interests us, and it "
        "takes only a moment.\n\n{{ link }}\n\nThank you!"
    ),
    "de": (
        "Guten Tag {{ name }},\n\n"
        "vor einigen Tagen haben wir Sie nach Ihrer Meinung gefragt. Sie interessiert "
        "uns noch immer, und es dauert nur einen Moment.\n\n{{ link }}\n\n"
        "Vielen Dank!"
    ),
}
THANKS = {
    "en": "Hello {{ name }},\n\nthank you for your answers. They help us to do better.",
    "de": (
        "Guten Tag {{ name }},\n\n"
        "vielen Dank für Ihre Antworten. Sie helfen uns, besser zu werden."
    ),
}
BUTTON = {"en": "Answer the questions", "de": "Fragen beantworten"}
OPT_OUT = {
    "en": "You do not want to be asked by us again?",
    "de": "Sie möchten nicht mehr von uns gefragt werden?",
}
UNSUBSCRIBE = {"en": "Unsubscribe", "de": "Abmelden"}

HERE = "\x00"  # stands for the link; no text that was tidied holds one

INLINER = css_inline.CSSInliner(load_remote_stylesheets=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What people wrote, what stands in where they wrote nothing, and the id."""

    subject: Mapping[str, str]
    body: Mapping[str, str]
    message_id: str
    subject_else: Mapping[str, str]
    body_else: Mapping[str, str]
    in_reply_to: str = ""
    has_link: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The texts of one mail; the link belongs between the parts of the body."""

    subject: str
    parts: tuple[str, ...]
    language: str


def message_id(invitation: Invitation) -> str:
    """One id for one invitation, so that a mail sent twice can be told as one."""
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    return f"<{invitation.public_id}@{host}>"


def message_id_of(mail: FollowUpMail) -> str:
    """The id of a follow-up: that of its invitation, with its own number."""
    return message_id(mail.invitation).replace("@", f".f{mail.pk}@", 1)


def draft(invitation: Invitation) -> Draft:
    deployment = invitation.deployment
    return Draft(
        subject=deployment.subject,
        body=deployment.body,
        message_id=invitation.message_id or message_id(invitation),
        subject_else=SUBJECT,
        body_else=BODY,
    )


def follow_up_draft(mail: FollowUpMail) -> Draft:
    """A reminder belongs to the mail that it reminds of, and leads to its link."""
    reminds = mail.reminds
    rule = mail.follow_up or _first_reminder(mail.invitation.deployment)
    return Draft(
        subject=rule.subject if rule else {},
        body=rule.body if rule else {},
        message_id=mail.message_id or message_id_of(mail),
        subject_else=REMINDER_SUBJECT if reminds else SUBJECT,
        body_else=REMINDER if reminds else THANKS,
        in_reply_to=mail.invitation.message_id,
        has_link=reminds,
    )


def _first_reminder(deployment: Deployment) -> FollowUp | None:
    """The words that the deployment has for reminders."""
    rules = deployment.follow_ups.filter(kind=FollowUp.Kind.REMINDER, is_active=True)
    return rules.order_by("after_hours", "pk").first()


def build(
    invitation: Invitation, letter: Draft | None = None
) -> EmailMultiAlternatives:
    """Return the mail, ready to be handed over."""
    letter = letter or draft(invitation)
    wording = word(invitation, letter)
    link = f"{settings.BASE_URL}/s/{invitation.token}/"
    opt_out = f"{link}opt-out/"
    asked = mail_question(invitation, wording.language, link)
    question = asked if letter.has_link else None
    blocks = _blocks(wording.parts, link)
    context = {
        "subject": wording.subject,
        "text": _text(wording.parts, link, question),
        "question": question,
        "blocks": blocks,
        "question_at": blocks.index(None) if None in blocks else None,
        "link": link,
        "button": say(BUTTON, wording.language, "en"),
        "opt_out_line": say(OPT_OUT, wording.language, "en"),
        "opt_out_word": say(UNSUBSCRIBE, wording.language, "en"),
        "opt_out": opt_out,
        "language": wording.language,
        "direction": direction(wording.language),
    }
    mail = EmailMultiAlternatives(
        subject=f"[Test] {wording.subject}" if invitation.is_test else wording.subject,
        body=render_to_string("deployments/email.txt", context),
        from_email=sender(invitation.deployment),
        to=[recipient(invitation)],
        headers=_headers(letter, opt_out),
    )
    # Providers send it back with what they tell of the mail.
    mail.metadata = {"invitation": str(invitation.public_id)}  # type: ignore[attr-defined]
    html = INLINER.inline(render_to_string("deployments/email.html", context))
    mail.attach_alternative(html, "text/html")
    return mail


def recipient(invitation: Invitation) -> str:
    """The person; in a test, never the person."""
    if not invitation.is_test:
        return invitation.email
    return writable(invitation.deployment.test_address)


def _headers(letter: Draft, opt_out: str) -> dict[str, str]:
    headers = {
        "Message-ID": letter.message_id,
        "List-Unsubscribe": f"<{opt_out}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }
    if letter.in_reply_to:
        headers |= {"In-Reply-To": letter.in_reply_to, "References": letter.in_reply_to}
    return headers


def word(invitation: Invitation, letter: Draft | None = None) -> Wording:
    """Fill the merge fields; a body that forgot the link gets it at its end."""
    letter = letter or draft(invitation)
    deployment = invitation.deployment
    default = deployment.survey.default_language
    language = invitation.language or default
    values = {
        **_variables(invitation),
        "name": " ".join(tidy(invitation.name).split()),
        "survey": survey_title(deployment, language),
    }
    subject = _own_or_default(letter.subject, letter.subject_else, language, default)
    body = _own_or_default(letter.body, letter.body_else, language, default)
    if letter.has_link and not LINK.search(body):
        body = f"{body.rstrip()}\n\n{{{{ link }}}}"
    return Wording(
        subject=" ".join(merge(LINK.sub("", subject), values).split()),
        parts=tuple(merge(part, values) for part in LINK.split(body)),
        language=language,
    )


def _variables(invitation: Invitation) -> dict[str, str]:
    """Every variable that the survey has; one without a value is blank."""
    declared = {one["key"]: "" for one in variables_of(invitation.deployment)}
    told = {
        key: " ".join(tidy(str(value)).split())
        for key, value in invitation.variables.items()
    }
    return {key: told.get(key, "") for key in declared}


def variables_of(deployment: Deployment) -> Sequence[Mapping[str, Any]]:
    """The variables of the version that will be answered, else of the draft."""
    version = deployment.survey.live_version
    declared = version.definition.get("variables") if version else None
    found: Sequence[Mapping[str, Any]] = declared or deployment.survey.variables
    return found


def survey_title(deployment: Deployment, language: str) -> str:
    survey = deployment.survey
    version = survey.live_version
    title = version.definition["title"] if version else survey.title
    return say(title, language, survey.default_language)


def sender(deployment: Deployment) -> str:
    """Return the From line: the deployment's sender, else that of the installation."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return formataddr(
        (
            " ".join(deployment.sender_name.split()) or name,
            writable(deployment.sender_email.strip()) or address,
        )
    )


def merge(text: str, values: Mapping[str, str]) -> str:
    """Put the values in, once: what a value holds is never merged again."""
    if not values.get("name"):
        text = NO_NAME.sub("", text)
    return FIELD.sub(lambda found: values.get(found[1], found[0]), text)


def unknown_fields(text: str, more: Collection[str] = ()) -> list[str]:
    """Return the merge fields of the text that no mail can fill."""
    return [
        name for name in FIELD.findall(text) if name not in NAMES and name not in more
    ]


def direction(language: str) -> str:
    base = language.split("-")[0].lower()
    return "rtl" if base in settings.LANGUAGES_BIDI else "ltr"


def _own_or_default(
    own: Mapping[str, str], ours: Mapping[str, str], language: str, default: str
) -> str:
    """The deployment's text in the best language it has, else ours."""
    text = say(own, language, default)
    return text if text.strip() else say(ours, language, default)


def _text(parts: Sequence[str], link: str, question: MailQuestion | None) -> str:
    """The plain text; the question stands before the paragraph of the first link."""
    if question is None:
        return link.join(parts)
    first, _break, last = parts[0].rpartition("\n\n")
    before = f"{first}\n\n{question.plain}\n\n{last}".lstrip("\n")
    return link.join([before, *parts[1:]])


def _blocks(parts: Sequence[str], link: str) -> list[SafeString | None]:
    """Return the paragraphs as HTML; None where the link stands alone: a button.

    A link within a line of text stays there as a link, so that it reads as written.
    """
    blocks: list[SafeString | None] = []
    for paragraph in re.split(
        r"\n\s*\n", HERE.join(part.replace(HERE, "") for part in parts).strip()
    ):
        if paragraph.strip() == HERE:
            blocks.append(None)
        elif paragraph.strip():
            html = escape(paragraph.strip()).replace("\n", "<br>")
            anchor = f'<a href="{escape(link)}">{escape(link)}</a>'
            # Both are escaped above; only our own tags are added.
            blocks.append(mark_safe(html.replace(HERE, anchor)))  # noqa: S308
    return blocks
