"""Owns the short address of a deployment, for paper: easy to read aloud and to type."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import IntegrityError, transaction

from deployments.models import Deployment

# Nothing that looks or sounds like another sign: no 0 and O, 1 and I, B and 8.
SIGNS = "23456789ACDEFGHJKMNPQRTUVWXY"
LENGTH = 6
TRIES = 5


def short_url(deployment: Deployment) -> str:
    """Blank until it was given one."""
    code = deployment.short_code
    return f"{settings.BASE_URL}/q/{code}/" if code else ""


def give(*, deployment: Deployment) -> str:
    """Give the deployment its code, for good; a code that is taken is drawn anew."""
    for _try in range(TRIES):
        if deployment.short_code:
            break
        code = "".join(secrets.choice(SIGNS) for _sign in range(LENGTH))
        try:
            with transaction.atomic():
                free = Deployment.objects.filter(pk=deployment.pk, short_code=None)
                free.update(short_code=code)
        except IntegrityError:
            continue
        deployment.refresh_from_db(fields=["short_code"])
    return deployment.short_code or ""


def find(code: str) -> Deployment | None:
    """The deployment of the code as somebody typed it."""
    plain = "".join(sign for sign in code.upper() if sign in SIGNS)
    if len(plain) != LENGTH:
        return None
    return Deployment.objects.filter(short_code=plain).first()
