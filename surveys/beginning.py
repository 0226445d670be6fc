"""Acts that begin a survey from another: a ready-made one, or a copy."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from surveys import drafting
from surveys.keys import propose
from surveys.models import Survey
from surveys.ready_made import ReadyMade


@transaction.atomic
def begin(
    *, ready_made: ReadyMade, language: str, user: AbstractBaseUser | None = None
) -> Survey:
    """Make the draft of a ready-made survey, under a key that is free.

    `language` becomes its own one if the survey is there in it.
    """
    offered = ready_made.survey["title"]
    own = language if language in offered else ready_made.survey["default_language"]
    key = free_key(ready_made.survey["key"])
    survey = drafting.save_document(
        document=ready_made.document(key=key, default_language=own),
        user=user,
        only_new=True,
    )
    survey.origin = ready_made.key
    survey.save(update_fields=["origin"])
    return survey


def free_key(wanted: str) -> str:
    taken = set(Survey.objects.values_list("key", flat=True))
    return propose(wanted, taken, fallback="survey", separator="-", longest=50)
