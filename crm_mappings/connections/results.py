"""Owns one line of the permission check: passed, failed or not needed, what was
found, what to do, and who must do it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from crm_mappings.salesforce import errors
from crm_mappings.salesforce.errors import Kind, OrgError

PASS, FAIL, NOT_NEEDED = "pass", "fail", "not_needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One thing that a connection needs, or does not."""

    group: str
    name: str
    state: str
    detail: str
    todo: str = ""
    # Who must do it; empty: nobody.
    who: str = ""

    @property
    def passed(self) -> bool:
        return self.state != FAIL

    def word(self) -> str:
        words = {PASS: _("Pass"), FAIL: _("Fail"), NOT_NEEDED: _("Not needed")}
        return words[self.state]


def admin() -> str:
    return _("A Salesforce administrator")


def operator() -> str:
    return _("Whoever runs Tellback")


def here() -> str:
    return _("You, in Tellback")


def failed(group: str, name: str, error: OrgError) -> CheckResult:
    waits = error.kind in {Kind.TRANSIENT, Kind.LOCK, Kind.BUDGET}
    return CheckResult(
        group=group,
        name=name,
        state=FAIL,
        detail=error.refusal.message,
        todo=_(errors.WORDS[error.kind].todo),
        who="" if waits else admin(),
    )
