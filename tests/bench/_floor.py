"""The floor: a bare Django form view in a project as Django makes it. GET renders the
ten questions, POST checks them, inserts one row and says thank you. Its table is made
once, `python -m tests.bench._floor`, then it is served like the product: `gunicorn
tests.bench._floor`.
"""

from __future__ import annotations

import json

import environ
from django.conf import settings

from tests.bench._startproject import APPS, MIDDLEWARE

settings.configure(
    SECRET_KEY="floor",  # nothing is signed with it
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": environ.Env().db_url("DATABASE_URL")},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    INSTALLED_APPS=APPS,
    MIDDLEWARE=MIDDLEWARE,
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
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

from django import forms  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.template import engines  # noqa: E402
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


PAGE = engines["django"].from_string(
    """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title>
</head><body><h1>{{ title }}</h1><form method="post">{% csrf_token %}
{% for field in form %}<fieldset><legend>{{ field.label }}</legend>{{ field.errors }}
{% if field.field.choices %}{% for value, label in field.field.choices %}<label><input type="{{ field.field.widget.input_type }}" name="{{ field.name }}" value="{{ value }}"> {{ label }}</label>
{% endfor %}{% else %}{{ field }}{% endif %}</fieldset>{% endfor %}
<button>Send</button></form></body></html>"""
)


def _field(kind: str, text: str, labels: list[str]) -> forms.Field:
    if kind == "text":
        return forms.CharField(label=text, widget=forms.Textarea)
    if kind == "multi":
        return forms.MultipleChoiceField(
            label=text,
            choices=[(f"c{place}", label) for place, label in enumerate(labels)],
            widget=forms.CheckboxSelectMultiple,
        )
    coded = kind == "single"
    return forms.ChoiceField(
        label=text,
        choices=[
            (f"c{place}" if coded else label, label)
            for place, label in enumerate(labels)
        ],
        widget=forms.RadioSelect,
    )


AnswerForm = type(
    "AnswerForm",
    (forms.Form,),
    {key: _field(kind, text, labels) for key, kind, text, labels in QUESTIONS},
)


def answer(request: HttpRequest) -> HttpResponse:
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        Answer.objects.create(document=form.cleaned_data, created_at=timezone.now())
        return HttpResponse("<!doctype html><title>Thank you</title><h1>Thank you</h1>")
    context = {"title": "How are we doing?", "form": form}
    return HttpResponse(PAGE.render(context, request))


urlpatterns = [path("", answer)]
application = get_wsgi_application()

if __name__ == "__main__":
    # Workers that made it while they start would race, and the slower one would end
    # the server, which has answered by then.
    with connection.schema_editor() as editor:
        editor.create_model(Answer)
    print(json.dumps(Answer._meta.db_table))
