"""Owns the switches for log-ins, rights and answers: what each sets, by its name."""

from collections.abc import Callable
from typing import Any

from crm_mappings.emulator.assertions import NotACertificate, readable
from crm_mappings.emulator.faults import TokenError
from crm_mappings.emulator.org import Org
from crm_mappings.emulator.refusals import Refusal

SHAPES = ("object", "list", "html")


def _expire(org: Org, value: Any) -> None:
    if value:
        org.logins.expire_sessions()


def _revoke(org: Org, value: Any) -> None:
    if value:
        org.logins.revoke_grants()
        org.logins.expire_sessions()


def _rotate(org: Org, value: Any) -> None:
    org.logins.rotate = bool(value)


def _installed(org: Org, value: Any) -> None:
    org.client.installed = bool(value)


def _blocked(org: Org, value: Any) -> None:
    org.client.blocked = bool(value)


def _callbacks(org: Org, value: Any) -> None:
    """The app's callback addresses, with spaces between; none: any will do."""
    org.client.callback_urls = tuple(str(value).split())


def _certificate(org: Org, value: Any) -> None:
    """A further certificate of the app's; an empty text takes all away."""
    if not value:
        org.client.certificates.clear()
        return
    try:
        org.client.certificates.append(readable(str(value)))
    except NotACertificate as error:
        raise Refusal("INVALID_INPUT", str(error)) from error


def _secret(org: Org, value: Any) -> None:
    """What an admin does who makes a new consumer secret."""
    org.client.client_secret = str(value)


def _token_errors(org: Org, value: Any) -> None:
    """The next answers of the token endpoint, as a list of documents; or as a text
    ``error | description | shape | status``."""
    given = value if isinstance(value, list) else [value]
    org.faults.token_errors = [_token_error(each) for each in given if each]


def _token_error(value: Any) -> TokenError:
    if isinstance(value, str):
        parts = [part.strip() for part in value.split("|")]
        names = ("error", "description", "shape", "status")
        value = dict(zip(names, parts, strict=False))
    if not isinstance(value, dict) or not value.get("error"):
        raise Refusal("INVALID_INPUT", "a token error needs an error")
    shape = str(value.get("shape") or "object")
    status = str(value.get("status") or 400)
    if shape not in SHAPES or not status.isdigit() or not 400 <= int(status) < 600:
        message = "shape is object, list or html; status is 400 to 599"
        raise Refusal("INVALID_INPUT", message)
    return TokenError(
        error=str(value["error"]),
        description=str(value.get("description") or ""),
        shape=shape,
        status=int(status),
    )


def _instance(org: Org, value: Any) -> None:
    org.faults.instance_url = str(value or "")


def _grant(org: Org, value: Any) -> None:
    org.set_right(str(value), granted=True)


def _withdraw(org: Org, value: Any) -> None:
    org.set_right(str(value), granted=False)


def _withdraw_object(org: Org, value: Any) -> None:
    object_name, _, right = str(value).partition(".")
    org.withdraw_object(object_name, right)


def _refresh_sandbox(org: Org, value: Any) -> None:
    org.refresh_sandbox(str(value))


SWITCHES: dict[str, Callable[[Org, Any], None]] = {
    "expire_tokens": _expire,
    "revoke_grants": _revoke,
    "rotate_refresh_tokens": _rotate,
    "app_installed": _installed,
    "app_blocked": _blocked,
    "callback_urls": _callbacks,
    "certificate": _certificate,
    "client_secret": _secret,
    "token_errors": _token_errors,
    "instance_url": _instance,
    "grant_right": _grant,
    "withdraw_right": _withdraw,
    "withdraw_object": _withdraw_object,
    "refresh_sandbox": _refresh_sandbox,
}
