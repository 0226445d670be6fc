"""Owns what a survey's page says of deployments: that people are to be asked."""

from __future__ import annotations

from typing import Any, cast

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deployments.models import Deployment
from surveys.models import Survey
from surveys.next_steps import Step, User, origin


def next_step(survey: Survey, user: User) -> Step:
    person = cast(Any, user)
    count = Deployment.objects.filter(survey=survey).count()
    there = ngettext("%(count)s deployment", "%(count)s deployments", count)
    url = set_up_url = ""
    if count and person.has_perm("deployments.view_deployment"):
        url = reverse("admin:deployments_deployment_changelist")
        url = f"{url}?survey__id__exact={survey.pk}"
    elif person.has_perm("deployments.add_deployment"):
        url = f"{reverse('admin:deployments_deployment_add')}?survey={survey.pk}"
        if not count and origin(survey):
            name = "admin:deployments_deployment_suggested"
            set_up_url = reverse(name, args=[survey.pk])
    return Step(
        title=_("Ask people"),
        url=url,
        there=there % {"count": count} if count else "",
        set_up_url=set_up_url,
    )
