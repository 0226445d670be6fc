"""Owns how the org says no: error code, text, fields and HTTP status."""

from typing import Any

STATUS = {
    "NOT_FOUND": 404,
    "ENTITY_IS_DELETED": 404,
    "INVALID_SESSION_ID": 401,
    "INVALID_AUTH_HEADER": 401,
    "REQUEST_LIMIT_EXCEEDED": 403,
    "API_DISABLED_FOR_ORG": 403,
    "TXN_SECURITY_METERING_ERROR": 403,
    "METHOD_NOT_ALLOWED": 405,
    "PRECONDITION_FAILED": 412,
    "URI_TOO_LONG": 414,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "UNSUPPORTED_API_VERSION": 410,
    "UNKNOWN_EXCEPTION": 500,
}
CHECK_SECURITY = (
    "Please check the security settings of this field and verify that it is "
    "read/write for your profile or permission set."
)
CHECK_WSDL = (
    "Please reference your WSDL or the describe call for the appropriate names."
)


class Refusal(Exception):
    """One error as the org words it. ``fields`` is None where the real answer
    has no such key (requests that could not be read at all)."""

    def __init__(
        self,
        code: str,
        message: str,
        fields: tuple[str, ...] | None = None,
        *,
        status: int | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.fields = fields
        self.status = status or STATUS.get(code, 400)
        self.extra = extra or {}
        self.about: str | None = None  # the field whose JSON could not be read

    def as_row_error(self) -> dict[str, Any]:
        """The form of single-row and general errors."""
        row = {**self.extra, "message": self.message, "errorCode": self.code}
        if self.code == "NOT_FOUND":
            row = {"errorCode": self.code, "message": self.message}
        if self.fields is not None:
            row["fields"] = list(self.fields)
        return row

    def as_element_error(self) -> dict[str, Any]:
        """The form inside an element of a collections answer."""
        element = {"statusCode": self.code, "message": self.message}
        return {**self.extra, **element, "fields": list(self.fields or ())}


def not_found() -> Refusal:
    return Refusal("NOT_FOUND", "The requested resource does not exist")


def no_external_id_field(name: str) -> Refusal:
    message = f"Provided external ID field does not exist or is not accessible: {name}"
    return Refusal("NOT_FOUND", message)


def deleted() -> Refusal:
    return Refusal("ENTITY_IS_DELETED", "entity is deleted", ())


def no_column(name: str, object_name: str) -> Refusal:
    message = f"No such column '{name}' on sobject of type {object_name}"
    return Refusal("INVALID_FIELD", message)


def not_writable(names: list[str]) -> Refusal:
    message = f"Unable to create/update fields: {', '.join(names)}. {CHECK_SECURITY}"
    return Refusal("INVALID_FIELD_FOR_INSERT_UPDATE", message, tuple(names))


def missing(names: list[str]) -> Refusal:
    message = f"Required fields are missing: [{', '.join(names)}]"
    return Refusal("REQUIRED_FIELD_MISSING", message, tuple(names))


def malformed_id(text: object) -> Refusal:
    return Refusal("MALFORMED_ID", f"malformed id {text}", ())


def unknown_type(name: str, picture: str = "") -> Refusal:
    message = (
        f"{picture}sObject type '{name}' is not supported. If you are attempting to use "
        "a custom object, be sure to append the '__c' after the entity name. "
        f"{CHECK_WSDL}"
    )
    return Refusal("INVALID_TYPE", message)


def unreadable_json(message: str) -> Refusal:
    return Refusal("JSON_PARSER_ERROR", message)


def rolled_back() -> Refusal:
    message = (
        "Record rolled back because not all records were valid and the request "
        "was using AllOrNone header"
    )
    return Refusal("ALL_OR_NONE_OPERATION_ROLLED_BACK", message, ())
