"""Owns the single decision of what a refusal by Salesforce means for us.

A closed table of codes. Branch on codes, never on words: Salesforce says its words
in the language of the connection's user. An unknown code is held as data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from surveys.wording import gettext as _
from surveys.wording import gettext_noop

LONGEST_MESSAGE = 1000


class Kind(StrEnum):
    """What happens next, not what went wrong."""

    TRANSIENT = "transient"
    LOCK = "lock"
    SESSION = "session"
    BUDGET = "budget"
    CONNECTION = "connection"
    DATA = "data"
    SCHEMA = "schema"
    DUPLICATE = "duplicate"


# What passes by itself or with a new log-in, so that the same may be tried later.
PASSING = frozenset(
    {Kind.TRANSIENT, Kind.LOCK, Kind.SESSION, Kind.BUDGET, Kind.CONNECTION}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    title: str
    todo: str


WORDS: Mapping[Kind, Words] = MappingProxyType(
    {
        Kind.TRANSIENT: Words(
            title=gettext_noop("Salesforce could not answer"),
            todo=gettext_noop("Nothing to do: it is tried again by itself."),
        ),
        Kind.LOCK: Words(
            title=gettext_noop("Somebody else was saving the same record"),
            todo=gettext_noop("Nothing to do: it is tried again by itself."),
        ),
        Kind.SESSION: Words(
            title=gettext_noop("The log-in has ended"),
            todo=gettext_noop("Nothing to do: Tellback logs in again by itself."),
        ),
        Kind.BUDGET: Words(
            title=gettext_noop(
                "The organisation has used up its API calls or its storage"
            ),
            todo=gettext_noop(
                "Nothing is lost: it goes on when Salesforce allows it. If this "
                "happens often, ask your Salesforce administrator for a higher limit."
            ),
        ),
        Kind.CONNECTION: Words(
            title=gettext_noop("The connection does not work"),
            todo=gettext_noop("Check the connection, put it right and resume it."),
        ),
        Kind.DATA: Words(
            title=gettext_noop("Salesforce refused this record"),
            todo=gettext_noop(
                "Change the record in Salesforce or the rule that wrote the field, "
                "then send it again."
            ),
        ),
        Kind.SCHEMA: Words(
            title=gettext_noop("An object or field is missing, or may not be written"),
            todo=gettext_noop(
                "Give the connection's user access to the field, or change the "
                "mapping; then activate the mapping and send again."
            ),
        ),
        Kind.DUPLICATE: Words(
            title=gettext_noop("Salesforce says that there is such a record already"),
            todo=gettext_noop(
                "Let the mapping find the record that exists, or merge the records "
                "in Salesforce; then send it again."
            ),
        ),
    }
)

_CODES: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.TRANSIENT: """
            SERVER_UNAVAILABLE UNKNOWN_EXCEPTION REQUEST_RUNNING_TOO_LONG
            QUERY_TIMEOUT INVALID_QUERY_LOCATOR rate_limit_exceeded server_error
            temporarily_unavailable OPERATION_TOO_LARGE PROCESSING_HALTED
            BATCH_PROCESSING_HALTED ALL_OR_NONE_OPERATION_ROLLED_BACK
            TOO_MANY_APEX_REQUESTS
        """,
        Kind.LOCK: "UNABLE_TO_LOCK_ROW",
        Kind.SESSION: "INVALID_SESSION_ID",
        Kind.BUDGET: "REQUEST_LIMIT_EXCEEDED STORAGE_LIMIT_EXCEEDED LIMIT_EXCEEDED",
        Kind.CONNECTION: """
            API_DISABLED_FOR_ORG API_CURRENTLY_DISABLED INVALID_AUTH_HEADER
            FUNCTIONALITY_NOT_ENABLED INSUFFICIENT_ACCESS TXN_SECURITY_METERING_ERROR
            UNSUPPORTED_API_VERSION GONE UNSUPPORTED_MEDIA_TYPE
            INVALID_LOGIN LOGIN_MUST_USE_SECURITY_TOKEN ORG_LOCKED PASSWORD_LOCKOUT
            INACTIVE_OWNER_OR_USER inactive_user inactive_org invalid_grant
            invalid_client invalid_client_id redirect_uri_mismatch invalid_request
            invalid_scope unsupported_grant_type unauthorized_client access_denied
            OAUTH_APP_BLOCKED OAUTH_APP_ACCESS_DENIED OAUTH_APPROVAL_ERROR_GENERIC
        """,
        Kind.DATA: """
            REQUIRED_FIELD_MISSING STRING_TOO_LONG FIELD_CUSTOM_VALIDATION_EXCEPTION
            FIELD_FILTER_VALIDATION_EXCEPTION FIELD_INTEGRITY_EXCEPTION
            INVALID_EMAIL_ADDRESS NUMBER_OUTSIDE_VALID_RANGE JSON_PARSER_ERROR
            INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST ENTITY_IS_DELETED ENTITY_IS_LOCKED
            INVALID_CROSS_REFERENCE_KEY INSUFFICIENT_ACCESS_OR_READONLY
            INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY
            CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY CANNOT_EXECUTE_FLOW_TRIGGER
            APEX_ERROR LIMIT_USAGE_FOR_NS CANNOT_UPDATE_CONVERTED_LEAD MALFORMED_ID
            INVALID_ID_FIELD MISSING_ARGUMENT NOT_FOUND METHOD_NOT_ALLOWED MALFORMED_QUERY
            INVALID_QUERY_FILTER_OPERATOR MALFORMED_SEARCH EXCEEDED_ID_LIMIT
            PRECONDITION_FAILED MULTIPLE_CHOICES INVALID_TYPE_ON_FIELD_IN_RECORD
        """,
        Kind.SCHEMA: "INVALID_FIELD INVALID_FIELD_FOR_INSERT_UPDATE INVALID_TYPE",
        Kind.DUPLICATE: "DUPLICATES_DETECTED DUPLICATE_VALUE",
    }
)

TABLE: Mapping[str, Kind] = MappingProxyType(
    {code: kind for kind, codes in _CODES.items() for code in codes.split()}
)

# Codes that are tried less often than their kind says, or once more than that.
TRIES: Mapping[str, int] = MappingProxyType(
    {
        # "An unexpected error": mostly over soon, else for Salesforce's support.
        "UNKNOWN_EXCEPTION": 8,
        # Their trigger failed: perhaps only because of what it met at that moment.
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": 2,
    }
)
# What fewer records at once may pass.
_TOO_MUCH_AT_ONCE = frozenset({"REQUEST_RUNNING_TOO_LONG", "OPERATION_TOO_LARGE"})

# What an answer without a code of Salesforce's means.
_STATUSES: Mapping[int, Kind] = MappingProxyType(
    {
        300: Kind.DATA,
        301: Kind.CONNECTION,
        302: Kind.CONNECTION,
        303: Kind.CONNECTION,
        307: Kind.CONNECTION,
        308: Kind.CONNECTION,
        401: Kind.SESSION,
        408: Kind.TRANSIENT,
        409: Kind.LOCK,
        410: Kind.CONNECTION,
        420: Kind.TRANSIENT,
        429: Kind.TRANSIENT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One error as Salesforce said it."""

    kind: Kind
    code: str
    message: str
    fields: tuple[str, ...] = ()


class OrgError(Exception):
    """A call that the organisation did not carry out. Holds no secret."""

    def __init__(
        self, refusal: Refusal, status: int = 0, *, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{refusal.code}: {refusal.message}")
        self.refusal = refusal
        self.status = status
        # Seconds, when the organisation has said when to come again.
        self.retry_after = retry_after
        # What to look for in the logs of both sides.
        self.request_id = ""

    @property
    def kind(self) -> Kind:
        return self.refusal.kind


class NoAnswer(OrgError):
    """No answer came. Unless `never_sent`, the call may have been carried out."""

    def __init__(self, refusal: Refusal, *, never_sent: bool = False) -> None:
        super().__init__(refusal)
        self.never_sent = never_sent


def words(kind: str) -> Words | None:
    """The title and what to do, for a kind as it is stored; None: unknown."""
    return WORDS[Kind(kind)] if kind in set(Kind) else None


def classify(*, status: int, code: str, message: str = "") -> Kind:
    if code == "REQUEST_LIMIT_EXCEEDED" and message.startswith("ConcurrentRequests"):
        # The name of the limit, which is not translated: seconds, not hours.
        return Kind.TRANSIENT
    if code == "INVALID_FIELD" and message.startswith("Foreign key external ID"):
        # The parent row is missing, not a field. A translated text costs a pause.
        return Kind.DATA
    if code in TABLE:
        return TABLE[code]
    if code.startswith("System."):
        return Kind.DATA
    return Kind.DATA if code and not code.startswith("HTTP_") else _by_status(status)


def wants_small_calls(kind: str, code: str) -> bool:
    """Say whether fewer records at once may get through, for an error as stored."""
    return kind == Kind.LOCK or code in _TOO_MUCH_AT_ONCE


def _by_status(status: int) -> Kind:
    return _STATUSES.get(status, Kind.TRANSIENT if status >= 500 else Kind.DATA)


def read_error(value: object, *, status: int = 400) -> Refusal:
    """Read one error element, of whatever shape; never raises."""
    if not isinstance(value, Mapping):
        return _without_code(status)
    code = _text(value.get("errorCode") or value.get("statusCode"))
    code = code or _text(value.get("error"))
    message = _text(value.get("message") or value.get("error_description"))
    if not code:
        return _without_code(status)
    fields = value.get("fields")
    names = fields if isinstance(fields, list) else []
    return Refusal(
        kind=classify(status=status, code=code, message=message),
        code=code[:100],
        message=message or code,
        fields=tuple(name for name in names if isinstance(name, str)),
    )


def read_body(status: int, body: bytes) -> Refusal:
    """Read the body of a refused call: list, object, text or a web page."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return _from_text(status, body)
    if isinstance(value, list):
        value = value[0] if value else None
    return read_error(value, status=status)


def _from_text(status: int, body: bytes) -> Refusal:
    text = body[:100].decode("utf-8", "replace").strip()
    if re.fullmatch(r"[A-Za-z_]{3,40}", text):
        # The identity service answers with one bare word, such as Bad_OAuth_Token.
        return Refusal(
            kind=Kind.SESSION if "Token" in text else classify(status=status, code=""),
            code=text,
            message=text.replace("_", " "),
        )
    return _without_code(status)


def _without_code(status: int) -> Refusal:
    kind = _by_status(status)
    return Refusal(kind=kind, code=f"HTTP_{status}", message=_plain(status, kind))


def _plain(status: int, kind: Kind) -> str:
    if status == 300:
        return _("More than one record has this external id. Make the field unique.")
    if 300 <= status < 400:
        return _("The organisation has moved. Connect it again.")
    if kind is Kind.TRANSIENT:
        return _(
            "Salesforce did not answer with data: it is probably busy or in "
            "maintenance."
        )
    return _("Salesforce refused the call without saying why.")


def _text(value: object) -> str:
    return value[:LONGEST_MESSAGE] if isinstance(value, str) else ""
