"""What a provider says is classified once; what nobody knows may have been sent."""

from __future__ import annotations

import smtplib

import pytest
from django.core.mail import BadHeaderError, EmailMessage

from deployments.handover import (
    Counter,
    Deferred,
    Perhaps,
    Refused,
    Unreachable,
    verdict,
)


class ProviderError(Exception):
    """As the libraries of mail providers raise it."""

    def __init__(self, status_code):
        super().__init__(f"HTTP {status_code}")
        self.status_code = status_code


def refused(code):
    return smtplib.SMTPRecipientsRefused({"a@example.com": (code, b"said")})


@pytest.mark.parametrize(
    ("error", "on_its_way", "expected"),
    [
        (refused(450), False, Deferred("450 said")),
        (refused(550), False, Refused("550 said")),
        (smtplib.SMTPSenderRefused(451, b"later", "a@b"), False, Deferred("451 later")),
        (smtplib.SMTPSenderRefused(553, b"no", "a@b"), False, Refused("553 no")),
        (smtplib.SMTPDataError(452, b"full"), True, Deferred("452 full")),
        (smtplib.SMTPDataError(554, "spam"), True, Refused("554 spam")),
        (BadHeaderError("newline"), None, Refused("BadHeaderError: newline")),
        (
            smtplib.SMTPNotSupportedError("no SMTPUTF8"),
            False,
            Refused("SMTPNotSupportedError: no SMTPUTF8"),
        ),
        (TimeoutError("slow"), False, Deferred("TimeoutError: slow")),
        (TimeoutError("slow"), True, Perhaps("TimeoutError: slow")),
        (TimeoutError("slow"), None, Perhaps("TimeoutError: slow")),
        (
            smtplib.SMTPServerDisconnected("gone"),
            True,
            Perhaps("SMTPServerDisconnected: gone"),
        ),
        (ProviderError(422), None, Refused("ProviderError: HTTP 422")),
        (ProviderError(401), None, Unreachable("ProviderError: HTTP 401")),
        (ProviderError(403), None, Unreachable("ProviderError: HTTP 403")),
        (ProviderError(429), None, Deferred("ProviderError: HTTP 429")),
        (ProviderError(502), None, Perhaps("ProviderError: HTTP 502")),
        (KeyError("new"), None, Perhaps("KeyError: 'new'")),
    ],
)
def test_each_answer_has_its_class(error, on_its_way, expected):
    said = verdict(error, on_its_way=on_its_way)

    assert (type(said), str(said)) == (type(expected), str(expected))


def test_a_backend_that_cannot_be_opened_is_unreachable(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_USE_SSL = True
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    with pytest.raises(Unreachable, match="ConnectionRefusedError"):
        Counter().hand_over(EmailMessage(to=["a@example.com"]))


def test_a_mail_that_nobody_took_is_refused(settings):
    settings.EMAIL_BACKEND = "tests.deployments.smtp.IdleBackend"
    with pytest.raises(Refused, match="no recipient"):
        Counter().hand_over(EmailMessage(to=[]))
