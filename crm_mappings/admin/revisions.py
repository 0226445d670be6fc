"""Owns what a person sees of a mapping's revision: what it changed, what it carried,
and what bringing it back would change."""

from __future__ import annotations

from typing import Any

from crm_mappings.models import Mapping, MappingRevision, WriteBack
from crm_mappings.plan.differing import differences

TEMPLATE = "admin/crm_mappings/mapping/revision.html"


def context(mapping: Mapping, revision: MappingRevision) -> dict[str, Any]:
    before = mapping.revisions.filter(number__lt=revision.number)
    earlier, live = before.order_by("-number").first(), mapping.live_revision
    return {
        "revision": revision,
        "earlier": earlier,
        "written": WriteBack.objects.filter(revision=revision).count(),
        "differences": differences(earlier.document, revision.document)
        if earlier
        else [],
        "back": differences(live.document, revision.document) if live else [],
    }
