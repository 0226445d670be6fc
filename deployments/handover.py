"""Hands one mail to the provider and says what became of it, closed by default.

`Deferred`: surely not sent, try again. `Refused`: surely not sent, and trying again
does not help. `Perhaps`: it may have gone out; only a person may send it again.
"""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from typing import Any

from anymail.exceptions import (
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailUnsupportedFeature,
)
from botocore.exceptions import CredentialRetrievalError, NoCredentialsError
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.utils.translation import gettext as _
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

# What a provider's API says of the key or the account, not of the mail.
OUR_FAULT = frozenset({401, 402, 403})
# What Amazon SES calls a bad request, as other providers would say it.
AMAZON: Mapping[str, int] = {
    "AccountSuspendedException": 403,
    "LimitExceededException": 429,
    "MailFromDomainNotVerifiedException": 403,
    "SendingPausedException": 403,
    "ThrottlingException": 429,
}
# An API was never called: there was no connection, or no key to sign the call with.
NOT_CALLED = (
    NewConnectionError,
    ConnectTimeoutError,
    NoCredentialsError,
    CredentialRetrievalError,
)
SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
UNWRITABLE = (
    ValueError,
    smtplib.SMTPNotSupportedError,
    AnymailRecipientsRefused,
    AnymailInvalidAddress,
    AnymailUnsupportedFeature,
)


class HandoverError(Exception):
    """The mail was not accepted; the text says what the provider said."""


class Deferred(HandoverError):
    """Surely not sent; later it may work."""


class Unreachable(Deferred):
    """The provider cannot be reached or refuses us: other mails would fail alike."""


class Refused(HandoverError):
    """Surely not sent, and it will be refused again."""


class Perhaps(HandoverError):
    """The answer to the handover was lost: it may have been sent."""


class Client(smtplib.SMTP):
    """Knows whether the text of the current mail was on its way."""

    on_its_way = False

    def mail(self, sender: str, options: Any = ()) -> Any:
        self.on_its_way = False
        return super().mail(sender, options)

    def data(self, msg: Any) -> Any:
        self.on_its_way = True
        return super().data(msg)


class SecureClient(smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""

    on_its_way = False

    def mail(self, sender: str, options: Any = ()) -> Any:
        self.on_its_way = False
        return super().mail(sender, options)

    def data(self, msg: Any) -> Any:
        self.on_its_way = True
        return super().data(msg)


class SmtpBackend(EmailBackend):
    """Django's SMTP, with a client that remembers how far it came."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return SecureClient if self.use_ssl else Client


class Counter:
    """Where mails are handed over: one connection for many, a new one after an error."""

    def __init__(self) -> None:
        self._backend: Any = None

    def hand_over(self, mail: EmailMessage) -> None:
        """Return when the provider has taken the mail; raise `HandoverError` if not."""
        if self._backend is None:
            self._backend = _open()
        try:
            taken = self._backend.send_messages([mail])
        except Exception as error:
            on_its_way = _on_its_way(self._backend)
            self.close()
            raise verdict(error, on_its_way=on_its_way) from error
        if not taken:
            raise Refused(_("The mail has no recipient that can be written to."))

    def close(self) -> None:
        backend, self._backend = self._backend, None
        if backend is None:
            return
        try:
            backend.close()
        except (OSError, smtplib.SMTPException):
            return  # what was taken stays taken; there is nothing left to close


def verdict(error: Exception, *, on_its_way: bool | None) -> HandoverError:
    """Classify what a handover raised; what nobody knows may have been sent."""
    said = describe(error)
    code = _code(error)
    if code in OUR_FAULT and not isinstance(error, smtplib.SMTPException):
        return Unreachable(said)
    if code is not None:
        return Deferred(said) if _is_passing(error, code) else Refused(said)
    if _was_not_called(error):
        return Unreachable(said)
    if isinstance(error, UNWRITABLE):
        return Refused(said)  # the mail itself cannot be written
    if on_its_way is False and isinstance(error, OSError | smtplib.SMTPException):
        return Deferred(said)
    return Perhaps(said)


def describe(error: BaseException) -> str:
    """The provider's own words."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = _first_refusal(error)
        return f"{code} {_readable(text)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_readable(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _open() -> Any:
    backend: Any = (
        SmtpBackend()
        if settings.EMAIL_BACKEND == SMTP_BACKEND
        else get_connection(fail_silently=False)
    )
    try:
        backend.open()
    except Exception as error:  # whatever it is, no mail has been handed over
        raise Unreachable(describe(error)) from error
    return backend


def _on_its_way(backend: Any) -> bool | None:
    client = getattr(backend, "connection", None)
    return getattr(client, "on_its_way", None)


def _code(error: Exception) -> int | None:
    """The status that the provider gave: SMTP, or HTTP from an API of a provider."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _first_refusal(error)[0]
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code if error.smtp_code > 0 else None
    status = getattr(error, "status_code", None)
    told = getattr(error, "response", None)
    if isinstance(told, Mapping):  # Amazon SES
        status = told.get("ResponseMetadata", {}).get("HTTPStatusCode")
        status = AMAZON.get(told.get("Error", {}).get("Code", ""), status)
    return status if isinstance(status, int) and 400 <= status < 500 else None


def _was_not_called(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, NOT_CALLED):
        error = error.__cause__ or error.__context__
    return error is not None


def _is_passing(error: Exception, code: int) -> bool:
    if isinstance(error, smtplib.SMTPException):
        return 400 <= code < 500
    return code in {408, 425, 429}


def _first_refusal(error: smtplib.SMTPRecipientsRefused) -> tuple[int, Any]:
    refusal: tuple[int, Any] = next(iter(error.recipients.values()))
    return refusal


def _readable(text: Any) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
