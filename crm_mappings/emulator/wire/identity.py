"""Owns who the user is: the identity URL and the OpenID user info."""

from typing import Any

from crm_mappings.emulator.ids import normal_id
from crm_mappings.emulator.logins import Session
from crm_mappings.emulator.org import Org
from crm_mappings.emulator.wire.exchange import Answer, Request
from crm_mappings.emulator.wire.oauth import identity_url, instance_url

PLACES = {
    "enterprise": "Soap/c/{version}/",
    "metadata": "Soap/m/{version}/",
    "partner": "Soap/u/{version}/",
    "rest": "data/v{version}/",
    "sobjects": "data/v{version}/sobjects/",
    "search": "data/v{version}/search/",
    "query": "data/v{version}/query/",
    "recent": "data/v{version}/recent/",
    "tooling_soap": "Soap/T/{version}/",
    "tooling_rest": "data/v{version}/tooling/",
    "feeds": "data/v{version}/chatter/feeds",
    "groups": "data/v{version}/chatter/groups",
    "users": "data/v{version}/chatter/users",
    "feed_items": "data/v{version}/chatter/feed-items",
    "feed_elements": "data/v{version}/chatter/feed-elements",
}


def bearer(request: Request) -> str | None:
    kind, _, token = (request.header("Authorization") or "").partition(" ")
    return token.strip() if kind.lower() in {"bearer", "oauth"} else None


def identity(org: Org, request: Request) -> Answer:
    """GET /id/<org>/<user>; its errors are plain text."""
    token = bearer(request) or request.parameters.get("oauth_token")
    if not token:
        return _plain(403, "Missing_OAuth_Token")
    session = org.logins.find(token)
    if session is None:
        return _plain(403, "Bad_OAuth_Token")
    asked = [normal_id(part) for part in request.segments[1:]]
    if len(asked) != 2 or asked[0] != org.org_id:
        return _plain(403, "Wrong_Org")
    if asked[1] != session.user_id:
        return _plain(404, "Bad_Id")
    return Answer(document=_identity(org, request, session))


def userinfo(org: Org, request: Request) -> Answer:
    session = org.logins.find(bearer(request) or "")
    if session is None:
        return _plain(403, "Bad_OAuth_Token")
    known = _identity(org, request, session)
    told = {
        "sub": known["id"],
        "user_id": session.user_id,
        "organization_id": org.org_id,
        "preferred_username": known["username"],
        "nickname": known["nick_name"],
        "name": known["display_name"],
        "email": known["email"],
        "email_verified": True,
        "given_name": known["first_name"],
        "family_name": known["last_name"],
        "zoneinfo": known["timezone"],
        "photos": known["photos"],
        "profile": known["urls"]["profile"],
        "picture": known["photos"]["picture"],
        "address": {"country": "DE"},
        "urls": known["urls"],
        "active": True,
        "user_type": "STANDARD",
        "language": "en_US",
        "locale": "de_DE",
        "utcOffset": 3600000,
        "updated_at": known["last_modified_date"],
        "is_app_installed": True,
    }
    return Answer(document=told)


def _identity(org: Org, request: Request, session: Session) -> dict[str, Any]:
    user = org.rows.get("User", session.user_id) or {}
    base = instance_url(org, request)
    return {
        "id": identity_url(org, request, session.user_id),
        "asserted_user": True,
        "user_id": session.user_id,
        "organization_id": org.org_id,
        "username": user["Username"],
        "nick_name": user["CommunityNickname"],
        "display_name": user["Name"],
        "email": user["Email"],
        "email_verified": True,
        "first_name": user["FirstName"],
        "last_name": user["LastName"],
        "timezone": user["TimeZoneSidKey"],
        "photos": {
            "picture": f"{base}/profilephoto/005/F",
            "thumbnail": f"{base}/profilephoto/005/T",
        },
        "addr_street": None,
        "addr_city": None,
        "addr_state": None,
        "addr_country": "DE",
        "addr_zip": None,
        "mobile_phone": None,
        "mobile_phone_verified": False,
        "is_lightning_login_user": False,
        "status": {"created_date": None, "body": None},
        "urls": _urls(org, base, session.user_id, request.parameters.get("version")),
        "active": True,
        "user_type": "STANDARD",
        "language": "en_US",
        "locale": "de_DE",
        "utcOffset": 3600000,
        "last_modified_date": user["LastModifiedDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "is_app_installed": True,
    }


def _urls(org: Org, base: str, user_id: str, version: str | None) -> dict[str, str]:
    version = "66.0" if version == "latest" else version or "{version}"
    urls = {}
    for name, place in PLACES.items():
        tail = org.org_id[:15] if place.startswith("Soap") else ""
        urls[name] = f"{base}/services/{place.replace('{version}', version)}{tail}"
    return {**urls, "profile": f"{base}/{user_id}", "custom_domain": base}


def _plain(status: int, text: str) -> Answer:
    return Answer(status=status, body=text.encode(), content_type="text/plain")
