"""Any other system as a source of events: it tells them itself, over REST."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from deployments.models import Trigger, TriggerEvent
from deployments.sources import Choice, Cursor, PersonRef, Record, UnknownSource

RECENT = 200
FIRST = "api:crm"


class RestSource:
    """It tells and cannot be asked: what it told last is what is known."""

    key = "api"
    can_be_asked = False

    def choices(self) -> Sequence[Choice]:
        """Return the one that is always there, and those that triggers listen to."""
        used = Trigger.objects.filter(source__startswith="api:")
        names = sorted({FIRST, *used.values_list("source", flat=True)})
        label = _("Another system, by REST (%(name)s)")
        return [(name, label % {"name": name}) for name in names]

    def objects(self, source: str) -> Sequence[Choice]:
        recent = TriggerEvent.objects.filter(source=source).order_by("-pk")
        names = sorted(set(recent.values_list("object", flat=True)[:RECENT]))
        return [(name, name) for name in names]

    def fields(self, _source: str, _object_name: str) -> Sequence[Choice]:
        return []

    def problem(self, _source: str) -> str:
        return ""

    def read(
        self,
        source: str,
        _object_name: str,
        _record_ids: Sequence[str],
        _paths: Sequence[str],
    ) -> Mapping[str, Mapping[str, object]]:
        raise UnknownSource(source)

    def changed(
        self,
        source: str,
        _object_name: str,
        _paths: Sequence[str],
        _since: Cursor,
        _most: int,
    ) -> Sequence[Record]:
        raise UnknownSource(source)

    def people(
        self, source: str, _kind: str, _what: str, _most: int
    ) -> Sequence[PersonRef]:
        raise UnknownSource(source)

    def setup_url(self, trigger_pk: int) -> str:
        return reverse("admin:deployments_rest_setup", args=[trigger_pk])

    def own_users(self, _source: str) -> frozenset[str]:
        return frozenset()
