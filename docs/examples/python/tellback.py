"""A small client of Tellback's REST API: one file, the standard library alone.

    tellback = Tellback("https://tellback.example.com", key)
    link = tellback.make_link("case-closed", Person(email="ada@example.com"))
    for entry in tellback.dump("support-csat", after=cursor): ...

Copy it, and change what you like. Calls are safe to repeat, and are: a POST carries an
`Idempotency-Key`, and what was throttled or cut off is tried again.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

MOST_LINKS = 1000
TRIES = 5
LONGEST_WAIT = 60.0


class Problem(Exception):
    """What Tellback refused, in its words; `type` is for programs."""

    def __init__(self, details: Mapping[str, Any]) -> None:
        self.type: str = str(details.get("type", "")).removeprefix(
            "urn:tellback:problem:"
        )
        self.status: int = int(details.get("status", 0))
        self.errors: tuple[Mapping[str, str], ...] = tuple(details.get("errors", ()))
        places = "; ".join(f"{one['path']}: {one['message']}" for one in self.errors)
        super().__init__(f"{details.get('title', '')} {places}".strip())


@dataclass(frozen=True, kw_only=True)
class Person:
    email: str
    # The same address and event key again give the same link.
    event_key: str = ""
    name: str = ""
    language: str = ""
    segment: str = ""
    records: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Link:
    email: str
    url: str
    token: str
    # False: it was there before.
    created: bool
    # Why there is none, by field; only of `make_links`.
    problems: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What became of a response; `answers` and `email` are as they are now."""

    cursor: str
    key: str
    # completed, edited, reopened, erased or deleted.
    change: str
    # It has no answers any more: forget what was stored of it.
    is_gone: bool
    email: str | None
    answers: Mapping[str, Any]
    document: Mapping[str, Any]


class Tellback:
    def __init__(
        self,
        address: str,
        key: str,
        *,
        timeout: float = 30,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not address.startswith(("https://", "http://")):
            raise ValueError(f"{address!r} is not an address such as https://….")
        self._base = f"{address.rstrip('/')}/api/v1"
        self._key = key
        self._timeout = timeout
        self._sleep = sleep

    def make_link(self, deployment: str, person: Person) -> Link:
        """Make the address that this person alone answers at; nothing is mailed."""
        body = {"deployment": deployment, "links": [_said(person)]}
        (link,) = self._post("tracking-links/", body)
        return Link(**link)

    def make_links(self, deployment: str, people: Sequence[Person]) -> list[Link]:
        """Make many, 1,000 a call, in the order of the people. One that is wrong comes
        back with `problems`; the others are made."""
        links: list[Link] = []
        for start in range(0, len(people), MOST_LINKS):
            part = [_said(person) for person in people[start : start + MOST_LINKS]]
            body = {"deployment": deployment, "links": part, "partial": True}
            links += [Link(**link) for link in self._post("tracking-links/", body)]
        return links

    def count(self, survey: str) -> int:
        """How many have completed the survey."""
        told = self._get("responses/count/", survey=survey, fields="completed")
        return int(told["completed"])

    def response(self, key: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._get(f"responses/{key}/")
        return found

    def erase(self, key: str) -> None:
        """Erase what was answered, and by whom, for good."""
        self._send("DELETE", f"responses/{key}/").close()

    def dump(self, survey: str, *, after: str = "") -> Iterator[Entry]:
        """Yield what was completed, changed or taken back since the cursor, oldest first.

        Keep the `cursor` of each entry together with what you make of it, and begin
        there the next time: nothing is missed, and nothing comes twice.
        """
        query = {"survey": survey, "after": after, "changes": "true"}
        query["format"] = "ndjson"
        with self._send("GET", f"responses/dump/?{urlencode(query)}") as answer:
            for line in answer:
                yield _entry(json.loads(line))

    def _get(self, path: str, **query: str) -> Any:
        with self._send("GET", f"{path}?{urlencode(query)}") as answer:
            return json.load(answer)

    def _post(self, path: str, body: object) -> Any:
        with self._send("POST", path, body) as answer:
            return json.load(answer)

    def _send(self, method: str, path: str, body: object = None) -> HTTPResponse:
        """Return the answer; raise `Problem` when it is none of success."""
        headers = {"Authorization": f"Bearer {self._key}"}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
            headers["Idempotency-Key"] = str(uuid.uuid4())
        request = Request(  # noqa: S310 - the scheme was looked at
            f"{self._base}/{path}", data=data, headers=headers, method=method
        )
        for tried in range(1, TRIES + 1):
            try:
                answer: HTTPResponse = urlopen(request, timeout=self._timeout)  # noqa: S310
            except HTTPError as error:
                wait = _wait(error, tried)
                if wait is None or tried == TRIES:
                    raise Problem(_details(error)) from error
            except (URLError, HTTPException, OSError):
                if tried == TRIES:
                    raise
                wait = float(2**tried)
            else:
                return answer
            self._sleep(min(wait, LONGEST_WAIT))
        raise AssertionError("The last try returns or raises.")


def _said(person: Person) -> dict[str, Any]:
    return {name: value for name, value in asdict(person).items() if value}


def _entry(line: Mapping[str, Any]) -> Entry:
    return Entry(
        cursor=line["cursor"],
        key=line["key"],
        change=line["change"],
        is_gone="answers" not in line,
        email=line.get("email"),
        answers=line.get("answers", {}),
        document=line,
    )


def _wait(error: HTTPError, tried: int) -> float | None:
    """Seconds after which the same call may succeed; None: it will not."""
    if error.code not in {429, 502, 503, 504}:
        return None
    told = error.headers.get("Retry-After", "")
    return float(told) if told.isdigit() else float(2**tried)


def _details(error: HTTPError) -> Mapping[str, Any]:
    try:
        details = json.load(error)
    except ValueError:
        details = None
    if isinstance(details, dict):
        return details
    return {"title": str(error), "status": error.code}
