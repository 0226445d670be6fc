"""Reads mails that come back: whose address, whether for good, and which mail it was.

Pure. Any bytes give a `Report`; what is no bounce gives one without any. An address
is given up only where the words or the status say that it does not exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from enum import StrEnum

from deployments.addresses import is_address, normal_address
from surveys.texts import tidy

LARGEST = 10 * 1024 * 1024
MOST_RECIPIENTS = 100
LONGEST_SAID = 500


class Kind(StrEnum):
    HARD = "hard"
    SOFT = "soft"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    email: str  # blank where only the id of the mail is told
    kind: Kind
    status: str = ""  # such as 5.1.1
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    bounces: tuple[Bounce, ...] = ()
    message_ids: tuple[str, ...] = ()  # of the mails that came back


ADDRESS = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+"
IN_TEXT = re.compile(
    rf"^[ \t]*(?:(?:to|rcpt to|recipient|address)[: \t]+)?"
    rf"(?:<({ADDRESS})>:?.*|[\"']?({ADDRESS})[\"']?:?[ \t]*)$",
    re.IGNORECASE | re.MULTILINE,
)
STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
REPLY = re.compile(r"(?<![\d.])([45]\d\d)(?=[ -])")
MESSAGE_ID = re.compile(
    r"^message-id:\s*(<[^<>\s]{1,200}>)", re.IGNORECASE | re.MULTILINE
)
# Where the copy of the mail begins, in reports that are plain text.
COPY = re.compile(
    r"^[ \t]*-{2,}[ \t-]*(?:below this line|this is a copy|original message|"
    r"the header of the original|included is a copy|returned mail follows)"
    r"|^[ \t]*(?:return-path:|received:) ",
    re.IGNORECASE | re.MULTILINE,
)
SENDERS = re.compile(r"mailer-daemon|postmaster|mail delivery|no-?reply", re.IGNORECASE)
SUBJECTS = re.compile(
    r"undeliver|deliver(?:y|ed)|failure|returned mail|non remis|unzustellbar",
    re.IGNORECASE,
)
NOT_THE_ADDRESS = re.compile(
    r"full|quota|too (?:many|large|big)|insufficient|storage|spam|blocked|black ?list|"
    r"block ?list|dnsbl|policy|polic|reputation|reverse|ptr|rdns|header error|"
    r"content|virus|grey ?list|try again|temporar|timed? ?out|expired|retry|"
    r"unsolicited|dmarc|dkim|\bspf\b|authentic|not authorized|permission|"
    r"of sender|sender address|access denied|relay|too old|loop|rejecting|hop count|over(?:drawn| limit)",
    re.IGNORECASE,
)
NO_SUCH_ADDRESS = re.compile(
    r"user unknown|unknown user|no such (?:user|recipient|mailbox|address)|"
    r"does ?n[o']t exist|not exist|unknown (?:recipient|local|address|mailbox)|"
    r"recipient unknown|invalid (?:recipient|mailbox|user)|no mailbox|"
    r"not (?:a valid|our customer|found|known)|user not found|unrouteable|"
    r"doesn't have a|has moved|moved to|no longer|is disabled|account .*disabled|"
    r"host unknown|unknown host|host not found|domain not found|"
    r"recipnotfound|no (?:valid )?such|mailbox unavailable|unknown\b|nullmx|"
    r"does not accept (?:mail|email)|not accept(?:ing)? (?:mail|email|any)",
    re.IGNORECASE,
)
GONE = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10")


def read(raw: bytes) -> Report:
    """Say who could not be reached, by one mail that came back."""
    if len(raw) > LARGEST:
        return Report()
    mail = message_from_bytes(raw)
    parts = list(mail.walk())
    for kind, reader in (
        ("message/feedback-report", _complaints),
        ("message/delivery-status", _delivery_status),
    ):
        found = [part for part in parts if part.get_content_type() == kind]
        if found:
            bounces = [one for part in found for one in reader(part, mail)]
            return _report(bounces, parts, raw)
    if _looks_returned(mail):
        return _report(list(_in_words(mail)), parts, raw)
    return Report()


def kind_of(status: str, said: str) -> Kind:
    """Say whether the address itself is no good; a doubt is no."""
    if status.startswith("4"):
        return Kind.SOFT
    words = said.replace("\n", " ")
    if NOT_THE_ADDRESS.search(words) and not status.startswith(GONE):
        return Kind.SOFT
    if status in GONE or NO_SUCH_ADDRESS.search(words):
        return Kind.HARD
    return Kind.SOFT


def _report(bounces: list[Bounce], parts: list[Message], raw: bytes) -> Report:
    unique = {one.email: one for one in reversed(bounces)}
    return Report(
        bounces=tuple(reversed(unique.values()))[:MOST_RECIPIENTS],
        message_ids=tuple(_original_ids(parts, raw)),
    )


def _original_ids(parts: list[Message], raw: bytes) -> Iterator[str]:
    """The ids of the mails that came back, never that of the report itself."""
    own = str(parts[0].get("Message-ID", "")).strip() if parts else ""
    text = raw.decode("utf-8", "replace")
    found = dict.fromkeys(MESSAGE_ID.findall(text))
    return (each for each in found if each != own)


def _complaints(part: Message, mail: Message) -> Iterator[Bounce]:
    fields = _fields(part)
    named = [value for name, value in fields if name == "original-rcpt-to"]
    if not named:
        named = [
            str(each.get("To", ""))
            for each in mail.walk()
            if each is not mail and each.get("To") and each.get("From")
        ]
    kind = dict(fields).get("feedback-type", "abuse")
    found = [email for text in named if (email := _address(text))]
    for email in found or [""]:  # many leave the address out: the Message-ID tells
        yield Bounce(email=email, kind=Kind.COMPLAINT, said=kind[:LONGEST_SAID])


def _delivery_status(part: Message, mail: Message) -> Iterator[Bounce]:
    words = _text(mail)
    for block in _blocks(part):
        fields = dict(reversed(block))
        recipient = fields.get("original-recipient") or fields.get("final-recipient")
        email = _address((recipient or "").rpartition(";")[2])
        final = _address(fields.get("final-recipient", "").rpartition(";")[2])
        email = email or final
        if not email or fields.get("action", "failed").lower() not in FAILED:
            continue
        said = fields.get("diagnostic-code", "") or _after(words, email)
        status = _status(fields.get("status", ""), said)
        delayed = fields.get("action", "").lower() == "delayed"
        kind = Kind.SOFT if delayed else kind_of(status, said)
        yield Bounce(
            email=email, kind=kind, status=status, said=tidy(said)[:LONGEST_SAID]
        )


FAILED = {"failed", "failure", "delayed", "expired"}


def _in_words(mail: Message) -> Iterator[Bounce]:
    """Read a report that is a text for people, as qmail and others write it."""
    text = _text(mail)
    copy = COPY.search(text)
    told = text[: copy.start()] if copy else text
    found = list(IN_TEXT.finditer(told))
    said: dict[str, str] = {}
    for number, match in enumerate(found):
        end = found[number + 1].start() if number + 1 < len(found) else len(told)
        if email := _address(match[1] or match[2]):
            said[email] = said.get(email, "") + told[match.start() : end]
    for email, words in said.items():
        status = _status("", words)
        yield Bounce(
            email=email,
            kind=kind_of(status, words),
            status=status,
            said=tidy(words)[:LONGEST_SAID],
        )


def _status(told: str, said: str) -> str:
    """The status that says most: what the other server said, else the report."""
    there = STATUS.search(said)
    here = STATUS.search(told)
    if there and not there[1].endswith(".0.0"):
        return there[1]
    if here:
        return here[1]
    reply = REPLY.search(said)
    return there[1] if there else f"{reply[1][0]}.0.0" if reply else ""


def _blocks(part: Message) -> list[list[tuple[str, str]]]:
    payload = part.get_payload()
    if isinstance(payload, list):
        return [_pairs(each) for each in payload if isinstance(each, Message)]
    return [
        _pairs(message_from_bytes(text.encode())) for text in str(payload).split("\n\n")
    ]


def _fields(part: Message) -> list[tuple[str, str]]:
    return [pair for block in _blocks(part) for pair in block]


def _pairs(block: Message) -> list[tuple[str, str]]:
    return [(name.lower(), str(value).strip()) for name, value in block.items()]


def _text(mail: Message) -> str:
    """The first text for people, decoded."""
    for part in mail.walk():
        if part.get_content_maintype() != "text":
            continue
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            charset = part.get_content_charset() or "utf-8"
            try:
                return payload.decode(charset, "replace").replace("\r\n", "\n")
            except LookupError:
                return payload.decode("utf-8", "replace").replace("\r\n", "\n")
    return ""


def _after(text: str, email: str) -> str:
    """What the text says of an address."""
    at = text.lower().find(email)
    return text[at : at + LONGEST_SAID] if at >= 0 else text[:LONGEST_SAID]


def _looks_returned(mail: Message) -> bool:
    sender = f"{mail.get('From', '')} {mail.get('Return-Path', '')}"
    empty = str(mail.get("Return-Path", "")).strip() == "<>"
    return empty or bool(
        SENDERS.search(sender) and (SUBJECTS.search(_subject(mail)) or empty)
    )


def _subject(mail: Message) -> str:
    text = str(mail.get("Subject", ""))
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError):
        return text


def _address(text: str) -> str:
    found = re.search(ADDRESS, text)
    email = normal_address(found[0].strip(".")) if found else ""
    return email if is_address(email) else ""
