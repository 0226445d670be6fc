"""News that goes up: an invitation reached a milestone; a trigger has decided; an
address is not asked any more.

`invitation_changed` has `invitation` and `milestone`, `trigger_decided` the `decision`,
`address_suppressed` the `suppression`. All are sent inside the transaction; receivers only insert rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.dispatch import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """A receiver that says beforehand whether it would do anything at a milestone, so
    that nobody prepares for one that nobody waits for."""

    wants: Callable[[str], bool]
    hear: Callable[..., None]


class Milestones(Signal):
    def __init__(self) -> None:
        super().__init__()
        self.taps: list[Tap] = []

    def is_awaited(self, sender: Any, milestones: Iterable[str]) -> bool:
        return self.has_listeners(sender) or any(
            tap.wants(name) for tap in self.taps for name in milestones
        )

    def send(self, sender: Any, **named: Any) -> list[tuple[Any, Any]]:
        heard = super().send(sender, **named)
        for tap in self.taps:
            if tap.wants(named["milestone"]):
                tap.hear(**named)
        return heard


invitation_changed = Milestones()
trigger_decided = Signal()
address_suppressed = Signal()
