"""The floor of the admin: the table of responses in Django's admin as a project has it
that only registers a model. It reads our own table, and takes our own log-in: served
like the product, `gunicorn tests.bench._bare_admin`.
"""

from __future__ import annotations

import environ
from django.conf import settings

from tests.bench._startproject import APPS, MIDDLEWARE

_env = environ.Env()
settings.configure(
    # Ours, so that the session of the product holds here as well.
    SECRET_KEY=_env("SECRET_KEY"),
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {**_env.db_url("DATABASE_URL"), "CONN_MAX_AGE": 60}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    STATIC_URL="static/",
    INSTALLED_APPS=["django.contrib.admin", *APPS],
    MIDDLEWARE=MIDDLEWARE,
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
)

import django  # noqa: E402 - settings come first

django.setup()

from django.contrib import admin  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.urls import path  # noqa: E402


class Response(models.Model):
    """The columns of ours that its list shows."""

    key = models.UUIDField()
    status = models.CharField(max_length=12)
    language = models.CharField(max_length=35)
    started_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)

    class Meta:
        # An app that is there: the list of apps asks for its name.
        app_label = "auth"
        managed = False
        db_table = "responses_response"

    def __str__(self) -> str:
        return str(self.key)


@admin.register(Response)
class ResponseAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # no stubs here
    list_display = ("key", "status", "language", "started_at", "completed_at")
    ordering = ("-started_at",)
    list_per_page = 50


urlpatterns = [path("admin/", admin.site.urls)]
application = get_wsgi_application()
