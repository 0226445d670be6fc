"""API keys for tests."""

from config.models import SCOPES, ApiKey


def make_api_key(*scopes: str, **fields: object) -> str:
    """Make a key (with every scope unless some are named); return its secret."""
    key = ApiKey(name="test", scopes=list(scopes or SCOPES), **fields)
    secret = key.give_secret()
    key.save()
    return secret


def bearer(secret: str) -> dict[str, str]:
    """Return the headers for Django's test client."""
    return {"Authorization": f"Bearer {secret}"}
