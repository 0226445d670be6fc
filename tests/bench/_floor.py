"""The floor: a bare Django form view. GET renders the ten questions, POST checks them
and inserts one row. Served like the product: `gunicorn tests.bench._floor`.
"""

from __future__ import annotations

from typing import Any

import environ
from django.conf import settings

settings.configure(
    SECRET_KEY="floor",  # nothing is signed with it
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": environ.Env().db_url("DATABASE_URL")},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
)
if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    settings.DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;",
    }
else:
    settings.DATABASES["default"]["CONN_MAX_AGE"] = 60

import django  # noqa: E402 - settings come first

django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import OperationalError, ProgrammingError, connection, models  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.template import Context, Engine  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402

from tests.bench._ten_questions import QUESTIONS  # noqa: E402


class Answer(models.Model):
    document = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        app_label = "floor"

    def __str__(self) -> str:
        return str(self.pk)


PAGE = Engine().from_string(
    """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title>
</head><body><h1>{{ title }}</h1><form method="post">
{% for q in questions %}<fieldset><legend>{{ q.text }}</legend>
{% if q.type == "textarea" %}<textarea name="{{ q.key }}"></textarea>
{% else %}{% for value, label in q.options %}<label><input type="{{ q.type }}" name="{{ q.key }}" value="{{ value }}">{{ label }}</label>
{% endfor %}{% endif %}</fieldset>{% endfor %}
<button>Send</button></form></body></html>"""
)
TYPES = {"multi": "checkbox", "text": "textarea"}


def _options(kind: str, labels: list[str]) -> list[tuple[str, str]]:
    if kind in {"single", "multi"}:
        return [(f"c{place}", label) for place, label in enumerate(labels)]
    return [(label, label) for label in labels]


FORM = [
    {
        "key": key,
        "text": text,
        "type": TYPES.get(kind, "radio"),
        "options": _options(kind, labels),
    }
    for key, kind, text, labels in QUESTIONS
]


def answer(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        page = PAGE.render(Context({"title": "How are we doing?", "questions": FORM}))
        return HttpResponse(page)
    found: dict[str, Any] = {}
    for question in FORM:
        values = request.POST.getlist(question["key"])
        known = {value for value, _label in question["options"]}
        if known and not set(values) <= known:
            return HttpResponse("wrong", status=422)
        found[question["key"]] = values if question["type"] == "checkbox" else values[0]
    Answer.objects.create(document=found, created_at=timezone.now())
    return HttpResponse("<!doctype html><title>Thank you</title><h1>Thank you</h1>")


def make_table() -> None:
    try:
        with connection.schema_editor() as editor:
            editor.create_model(Answer)
    except (OperationalError, ProgrammingError):
        pass  # another worker was faster


make_table()
urlpatterns = [path("", answer)]
application = get_wsgi_application()
