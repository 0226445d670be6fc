"""Owns whether anybody's records hear of milestones at all, so that most cost nothing.

A rule that is made in one process is heard in every other a moment later.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from crm_mappings.models import MilestoneRule

HEARD_AFTER = 2.0


@dataclass(slots=True)
class Awaited:
    deployments: frozenset[int] = frozenset()
    looked_at: float = -HEARD_AFTER

    def any(self) -> bool:
        now = time.monotonic()
        if now - self.looked_at >= HEARD_AFTER:
            rules = MilestoneRule.objects.filter(is_active=True).order_by()
            self.deployments = frozenset(rules.values_list("deployment", flat=True))
            self.looked_at = now
        return bool(self.deployments)

    def forget(self) -> None:
        self.looked_at = -HEARD_AFTER


awaited = Awaited()


@receiver([post_save, post_delete], sender=MilestoneRule)
def _look_again(**_signal: Any) -> None:
    awaited.forget()


def wants(_milestone: str) -> bool:
    return awaited.any()
