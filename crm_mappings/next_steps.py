"""Owns what a survey's page says of mappings: that answers can go to Salesforce."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm_mappings.models import Mapping
from surveys.models import Survey
from surveys.next_steps import Step, User


def next_step(survey: Survey, user: User) -> Step:
    """The mappings that are there, else the proposal of a whole one."""
    person = cast(Any, user)
    count = Mapping.objects.filter(survey=survey).count()
    there = ngettext("%(count)s mapping", "%(count)s mappings", count)
    url = ""
    if count and person.has_perm("crm_mappings.view_mapping"):
        url = reverse("admin:crm_mappings_mapping_changelist")
        url = f"{url}?{urlencode({'survey__id__exact': survey.pk})}"
    elif person.has_perm("crm_mappings.add_mapping"):
        url = reverse("admin:crm_mappings_mapping_propose")
        url = f"{url}?{urlencode({'survey': survey.key})}"
    return Step(
        title=_("Write the answers to Salesforce"),
        url=url,
        there=there % {"count": count} if count else "",
    )
