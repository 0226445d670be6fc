"""What the letters of one run share: their deployments, who is not to be asked, whose
domain is limited. Asked for all together, and once more every two seconds, so that
what changes meanwhile is seen about as soon as if each letter asked for itself."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from deployments import senders
from deployments.invitations.rechecking import Looked
from deployments.models import Deployment, FollowUp, Invitation
from deployments.suppression import suppressed

FRESH = 2.0


class Shared:
    def __init__(
        self,
        invitations: Sequence[Invitation],
        looked: Looked,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.looked = looked
        self._emails = sorted({one.email for one in invitations if one.email})
        self._keys = {one.deployment_id for one in invitations}
        self._clock = clock
        self._ask()

    def deployment(self, pk: int) -> Deployment:
        self._renew()
        return self._deployments[pk]

    def why_suppressed(self, email: str) -> str:
        self._renew()
        if email not in self._emails:  # it was changed since the run began
            return suppressed([email]).get(email, "")
        return self._suppressed.get(email, "")

    def is_limited(self, sender_email: str) -> bool:
        self._renew()
        return senders.domain_of_sender(sender_email) in self._limited

    def reminders(self, deployment_pk: int) -> Sequence[FollowUp]:
        self._renew()
        return self._reminders[deployment_pk]

    def _renew(self) -> None:
        if self._clock() - self._asked_at >= FRESH:
            self._ask()

    def _ask(self) -> None:
        self._asked_at = self._clock()
        rows = Deployment.objects.select_related("survey__live_version")
        self._deployments: Mapping[int, Deployment] = rows.in_bulk(self._keys)
        self._suppressed = suppressed(self._emails)
        self._limited = senders.limited_domains()
        self._reminders: dict[int, list[FollowUp]] = defaultdict(list)
        for rule in FollowUp.objects.filter(
            deployment__in=self._keys, kind=FollowUp.Kind.REMINDER, is_active=True
        ):
            self._reminders[rule.deployment_id].append(rule)
