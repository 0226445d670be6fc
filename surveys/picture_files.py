"""The pictures of choices, each at an address that changes with its content."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from surveys import picture_store
from surveys.theme_files import FOR_EVER, as_picture


@require_safe
def show(_request: HttpRequest, name: str) -> HttpResponse:
    picture = picture_store.find(name)
    if picture is None:
        raise Http404
    return as_picture(picture, FOR_EVER)


def address(name: str) -> str:
    return reverse("choice_picture", args=[name])
