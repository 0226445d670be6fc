"""Every way in which the token endpoint refuses, and what a person reads of it."""

from __future__ import annotations

import pytest

from crm_mappings.emulator.faults import TokenError
from crm_mappings.salesforce import auth
from crm_mappings.salesforce.auth import App, AuthError
from crm_mappings.salesforce.errors import Kind

# error, description, words that a person reads, is it gone for good
TABLE = [
    ("invalid_grant", "expired access/refresh token", "taken back", True),
    ("invalid_grant", "expired authorization code", "took too long", True),
    ("invalid_grant", "invalid authorization code", "another browser", True),
    ("invalid_grant", "invalid code verifier", "not this browser", True),
    ("invalid_grant", "authentication failure", "frozen", True),
    ("invalid_grant", "authentication failure - Invalid Password", "frozen", True),
    ("invalid_grant", "user hasn't approved this consumer", "pre-authorised", True),
    ("invalid_grant", "audience is invalid", "for sandboxes", True),
    ("invalid_grant", "Audience validation failed", "for sandboxes", True),
    ("invalid_grant", "invalid assertion", "upload the certificate", True),
    ("invalid_grant", "inactive user", "Activate the user", True),
    ("invalid_grant", "inactive organization", "organisation is not active", True),
    ("invalid_grant", "user is locked", "Unlock the user", True),
    ("invalid_grant", "ip restricted", "server's address", True),
    ("invalid_grant", "app not approved", "approve the app", True),
    ("invalid_grant", "request not supported on this domain", "My Domain", True),
    ("invalid_client_id", "client identifier invalid", "ten minutes", True),
    ("invalid_client", "invalid client credentials", "secret is wrong", True),
    ("invalid_client", "app must be installed into org", "install the app", True),
    ("redirect_uri_mismatch", "redirect_uri must match", "callback address", True),
    ("invalid_request", "must contain client_id", "app's settings", True),
    ("invalid_request", "code_verifier is required", "not this browser", True),
    ("unsupported_grant_type", "grant type not supported", "kind of log-in", True),
    ("inactive_user", "user is inactive", "Activate the user", True),
    ("inactive_org", "org is inactive", "organisation is not active", True),
    ("rate_limit_exceeded", "login rate exceeded", "login rate exceeded", False),
    ("of_2031", "something new", "something new", True),
]


def refused(org, error: TokenError) -> AuthError:
    org.org.faults.token_errors = [error]
    client = org.org.client
    with pytest.raises(AuthError) as caught:
        auth.client_credentials(
            App(
                login_url=org.url,
                client_id=client.client_id,
                client_secret=client.client_secret,
                extra_origins=(org.url,),
            )
        )
    return caught.value


@pytest.mark.parametrize(("error", "description", "words", "gone"), TABLE)
@pytest.mark.parametrize("shape", ["object", "list"])
def test_each_refusal_is_told_in_either_shape(
    org, shape, error, description, words, gone
):
    told = refused(org, TokenError(error=error, description=description, shape=shape))

    assert words in told.message
    assert description in told.message
    assert told.gone is gone
    assert (told.kind is Kind.CONNECTION) is gone


@pytest.mark.parametrize("status", [400, 403, 500, 502, 503])
def test_a_page_instead_of_an_answer_is_told_without_its_text(org, status):
    told = refused(org, TokenError(error="x", shape="html", status=status))

    assert "maintenance</" not in told.message
    assert "<" not in told.message
    assert told.gone is (status < 500)


def test_the_daily_limit_at_the_token_endpoint_is_waited_for(org):
    error = TokenError(
        error="REQUEST_LIMIT_EXCEEDED",
        description="TotalRequests Limit exceeded.",
        shape="list",
        status=403,
    )

    told = refused(org, error)

    assert (told.kind, told.gone) == (Kind.BUDGET, False)
