"""Owns the notifications that wait to be delivered: made at commit, tried again with
growing pauses, given up after 24 hours."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from crm_mappings.emulator.clock import Clock
from crm_mappings.emulator.ids import Mint
from crm_mappings.emulator.outbound.rules import OutboundMessageRule
from crm_mappings.emulator.refusals import not_found
from crm_mappings.emulator.rows import Change

GIVEN_UP_AFTER = timedelta(hours=24)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=2)
BATCH = 100
KEPT = 5000


class State(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    DROPPED = "dropped"


@dataclass(slots=True, kw_only=True)
class Notification:
    id: str
    rule: OutboundMessageRule
    action_id: str
    record_id: str
    made_at: datetime
    next_at: datetime
    state: State = State.PENDING
    attempts: int = 0
    last_error: str | None = None
    delivered_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "rule": self.rule.name,
            "object": self.rule.object,
            "record_id": self.record_id,
            "state": self.state.value,
            "attempts": self.attempts,
            "last_error": self.last_error,
            "made_at": self.made_at.isoformat(),
            "next_attempt_at": self.next_at.isoformat(),
            "delivered_at": self.delivered_at and self.delivered_at.isoformat(),
        }


def pause_after(attempts: int) -> timedelta:
    """Seconds at first, doubling up to two hours."""
    doublings: int = 2 ** min(attempts - 1, 20)
    return min(FIRST_PAUSE * doublings, LONGEST_PAUSE)


class OutboundQueue:
    def __init__(self, clock: Clock, mint: Mint) -> None:
        self._clock = clock
        self._mint = mint
        self._rules: dict[str, OutboundMessageRule] = {}
        self._actions: dict[str, str] = {}
        self.notifications: list[Notification] = []

    # -- rules

    def add_rule(self, rule: OutboundMessageRule) -> str:
        """Add or replace; the action id stays with the name."""
        if rule.name not in self._actions:
            self._actions[rule.name] = self._mint.next_id("04k")
        self._rules[rule.name] = rule
        return self._actions[rule.name]

    def remove_rule(self, name: str) -> None:
        if self._rules.pop(name, None) is None:
            raise not_found()

    def rules(self) -> list[tuple[str, OutboundMessageRule]]:
        return [(self._actions[rule.name], rule) for rule in self._rules.values()]

    # -- notifications

    def note(self, changes: Iterable[Change], username_of: dict[str, str]) -> None:
        """What a commit changed becomes one notification a row and rule."""
        for change in _merged(changes):
            for action_id, rule in self.rules():
                if self._applies(rule, change, username_of):
                    self._add(rule, action_id, change.record_id)
        if len(self.notifications) > 2 * KEPT:
            self._forget_settled()

    def _forget_settled(self) -> None:
        """What waits is never forgotten; of the rest the newest are kept."""
        settled = [each for each in self.notifications if each.state != State.PENDING]
        old = {each.id for each in settled[:-KEPT]}
        self.notifications = [each for each in self.notifications if each.id not in old]

    def _applies(
        self, rule: OutboundMessageRule, change: Change, username_of: dict[str, str]
    ) -> bool:
        mine = rule.active and rule.object == change.object_name
        author = username_of.get(change.user_id)
        spared = rule.except_user is not None and rule.except_user == author
        return mine and not spared and rule.when.holds(change)

    def _add(self, rule: OutboundMessageRule, action_id: str, record_id: str) -> None:
        now = self._clock.now()
        self.notifications.append(
            Notification(
                id=self._mint.next_id("04l"),
                rule=rule,
                action_id=action_id,
                record_id=record_id,
                made_at=now,
                next_at=now,
            )
        )

    def pending(self) -> list[Notification]:
        return [each for each in self.notifications if each.state == State.PENDING]

    def due(self) -> list[list[Notification]]:
        """Batches to send now, each of one rule; too old ones are dropped."""
        now = self._clock.now()
        batches: dict[str, list[Notification]] = {}
        for each in self.pending():
            if now - each.made_at >= GIVEN_UP_AFTER:
                each.state = State.DROPPED
            elif each.next_at <= now:
                batches.setdefault(each.action_id, []).append(each)
        return [
            batch[start : start + BATCH]
            for batch in batches.values()
            for start in range(0, len(batch), BATCH)
        ]

    def delivered(self, batch: list[Notification]) -> None:
        for each in batch:
            each.attempts += 1
            each.state, each.last_error = State.DELIVERED, None
            each.delivered_at = self._clock.now()

    def failed(self, batch: list[Notification], error: str) -> None:
        for each in batch:
            each.attempts += 1
            each.last_error = error
            each.next_at = self._clock.now() + pause_after(each.attempts)

    def retry_now(self) -> int:
        """Make every pending notification due: the button in Setup."""
        waiting = self.pending()
        for each in waiting:
            each.next_at = self._clock.now()
        return len(waiting)


def _merged(changes: Iterable[Change]) -> list[Change]:
    """Several changes of a row in one transaction count as one."""
    merged: dict[str, Change] = {}
    for change in changes:
        first = merged.get(change.record_id)
        merged[change.record_id] = Change(
            object_name=change.object_name,
            record_id=change.record_id,
            before=first.before if first else change.before,
            after=change.after,
            user_id=change.user_id,
        )
    return list(merged.values())
