"""Reads EMAIL_URL where it names a mail provider by its API; SMTP is left to
django-environ."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

# Scheme -> what the parts of the address are called in the settings of anymail.
PROVIDERS: Mapping[str, Mapping[str, str]] = {
    "brevo": {"username": "BREVO_API_KEY"},
    "mailgun": {"username": "MAILGUN_API_KEY", "hostname": "MAILGUN_SENDER_DOMAIN"},
    "mailjet": {"username": "MAILJET_API_KEY", "password": "MAILJET_SECRET_KEY"},
    "postmark": {"username": "POSTMARK_SERVER_TOKEN"},
    "resend": {"username": "RESEND_API_KEY"},
    "sendgrid": {"username": "SENDGRID_API_KEY"},
    "sparkpost": {"username": "SPARKPOST_API_KEY"},
}


def provider_settings(url: str) -> dict[str, object] | None:
    """Return the settings of `postmark://TOKEN@` and the like; None: it is no provider.

    `?api_url=…` is for a provider's other region, or a server of one's own.
    """
    parts = urlsplit(url)
    wanted = PROVIDERS.get(parts.scheme)
    if wanted is None:
        return None
    found: dict[str, object] = {}
    for part, name in wanted.items():
        value = getattr(parts, part)
        if not value:
            raise ImproperlyConfigured(
                f"EMAIL_URL={parts.scheme}://… lacks its {part}: {example(parts.scheme)}"
            )
        found[name] = unquote(value)
    if api_url := parse_qs(parts.query).get("api_url"):
        found[f"{parts.scheme.upper()}_API_URL"] = api_url[0]
    return {
        "EMAIL_BACKEND": f"anymail.backends.{parts.scheme}.EmailBackend",
        "ANYMAIL": found,
    }


def example(scheme: str) -> str:
    wanted = PROVIDERS[scheme]
    second = ":SECRET" if "password" in wanted else ""
    return f"{scheme}://KEY{second}@{'DOMAIN' if 'hostname' in wanted else ''}"
