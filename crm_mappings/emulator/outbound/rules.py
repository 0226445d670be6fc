"""Owns when the org tells somebody about a change, what it tells, and where."""

from dataclasses import dataclass
from typing import Any

from crm_mappings.emulator.refusals import Refusal
from crm_mappings.emulator.rows import Change

EVENTS = ("created", "updated", "saved")


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A kind of save; perhaps only if one of the fields changed, or the field came
    to have the value. On creation every filled field counts as changed."""

    event: str = "saved"
    fields: tuple[str, ...] = ()
    becomes: Any = None

    def holds(self, change: Change) -> bool:
        if change.after["IsDeleted"] or not self._event_fits(change):
            return False
        if not self.fields:
            return True
        return any(self._field_fits(name, change) for name in self.fields)

    def _event_fits(self, change: Change) -> bool:
        return self.event == "saved" or change.created == (self.event == "created")

    def _field_fits(self, name: str, change: Change) -> bool:
        before, after = (change.before or {}).get(name), change.after.get(name)
        if before == after:
            return False
        return self.becomes is None or after == self.becomes

    def as_json(self) -> dict[str, Any]:
        return {
            "event": self.event,
            "fields": list(self.fields),
            "becomes": self.becomes,
        }

    @classmethod
    def read(cls, given: object) -> "When":
        """``"created"``, or ``{"event": …, "field": …, "becomes": …}``."""
        if isinstance(given, str):
            given = {"event": given}
        if not isinstance(given, dict):
            raise _bad_rule("when must be a word or an object")
        event = given.get("event", "saved")
        if event not in EVENTS:
            raise _bad_rule(f"event must be one of {', '.join(EVENTS)}")
        one = [given["field"]] if "field" in given else []
        fields = given.get("fields") or one
        if not _are_names(fields):
            raise _bad_rule("the fields of when must be API names")
        return cls(event=event, fields=tuple(fields), becomes=given.get("becomes"))


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessageRule:
    """``object`` and ``fields`` are API names; the rows of ``except_user`` (the one
    who writes results back) send nothing, as with a filter in the flow."""

    name: str
    object: str
    fields: tuple[str, ...]
    endpoint: str
    when: When = When()
    except_user: str | None = None  # a username
    api_version: str = "66.0"
    active: bool = True

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "object": self.object,
            "fields": list(self.fields),
            "endpoint": self.endpoint,
            "when": self.when.as_json(),
            "except_user": self.except_user,
            "api_version": self.api_version,
            "active": self.active,
        }

    @classmethod
    def read(cls, given: dict[str, Any]) -> "OutboundMessageRule":
        for key in ("name", "object", "endpoint"):
            if not isinstance(given.get(key), str) or not given[key]:
                raise _bad_rule(f"{key} is required")
        fields = given.get("fields", ["Id"])
        if not _are_names(fields):
            raise _bad_rule("fields must be a list of API names")
        return cls(
            name=given["name"],
            object=given["object"],
            fields=tuple(fields),
            endpoint=given["endpoint"],
            when=When.read(given.get("when", "saved")),
            except_user=given.get("except_user"),
            api_version=given.get("api_version", "66.0"),
            active=given.get("active", True),
        )


def _are_names(given: object) -> bool:
    return isinstance(given, list) and all(isinstance(each, str) for each in given)


def _bad_rule(problem: str) -> Refusal:
    return Refusal("INVALID_RULE", f"This outbound rule cannot be read: {problem}.")
