"""Owns what a survey's page says of results."""

from __future__ import annotations

from typing import Any, cast

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from responses.models import Response
from surveys.models import Survey
from surveys.next_steps import Step, User


def next_step(survey: Survey, user: User) -> Step:
    done = Response.objects.filter(survey=survey, status=Response.Status.COMPLETED)
    count = done.count()
    there = ngettext("%(count)s response", "%(count)s responses", count)
    url = ""
    if cast(Any, user).has_perm("responses.view_response"):
        url = reverse("admin:responses_response_results", args=[survey.key])
    return Step(
        title=_("Look at the results"),
        url=url,
        there=there % {"count": count} if count else "",
    )
