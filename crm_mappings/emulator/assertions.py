"""Owns JWT bearer: who signed an assertion, for whom, and whether it still counts."""

from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography import x509

from crm_mappings.emulator.logins import Client, LoginRefused

LONGEST_LIFE = timedelta(minutes=5)  # three, and some for clocks that differ


class NotACertificate(ValueError):
    """What was uploaded is no certificate in PEM form."""


def readable(certificate: str) -> str:
    """The certificate as it is kept, or a refusal."""
    try:
        x509.load_pem_x509_certificate(certificate.encode())
    except ValueError as error:
        raise NotACertificate("not a certificate in PEM form") from error
    return certificate


def issuer(assertion: str) -> str:
    """The consumer key that an assertion names, before anything is believed."""
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise LoginRefused("invalid_grant", "invalid assertion") from None
    return str(claims.get("iss", ""))


def username(
    assertion: str, client: Client, *, audiences: list[str], now: datetime
) -> str:
    """Whom the assertion is about, if one of the app's certificates proves it."""
    claims = _proven(assertion, client)
    if claims.get("aud") not in audiences:
        raise LoginRefused("invalid_grant", "audience is invalid")
    if not _in_time(claims.get("exp"), now):
        raise LoginRefused("invalid_grant", "invalid assertion")
    return str(claims.get("sub", ""))


def _proven(assertion: str, client: Client) -> dict[str, Any]:
    for pem in client.certificates:
        key = x509.load_pem_x509_certificate(pem.encode()).public_key()
        try:
            claims: dict[str, Any] = jwt.decode(
                assertion,
                key,  # type: ignore[arg-type]
                algorithms=["RS256"],
                options={"verify_exp": False, "verify_aud": False},
            )
        except jwt.PyJWTError:
            continue
        return claims
    raise LoginRefused("invalid_grant", "invalid assertion")


def _in_time(ends: Any, now: datetime) -> bool:
    try:
        left = float(ends) - now.timestamp()
    except (TypeError, ValueError):
        return False
    return 0 < left <= LONGEST_LIFE.total_seconds()
