"""Owns what a field accepts from JSON, and how a stored value is written out again."""

import base64
import binascii
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from crm_mappings.emulator.refusals import Refusal, unreadable_json
from crm_mappings.emulator.schema.fields import Field

EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}"
)
MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})"
)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
EARLIEST, LATEST = date(1700, 1, 1), date(4000, 12, 31)
NUMBERS = frozenset({"double", "currency", "percent"})
TEXTS = frozenset({"string", "textarea", "phone", "url", "email", "combobox"})


def accept(field: Field, value: Any) -> Any:
    """The value to store, or a Refusal in the org's own words."""
    if value is None:
        return _nothing(field)
    return READERS[field.type](field, value)


def _nothing(field: Field) -> None:
    if field.type == "boolean":
        message = f"{field.label}: value not of required type: "
        raise Refusal("INVALID_TYPE_ON_FIELD_IN_RECORD", message, (field.name,))


def wrong_type(field: Field, value: Any) -> Refusal:
    kind, shown = _token(value)
    refusal = unreadable_json(
        f"Cannot deserialize instance of {field.type} from {kind} value {shown} "
        "or request may be missing a required field"
    )
    refusal.about = field.name
    return refusal


def _token(value: Any) -> tuple[str, str]:
    if isinstance(value, bool):
        return f"VALUE_{value}".upper(), str(value).lower()
    if isinstance(value, int):
        return "VALUE_NUMBER_INT", str(value)
    if isinstance(value, float | Decimal):
        return "VALUE_NUMBER_FLOAT", str(value)
    if isinstance(value, str):
        return "VALUE_STRING", value
    return ("START_ARRAY", "[") if isinstance(value, list) else ("START_OBJECT", "{")


def _text(field: Field, value: Any) -> str | None:
    if not isinstance(value, str):
        raise wrong_type(field, value)
    # JSON may carry half of a surrogate pair, which no other text can.
    kept = value.encode("utf-8", "replace").decode().strip()
    if len(kept) > field.length:
        raise Refusal(
            "STRING_TOO_LONG",
            f"{field.label}: data value too large: {kept} (max length={field.length})",
            (field.name,),
        )
    return kept or None


def _email(field: Field, value: Any) -> str | None:
    kept = _text(field, value)
    if kept is not None and not EMAIL.fullmatch(kept):
        message = f"{field.label}: invalid email address: {kept}"
        raise Refusal("INVALID_EMAIL_ADDRESS", message, (field.name,))
    return kept


def _choice(field: Field, value: Any) -> str | None:
    kept = _text(field, value)
    if kept is not None:
        _refuse_strangers(field, [kept])
    return kept


def _choices(field: Field, value: Any) -> str | None:
    kept = _text(field, value)
    parts = [part.strip() for part in (kept or "").split(";")]
    parts = [part for part in dict.fromkeys(parts) if part]
    _refuse_strangers(field, parts)
    return ";".join(parts) or None


def _refuse_strangers(field: Field, parts: list[str]) -> None:
    if not field.restricted:
        return
    for part in parts:
        if part not in field.values:
            message = f"{field.label}: bad value for restricted picklist field: {part}"
            code = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
            raise Refusal(code, message, (field.name,))


def _boolean(field: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise wrong_type(field, value)
    return value


def _number(field: Field, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise wrong_type(field, value)
    exact = Decimal(str(value))
    limit = Decimal(10) ** (field.precision - field.scale)
    if not exact.is_finite() or abs(exact) >= limit:
        raise _outside(field, value)
    rounded = exact.quantize(Decimal(1).scaleb(-field.scale), ROUND_HALF_UP)
    if abs(rounded) >= limit:
        raise _outside(field, value)
    return float(rounded)


def _integer(field: Field, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_type(field, value)
    if abs(value) >= 10**field.digits:
        raise _outside(field, value)
    return value


def _outside(field: Field, value: Any) -> Refusal:
    message = f"{field.label}: value outside of valid range on numeric field: {value}"
    return Refusal("NUMBER_OUTSIDE_VALID_RANGE", message, (field.name,))


def _day(field: Field, value: Any) -> date:
    if not isinstance(value, str) or not DAY.fullmatch(value):
        raise wrong_type(field, value)
    try:
        read = date.fromisoformat(value)
    except ValueError:
        raise wrong_type(field, value) from None
    _refuse_outside(field, value, read)
    return read


def _moment(field: Field, value: Any) -> datetime:
    if not isinstance(value, str) or not MOMENT.fullmatch(value):
        raise wrong_type(field, value)
    try:
        read = datetime.fromisoformat(_six_digits(value)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong_type(field, value) from None
    _refuse_outside(field, value, read.date())
    return read.replace(microsecond=0)


def _six_digits(value: str) -> str:
    """Java reads any number of decimals; Python at most six."""
    return re.sub(r"(\.\d{6})\d+", r"\1", value)


def _refuse_outside(field: Field, value: str, read: date) -> None:
    if not EARLIEST <= read <= LATEST:
        raise wrong_type(field, value)


def _reference(field: Field, value: Any) -> str | None:
    if not isinstance(value, str):
        raise wrong_type(field, value)
    return value.strip() or None


def _file(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise wrong_type(field, value)
    try:
        base64.b64decode(value, validate=True)
    except binascii.Error:
        raise wrong_type(field, value[:40]) from None
    return value


def _never(field: Field, value: Any) -> None:
    raise wrong_type(field, value)


READERS: dict[str, Callable[[Field, Any], Any]] = {
    **dict.fromkeys(TEXTS, _text),
    **dict.fromkeys(NUMBERS, _number),
    "email": _email,
    "picklist": _choice,
    "multipicklist": _choices,
    "boolean": _boolean,
    "int": _integer,
    "date": _day,
    "datetime": _moment,
    "reference": _reference,
    "id": _reference,
    "address": _never,
    "base64": _file,
}


def as_json(value: Any) -> Any:
    """How REST answers carry a stored value."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    if isinstance(value, date | time):
        return value.isoformat()
    return value


def as_xml(value: Any) -> str:
    """How an outbound message carries a stored value that is not null."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    if isinstance(value, float):
        return java_double(value)
    return str(as_json(value))


def java_double(value: float) -> str:
    """Java writes 1.0E7 where Python writes 10000000.0."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    exact = Decimal(repr(value))
    power = exact.adjusted()
    digits = f"{exact.scaleb(-power).normalize():f}"
    return f"{digits if '.' in digits else digits + '.0'}E{power}"
