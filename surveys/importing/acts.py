"""The act of importing: a file of another tool becomes the draft of a new survey."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from surveys import drafting
from surveys.importing.reading import Imported
from surveys.keys import propose
from surveys.models import Survey


@transaction.atomic
def import_survey(
    *, imported: Imported, user: AbstractBaseUser | None = None
) -> Survey:
    """Make the draft under a key that is free; nothing there is written over."""
    taken = set(Survey.objects.values_list("key", flat=True))
    wanted = imported.document["key"]
    key = propose(wanted, taken, fallback="survey", separator="-", longest=50)
    document = {**imported.document, "key": key}
    return drafting.save_document(document=document, user=user, only_new=True)
