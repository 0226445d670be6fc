"""Owns the calls to an org's REST interface: the only user of simple-salesforce.

One client per task: neither the library nor its session may be shared by threads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote

from simple_salesforce.api import Salesforce
from simple_salesforce.format import format_soql

from crm_mappings.plan.ids import is_id
from crm_mappings.salesforce import collections, graphs
from crm_mappings.salesforce.collections import RecordResult, as_object, as_rows
from crm_mappings.salesforce.describes import Described, described
from crm_mappings.salesforce.errors import Kind, Refusal
from crm_mappings.salesforce.session import (
    OrgSession,
    Refused,
    SessionExpired,
    Usage,
    pinned_origin,
)
from surveys.wording import gettext as _

# The address and the headers together may hold 16,384 bytes.
LONGEST_LIST = 8000
MOST_VALUES = 200
MOST_IN_COMPOSITE = 25
_NAME = re.compile(r"[A-Za-z]\w{0,99}(\.[A-Za-z]\w{0,99}){0,5}", re.ASCII)

Row = dict[str, Any]
Renew = Callable[[], tuple[str, str]]
T = TypeVar("T")


class OrgClient:
    """Calls to one org with one access token.

    `renew` gives a new (instance address, access token); it is asked once when the
    token has ended, and the call is repeated.
    """

    def __init__(
        self,
        *,
        instance_url: str,
        access_token: str,
        version: str,
        extra_origins: Sequence[str] = (),
        renew: Renew | None = None,
    ) -> None:
        self._version = version
        self._extra_origins = extra_origins
        self._renew = renew
        self._counted = 0
        self._open(instance_url, access_token)

    def _open(self, instance_url: str, access_token: str) -> None:
        origin = pinned_origin(instance_url, self._extra_origins)
        self._session = OrgSession(origin)
        self._library = Salesforce(
            instance_url=origin,
            session_id=access_token,
            version=self._version,
            session=self._session,
            object_pairs_hook=dict,
        )

    def close(self) -> None:
        """Let the connections to the org go."""
        self._session.close()

    @property
    def usage(self) -> Usage | None:
        """Calls of the whole org in the last 24 hours, if an answer has said so."""
        return self._session.usage

    def new_calls(self) -> int:
        """Return how many calls there were since this was asked last."""
        new = self._session.calls - self._counted
        self._counted = self._session.calls
        return new

    def versions(self) -> list[str]:
        address = f"{self._session.origin}/services/data/"
        rows = as_rows(_readable(lambda: self._session.request("GET", address).json()))
        return [row["version"] for row in rows if "version" in row]

    def organization(self) -> Row:
        rows = self.query(
            "SELECT Id, Name, IsSandbox, OrganizationType, TrialExpirationDate "
            "FROM Organization"
        )
        return rows[0] if rows else {}

    def whoami(self, user_id: str) -> Row:
        found = self.select("User", ["Id", "Username", "Name"], "Id", [user_id])
        return found[0] if found else {}

    def get(self, path: str) -> Row:
        """Read a resource; the caller has made its path of parts that he checked."""
        return as_object(self.rest("GET", path))

    def limits(self) -> Row:
        return as_object(self._call(Salesforce.limits))

    def describe_global(self) -> list[Row]:
        return as_rows(as_object(self._call(Salesforce.describe)).get("sobjects"))

    def describe(self, object_: str) -> Row:
        return as_object(self.rest("GET", f"sobjects/{name(object_)}/describe"))

    def describes(self, since: Mapping[str, str]) -> dict[str, Described]:
        """Describe many objects, 25 in a call; `since` tells for each the
        Last-Modified that is known, or "" where there is none."""
        told: dict[str, Described] = {}
        for part in collections.chunks(sorted(since), MOST_IN_COMPOSITE):
            told |= self._describes({key: since[key] for key in part})
        return told

    def _describes(self, since: Mapping[str, str]) -> dict[str, Described]:
        names = {f"object{number}": key for number, key in enumerate(since)}
        calls = [self._describing(ref, key, since[key]) for ref, key in names.items()]
        answer = as_object(self.rest("POST", "composite", {"compositeRequest": calls}))
        rows = as_rows(answer.get("compositeResponse"))
        if {row.get("referenceId") for row in rows} != set(names):
            raise collections.UnreadableAnswer
        return {names[row["referenceId"]]: described(row) for row in rows}

    def _describing(self, reference: str, object_: str, since: str) -> Row:
        path = f"/services/data/v{self._version}/sobjects/{name(object_)}/describe"
        call: Row = {"method": "GET", "url": path, "referenceId": reference}
        return {**call, "httpHeaders": {"If-Modified-Since": since}} if since else call

    def columns(self, object_: str) -> set[str]:
        """Return the names of an object's fields, as the user sees them."""
        rows = as_rows(self.describe(object_).get("fields"))
        return {str(row.get("name")) for row in rows}

    def query(self, soql: str) -> list[Row]:
        """Run a query that `format_soql` or a literal made; return all pages."""
        answer = as_object(self._call(lambda org: org.query(soql)))
        rows = as_rows(answer.get("records"))
        while not answer.get("done", True):
            address = str(answer.get("nextRecordsUrl"))
            answer = as_object(self._call(partial(_next_page, address=address)))
            rows += as_rows(answer.get("records"))
        return rows

    def select(
        self, object_: str, fields: Sequence[str], field: str, values: Sequence[object]
    ) -> list[Row]:
        """Return the rows whose `field` is one of `values`, oldest first."""
        asked = selections(object_, fields, field, values)
        return [row for soql in asked for row in self.query(soql)]

    def search(
        self,
        object_: str,
        fields: Sequence[str],
        by: Sequence[str],
        words: str,
        most: int,
    ) -> list[Row]:
        """Return rows in which one of the fields `by` holds the words, newest first."""
        meets = " OR ".join(
            format_soql("{:literal} LIKE '%{:like}%'", name(field), words)
            for field in by
        )
        soql = format_soql(
            "SELECT {:literal} FROM {:literal} WHERE {:literal} "
            "ORDER BY CreatedDate DESC LIMIT {:literal}",
            ", ".join(name(field) for field in fields),
            name(object_),
            meets,
            str(int(most)),
        )
        return self.query(soql)

    def select_like(
        self,
        object_: str,
        fields: Mapping[str, object],
        *,
        created_by: str,
        created_since: datetime,
    ) -> list[str]:
        """Return ids of records that one user made since then with these values."""
        soql = format_soql(
            "SELECT Id FROM {:literal} WHERE CreatedById = {} AND CreatedDate >= {}",
            name(object_),
            created_by,
            created_since,
        )
        for field, value in sorted(fields.items()):
            soql += format_soql(" AND {:literal} = {}", name(field), value)
        return [row["Id"] for row in self.query(f"{soql} ORDER BY Id LIMIT 10")]

    def retrieve(
        self, object_: str, ids: Sequence[str], fields: Sequence[str]
    ) -> dict[str, Row]:
        """Return the records that exist, by id as it was asked."""
        found: dict[str, Row] = {}
        for part in collections.chunks(ids, collections.LARGEST_RETRIEVE):
            body = {"ids": list(part), "fields": [name(field) for field in fields]}
            path = f"composite/sobjects/{name(object_)}"
            answer = self.rest("POST", path, body)
            if not isinstance(answer, list) or len(answer) != len(part):
                raise collections.UnreadableAnswer
            rows = zip(part, answer, strict=True)
            found |= {key: row for key, row in rows if isinstance(row, dict)}
        return found

    def create(
        self,
        object_: str,
        records: Sequence[Mapping[str, object]],
        *,
        duplicates: bool = False,
    ) -> list[RecordResult]:
        """Create records; with `duplicates` also those that a rule warns of."""
        headers = collections.SAVE_DUPLICATES if duplicates else {}
        return self._write("POST", "composite/sobjects", object_, records, headers)

    def update(
        self, object_: str, records: Sequence[Mapping[str, object]]
    ) -> list[RecordResult]:
        """Update records that each hold their `Id`."""
        return self._write("PATCH", "composite/sobjects", object_, records)

    def upsert(
        self,
        object_: str,
        key_field: str,
        records: Sequence[Mapping[str, object]],
        *,
        duplicates: bool = False,
    ) -> list[RecordResult]:
        """Create or update by `key_field`, which each record holds."""
        path = f"composite/sobjects/{name(object_)}/{name(key_field)}"
        headers = collections.SAVE_DUPLICATES if duplicates else {}
        return self._write("PATCH", path, object_, records, headers)

    def delete(self, ids: Sequence[str]) -> list[RecordResult]:
        """Delete up to 200 records, each by itself."""
        if not 0 < len(ids) <= collections.LARGEST or not all(map(is_id, ids)):
            raise ValueError("a call takes 1 to 200 ids")
        listed = ",".join(ids)
        path = f"composite/sobjects?ids={listed}&allOrNone=false"
        answer = self.rest("DELETE", path)
        return collections.results(answer, expected=len(ids), creating=False)

    def write_graphs(
        self, asked: Sequence[Sequence[graphs.Node]]
    ) -> list[graphs.GraphResult]:
        """Write each graph as a whole or not at all; one result for each."""
        nodes = sum(map(len, asked))
        if not 0 < len(asked) <= graphs.MOST_GRAPHS or nodes > graphs.MOST_NODES:
            raise ValueError("a call takes 1 to 75 graphs of 500 nodes in all")
        for node in (node for graph in asked for node in graph):
            name(node.object)
            name(node.key_field or "Id")
        base = f"/services/data/v{self._version}"
        answer = self.rest("POST", "composite/graph", graphs.body(asked, base))
        return graphs.results(answer, asked)

    def raw(
        self, method: str, path: str, data: bytes | None = None, kind: str = ""
    ) -> str:
        """Send and get what is not JSON."""

        def act(org: Salesforce) -> str:
            # The library reads every answer as JSON, but here.
            answer = org._call_salesforce(  # noqa: SLF001
                method,
                org.base_url + path,
                data=data,
                headers={"Content-Type": kind} if kind else {},
            )
            return str(answer.content.decode("utf-8", "replace"))

        return self._call(act)

    def _write(
        self,
        method: str,
        path: str,
        object_: str,
        records: Sequence[Mapping[str, object]],
        headers: Mapping[str, str] | None = None,
    ) -> list[RecordResult]:
        if not 0 < len(records) <= collections.LARGEST:
            raise ValueError("a call takes 1 to 200 records")
        body = collections.body(name(object_), records)
        answer = self.rest(method, path, body, headers)
        creating = method == "POST"
        return collections.results(answer, expected=len(records), creating=creating)

    def rest(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Send and get JSON."""
        # Made before anything is sent: a value that is not JSON is our own mistake.
        data = None if body is None else json.dumps(body, allow_nan=False)
        more = {"headers": dict(headers)} if headers else {}
        return self._call(
            lambda org: org.restful(path, method=method, data=data, **more)
        )

    def _call(self, act: Callable[[Salesforce], T]) -> T:
        try:
            return _readable(lambda: act(self._library))
        except SessionExpired:
            if self._renew is None:
                raise
        self.close()
        self._counted -= self._session.calls
        self._open(*self._renew())
        return _readable(lambda: act(self._library))


def _next_page(org: Salesforce, *, address: str) -> Any:
    return org.query_more(address, identifier_is_url=True)


def _readable(act: Callable[[], T]) -> T:
    try:
        return act()
    except (ValueError, RecursionError):
        # Not JSON. The library's error holds the whole body, so it stays here.
        failure = collections.UnreadableAnswer()
    raise failure


def name(text: str) -> str:
    """Return an object's or a field's API name; refuse whatever is not one."""
    if not _NAME.fullmatch(text):
        raise Refused(
            Refusal(
                kind=Kind.SCHEMA,
                code="INVALID_NAME",
                message=_("%(text)s is not the API name of anything.")
                % {"text": quote(text[:50])},
            )
        )
    return text


def selections(
    object_: str, fields: Sequence[str], field: str, values: Sequence[object]
) -> list[str]:
    """Return the queries for the rows whose `field` is one of `values`."""
    return [
        format_soql(
            "SELECT {:literal} FROM {:literal} WHERE {:literal} IN {} "
            "ORDER BY CreatedDate, Id",
            ", ".join(name(field) for field in fields),
            name(object_),
            name(field),
            list(part),
        )
        for part in short_lists(values)
    ]


def short_lists(values: Sequence[object]) -> Iterator[Sequence[object]]:
    """Cut `values` so that each list fits into the address of a query."""
    part: list[object] = []
    length = 0
    for value in values:
        size = len(quote(format_soql("{}", value), safe="")) + 3
        if part and (length + size > LONGEST_LIST or len(part) == MOST_VALUES):
            yield part
            part, length = [], 0
        part.append(value)
        length += size
    if part:
        yield part
