"""The first page of the admin, told to its template."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils import timezone

from config.home import Home, home_of

register = template.Library()


@register.simple_tag(takes_context=True)
def home(context: dict[str, Any]) -> Home:
    return home_of(context["user"], now=timezone.now())
