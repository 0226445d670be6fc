"""Responses that look thoughtless are flagged, and nobody is refused for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_mappings import facts
from crm_mappings.plan.values import reader
from responses import duplicates, quality, traps
from responses.models import Response
from responses.quality import Flag
from surveys.conditions import holds
from surveys.conditions import parse as rule
from surveys.definition import parse
from tests.factories.access import bearer, make_api_key
from tests.factories.responses import make_response, pages, submit_response
from tests.factories.surveys import csat, nps, survey_document, why

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
TABLE = {
    "key": "table",
    "kind": "matrix",
    "text": {"en": "How were they?"},
    "rows": [{"key": f"r{n}", "label": {"en": f"Row {n}"}} for n in range(5)],
    "choices": [{"key": key, "label": {"en": key}} for key in ("bad", "good")],
}
SCALES = [csat(key=f"s{n}", required=False) for n in range(6)]
DEFINITION = parse(survey_document(pages=pages([*SCALES, nps(), TABLE, why()])))


def flags(answers: dict[str, Any], seconds: float | None = 600, **more: Any) -> str:
    return quality.flags(DEFINITION, answers, seconds=seconds, **more)


@pytest.mark.parametrize(
    ("answers", "seconds", "expected"),
    [
        ({"s0": 4, "nps": 9}, 60, ""),
        ({"s0": 4, "nps": 9}, 0.4, "too_fast"),
        ({"s0": 4, "nps": 9}, None, ""),
        ({}, 0.1, ""),
        ({f"s{n}": 5 for n in range(6)}, 60, "straight_lining"),
        ({f"s{n}": 5 for n in range(5)}, 60, ""),
        ({**{f"s{n}": 5 for n in range(5)}, "s5": 4}, 60, ""),
        ({"table": {f"r{n}": "good" for n in range(5)}}, 60, "straight_lining"),
        ({"table": {f"r{n}": "good" for n in range(3)}}, 60, ""),
        ({"table": {"r0": "bad", **{f"r{n}": "good" for n in (1, 2, 3)}}}, 60, ""),
        ({f"s{n}": 5 for n in range(6)}, 0.1, "too_fast;straight_lining"),
    ],
)
def test_facts_become_flags(answers, seconds, expected):
    assert flags(answers, seconds) == expected


def test_what_was_seen_on_the_way_is_kept():
    assert flags({"nps": 9}, signs=[Flag.BOT]) == "bot"
    assert flags({"nps": 9}, seconds=0.1, signs=["bot", "duplicate"]) == (
        "too_fast;bot;duplicate"
    )


def test_more_to_read_takes_longer():
    long = quality.fastest(DEFINITION, {"s0": 1, "s1": 1, "why": "x"})
    assert long > quality.fastest(DEFINITION, {"s0": 1}) > 0.5


@given(st.sets(st.sampled_from(list(Flag))))
@settings(deadline=None, max_examples=20)
def test_flags_are_read_as_they_were_stored(found):
    assert set(quality.split(quality.joined(found))) == found


def test_only_answers_that_say_something_are_compared():
    assert quality.fingerprint({"nps": 9, "s0": 3}) == ""
    assert quality.fingerprint({"why": "no"}) == ""
    told = {"why": "The export took an hour, and then it failed."}
    assert quality.fingerprint(told) == quality.fingerprint(dict(told))
    assert quality.fingerprint(told) != quality.fingerprint({**told, "nps": 1})
    assert quality.fingerprint({f"s{n}": 1 for n in range(5)})


@pytest.mark.parametrize(
    ("data", "seconds", "expected"),
    [
        ({}, 20, ()),
        ({traps.TRAP: ""}, 20, ()),
        ({traps.TRAP: "https://spam.example"}, 20, (Flag.BOT,)),
        ({}, 0.2, (Flag.BOT,)),
        ({}, None, ()),
        ({traps.TRAP: "x"}, None, (Flag.BOT,)),
    ],
)
def test_machines_give_themselves_away(data, seconds, expected):
    shown_at = None if seconds is None else NOW - timedelta(seconds=seconds)

    assert traps.signs(data, shown_at=shown_at, now=NOW) == expected


def test_what_says_when_a_page_was_shown_cannot_be_made_up():
    stamp = traps.stamp(NOW)

    assert traps.read(stamp) == NOW
    for forged in (stamp + "0", "1" + stamp, "", "a.b:c", "\x00"):
        assert traps.read(forged) is None


# --------------------------------------------------------------- with the database

TOLD = {"csat": 3, "nps": 3, "topics": ["speed"], "why": "It took far too long for us."}


@pytest.mark.django_db
def test_the_time_counts_from_when_the_page_was_shown(client, link, read):
    form = read(client.get(link)).form
    client.post(link, {**form, "csat": "5", "nps": "9", "go": "submit"})

    response = Response.objects.get()
    assert response.status == "completed"
    assert response.started_at < response.updated_at
    assert response.flags == ("too_fast",)


@pytest.mark.django_db
def test_a_page_that_says_nothing_of_its_time_is_not_too_fast(client, link):
    client.post(link, {"page": "p1", "csat": "5", "nps": "9"})

    assert Response.objects.get().quality == ""


@pytest.mark.django_db
def test_a_filled_trap_is_kept_and_flagged(client, web, read):
    page = read(client.get(web))
    trap = page.one(f"//input[@name='{traps.TRAP}']")
    assert trap.get("tabindex") == "-1"
    form = {**page.form, traps.TRAP: ["https://spam.example"]}

    client.post(web, {**form, "csat": "5", "nps": "9"})

    response = Response.objects.get()
    assert response.status == "completed"
    assert "bot" in response.flags


@pytest.mark.django_db
def test_a_tracking_link_has_no_trap(client, link, read):
    assert not read(client.get(link)).all(f"//input[@name='{traps.TRAP}']")


@pytest.mark.django_db
def test_the_same_answers_again_are_marked_once_compared(version):
    first = submit_response(version, TOLD)
    second = submit_response(version, TOLD, now=NOW + timedelta(hours=1))
    other = submit_response(version, {**TOLD, "nps": 2}, now=NOW + timedelta(hours=1))
    short = [submit_response(version, {"csat": 5}) for _ in range(2)]
    late = submit_response(version, TOLD, now=NOW + timedelta(days=90))

    assert duplicates.mark() == 1
    assert duplicates.mark() == 0

    for row in (first, second, other, *short, late):
        row.refresh_from_db()
        assert row.compared
    assert second.flags == ("duplicate",)
    assert [first.flags, other.flags, late.flags] == [(), (), ()]


@pytest.mark.django_db
def test_an_unfinished_response_is_compared_when_it_is_completed(version):
    make_response(version, TOLD, completed=False)

    assert duplicates.mark() == 0
    assert not Response.objects.get().compared


@pytest.mark.django_db
def test_a_mapping_can_ask_for_good_answers(version):
    good = make_response(version, TOLD)
    bad = make_response(version, TOLD, quality="too_fast;bot")
    ask = {
        "good": {"response": "quality", "op": "blank"},
        "bot": {"response": "quality", "op": "contains", "value": "bot"},
    }

    said = {
        name: [
            holds(rule(document), reader(facts.read(response)))
            for response in (good, bad)
        ]
        for name, document in ask.items()
    }

    assert said == {"good": [True, False], "bot": [False, True]}


@pytest.mark.django_db
def test_the_list_is_narrowed_by_quality(admin_client, version, read):
    make_response(version, quality="")
    make_response(version, quality="too_fast;bot")
    address = "/admin/responses/response/"

    def rows(query: str) -> list[str]:
        page = read(admin_client.get(f"{address}{query}"))
        return [
            cell.text_content() for cell in page.all("//td[contains(@class, 'flags')]")
        ]

    assert sorted(rows("")) == ["too fast, like a machine", "–"]
    assert rows("?quality=good") == ["–"]
    assert rows("?quality=bot") == ["too fast, like a machine"]
    assert rows("?quality=duplicate") == []


@pytest.mark.django_db
def test_results_leave_careless_answers_out_when_asked(admin_client, version, read):
    make_response(version, {"csat": 5})
    make_response(version, {"csat": 1}, quality="straight_lining")
    address = "/admin/responses/response/results/support-csat/"

    assert "Completed2" in read(admin_client.get(address)).text.replace(" ", "")
    page = read(admin_client.get(f"{address}?quality=good"))
    assert "Completed1" in page.text.replace(" ", "")
    assert "Without 1 that looks careless" in page.text


@pytest.mark.django_db
def test_the_api_says_and_narrows_by_quality(client, version):
    make_response(version, quality="bot")
    make_response(version)
    key = bearer(make_api_key("responses:read"))

    def found(query: str) -> list[list[str]]:
        answer = client.get(f"/api/v1/responses/?{query}", headers=key)
        return [row["quality"] for row in answer.json()["results"]]

    assert sorted(found("")) == [[], ["bot"]]
    assert found("quality=good") == [[]]
    assert found("quality=bot") == [["bot"]]
    assert client.get("/api/v1/responses/?quality=x", headers=key).status_code == 400


@pytest.mark.django_db
def test_the_dump_says_it(client, version):
    make_response(version, quality="too_fast;bot")
    key = bearer(make_api_key("responses:read"))
    address = "/api/v1/responses/dump/?survey=support-csat"

    lines = b"".join(client.get(f"{address}&format=ndjson", headers=key))
    assert b'"quality":["too_fast","bot"]' in lines.replace(b" ", b"")
    table = b"".join(client.get(f"{address}&format=csv", headers=key))
    assert b"too_fast;bot" in table


@pytest.mark.django_db
def test_an_erased_response_keeps_no_sign(version):
    from responses.erasure import erase

    response = submit_response(version, TOLD)
    Response.objects.update(quality="bot")

    erase(response=response, now=NOW)

    response.refresh_from_db()
    assert (response.quality, response.fingerprint) == ("", "")
