"""The dump: no response is missed or repeated, whatever happens meanwhile."""

from __future__ import annotations

import csv
import gzip
import io
import json
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from lxml import etree

from responses.dump import cursors
from responses.dump.columns import NUMBER, cell
from responses.dump.positions import number_all, number_batch
from responses.dump.reading import Part, entries
from responses.erasure import erase
from responses.models import PositionCounter, Response
from responses.submission import complete
from tests.factories.access import bearer, make_api_key
from tests.factories.responses import STARTED, make_response, submit_response
from tests.factories.surveys import publish_survey, survey_document

URL = "/api/v1/responses/dump/"


@pytest.fixture
def ask(client, db):
    headers = bearer(make_api_key("responses:read"))

    def ask(extra=None, **query):
        query = {"survey": "support-csat", **query}
        return client.get(URL, query, headers=headers | (extra or {}))

    return ask


@pytest.fixture
def dump(ask):
    def dump(**query):
        answer = ask(**query)
        assert answer.status_code == 200, answer.content
        return answer.getvalue().decode()

    return dump


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def read_from(survey_id, after, limit=None, **more):
    part = Part(
        survey_id=survey_id, after=after, until=number_all(), limit=limit, **more
    )
    return list(entries(part))


def test_dump_tells_completed_responses_as_the_api_does(dump, client, version):
    response = make_response(version, variables={"agent": "E-17"})
    make_response(version, completed=False)

    (line,) = lines(dump())

    headers = bearer(make_api_key("responses:read"))
    told = client.get(f"/api/v1/responses/{response.key}/", headers=headers).json()
    assert line == {"cursor": line["cursor"], **told}


def test_other_surveys_are_left_out(dump, version):
    other = publish_survey(survey_document(key="other"))
    make_response(other)
    mine = make_response(version)

    assert [line["key"] for line in lines(dump())] == [str(mine.key)]


def test_any_line_is_a_place_to_go_on_from(dump, version):
    made = [str(make_response(version).key) for _ in range(5)]
    whole = lines(dump())

    for place, line in enumerate(whole, start=1):
        rest = lines(dump(after=line["cursor"]))
        assert [one["key"] for one in rest] == made[place:]


def test_limit_cuts_and_the_next_call_goes_on(dump, version):
    made = [str(make_response(version).key) for _ in range(5)]

    seen, cursor = [], ""
    while page := lines(dump(after=cursor, limit=2)):
        assert len(page) <= 2
        seen += [line["key"] for line in page]
        cursor = page[-1]["cursor"]

    assert seen == made


def test_who_began_first_and_ended_last_is_not_missed(dump, version):
    """The naive cursor, the highest id that was seen, loses this one."""
    slow = make_response(version, {"csat": 1}, completed=False)
    fast = submit_response(version, {"csat": 5})
    first = lines(dump())
    naive_cursor = Response.objects.filter(status="completed").latest("pk").pk

    complete(response=slow, now=STARTED + timedelta(hours=1))

    naive = Response.objects.filter(pk__gt=naive_cursor, status="completed")
    assert [str(fast.key)] == [line["key"] for line in first]
    assert not naive.exists()
    late = lines(dump(after=first[-1]["cursor"]))
    assert [line["key"] for line in late] == [str(slow.key)]


@pytest.mark.django_db(transaction=True)
def test_who_commits_late_is_not_missed():
    """Two commits in the other order than their ids and times."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time.")
    version = publish_survey()
    written, go_on = threading.Event(), threading.Event()

    def slow():
        try:
            with transaction.atomic():
                make_response(version, started_at=STARTED)
                written.set()
                go_on.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(20)
    make_response(version, started_at=STARTED + timedelta(hours=1))
    first = read_from(version.survey_id, 0)
    naive_cursor = Response.objects.latest("pk").pk
    go_on.set()
    thread.join()

    assert len(first) == 1
    assert not Response.objects.filter(pk__gt=naive_cursor).exists()
    assert len(read_from(version.survey_id, first[-1].position)) == 1


WRITERS, EACH, READERS = 4, 15, 3


def write_many(version):
    for number in range(EACH):
        with transaction.atomic():
            response = make_response(version, {"csat": 3}, completed=False)
            if number % 3 == 0:
                make_response(version)
        complete(response=response, now=STARTED)
    connection.close()


def poll(version, done):
    seen, cursor = [], 0
    while True:
        was_done = done.is_set()
        found = read_from(version.survey_id, cursor, limit=7)
        seen += [entry.document["key"] for entry in found]
        cursor = found[-1].position if found else cursor
        if was_done and not found:
            connection.close()
            return seen


@pytest.mark.django_db(transaction=True)
def test_readers_among_many_writers_miss_none_and_repeat_none():
    version, done = publish_survey(), threading.Event()

    with ThreadPoolExecutor(WRITERS + READERS) as threads:
        polls = [threads.submit(poll, version, done) for _ in range(READERS)]
        writes = [threads.submit(write_many, version) for _ in range(WRITERS)]
        try:
            for write in writes:
                write.result()
        finally:
            done.set()

    everybody = sorted(map(str, Response.objects.values_list("key", flat=True)))
    assert len(everybody) == WRITERS * (EACH + EACH // 3)
    for reader in polls:
        assert sorted(reader.result()) == everybody


def begin(version, number):
    make_response(version, {"csat": number % 5 + 1}, completed=False)


def of_begun(act):
    def step(_version, _number):
        if begun := Response.objects.filter(status="in_progress").first():
            act(begun)

    return step


def of_done(act):
    def step(_version, number):
        if done := Response.objects.filter(status="completed").last():
            act(done, number)

    return step


def edit(done, number):
    answers = {"csat": number % 5 + 1, "why": "?"}
    Response.objects.filter(pk=done.pk).update(answers=answers)


def reopen(done, _number):
    rows = Response.objects.filter(pk=done.pk)
    rows.update(status="in_progress", completed_at=None)


STEPS = {
    "begin": begin,
    "complete": of_begun(lambda row: complete(response=row, now=STARTED)),
    "erase": of_done(lambda row, _number: erase(response=row, now=STARTED)),
    "forget": of_begun(lambda row: erase(response=row, now=STARTED)),
    "edit": of_done(edit),
    "reopen": of_done(reopen),
    "delete": of_done(lambda row, _number: row.delete()),
    "number": lambda _version, _number: number_batch(1),
    "read": lambda _version, _number: None,
}


class TestOrder(TestCase):
    @given(steps=st.lists(st.sampled_from([*STEPS]), max_size=25))
    @settings(deadline=None, max_examples=40)
    def test_a_copy_that_follows_the_changes_is_what_the_database_holds(self, steps):
        version, copy, cursor, numbers = publish_survey(), {}, 0, count()
        for step in [*steps, "read"]:
            STEPS[step](version, next(numbers))
            if step == "read":
                for entry in read_from(version.survey_id, cursor, changes=True):
                    assert entry.position > cursor
                    cursor = entry.position
                    follow(copy, entry.document)
        held = Response.objects.filter(status="completed")
        assert copy == {str(row.key): row.answers for row in held}


def follow(copy, document):
    key = document["key"]
    if document["change"] == "completed":
        assert key not in copy
    if "answers" in document:
        copy[key] = document["answers"]
    else:
        copy.pop(key, None)


def test_what_is_erased_leaves_the_dump_and_appears_in_the_changes(dump, version):
    kept, gone = make_response(version), make_response(version)
    before = lines(dump(changes="true"))

    erase(response=gone, now=STARTED + timedelta(days=1))

    assert [line["key"] for line in lines(dump())] == [str(kept.key)]
    (news,) = lines(dump(changes="true", after=before[-1]["cursor"]))
    assert news == {
        "cursor": news["cursor"],
        "change": "erased",
        "key": str(gone.key),
        "survey": "support-csat",
        "at": "2026-03-03T10:00:00Z",
    }


def test_an_edit_appears_in_the_changes_with_what_it_says_now(dump, version):
    edited, kept = make_response(version), make_response(version)
    before = lines(dump(changes="true"))
    Response.objects.filter(pk=edited.pk).update(answers={"csat": 1})
    Response.objects.filter(pk=kept.pk).update(updated_at=STARTED)
    Response.objects.filter(pk=edited.pk).update(quality="duplicate")

    news = lines(dump(changes="true", after=before[-1]["cursor"]))

    assert [(one["change"], one["key"]) for one in news] == [
        ("edited", str(edited.key))
    ] * 2
    assert (news[0]["answers"], news[1]["quality"]) == ({"csat": 1}, ["duplicate"])
    assert len(lines(dump())) == 2
    (row, *_more) = csv.DictReader(
        io.StringIO(
            dump(changes="true", format="csv", after=before[-1]["cursor"]), newline=""
        )
    )
    assert (row["change"], row["answer.csat"]) == ("edited", "1")


def test_what_is_reopened_is_told_and_told_again_when_completed(dump, version):
    response = make_response(version)
    before = lines(dump(changes="true"))
    response.status, response.completed_at = "in_progress", None
    response.save(update_fields=["status", "completed_at"])
    reopened = lines(dump(changes="true", after=before[-1]["cursor"]))
    assert lines(dump()) == []

    response.refresh_from_db()
    complete(response=response, now=STARTED + timedelta(hours=1))

    again = lines(dump(changes="true", after=reopened[-1]["cursor"]))
    assert [one["change"] for one in (*before, *reopened, *again)] == [
        *("completed", "reopened", "completed")
    ]
    assert [one["key"] for one in lines(dump())] == [str(response.key)]


def test_what_is_deleted_appears_in_the_changes(dump, version):
    kept, gone = make_response(version), make_response(version)
    before = lines(dump(changes="true"))
    never_told = make_response(version)
    never_told.delete()

    gone.refresh_from_db()
    gone.delete()

    (news,) = lines(dump(changes="true", after=before[-1]["cursor"]))
    assert (news["change"], news["key"]) == ("deleted", str(gone.key))
    assert [line["key"] for line in lines(dump())] == [str(kept.key)]


def test_a_change_that_is_rolled_back_was_none(dump, version):
    response = make_response(version)
    lines(dump())
    try:
        with transaction.atomic():
            Response.objects.filter(pk=response.pk).update(answers={})
            raise ValueError
    except ValueError:
        pass

    assert [line["change"] for line in lines(dump(changes="true"))] == ["completed"]


@pytest.mark.django_db
def test_positions_never_go_back_over_many_batches():
    version = publish_survey()
    for _ in range(7):
        make_response(version)

    while number_batch(3)[0]:
        pass

    positions = list(Response.objects.order_by("pk").values_list("position", flat=True))
    assert positions == sorted(set(positions))
    assert PositionCounter.objects.get().last == positions[-1]


def test_csv_is_a_table_with_a_column_for_each_question(dump, version):
    make_response(version, {"csat": 4, "topics": ["speed", "quality"]})

    (row,) = csv.DictReader(io.StringIO(dump(format="csv"), newline=""))

    assert row["answer.csat"] == "4"
    assert row["answer.topics"] == "speed;quality"
    assert row["answer.why"] == ""
    assert row["completed_at"] == "2026-03-02T10:01:30Z"
    assert "variable.agent" in row


def test_csv_keeps_the_questions_of_old_versions(dump, version):
    make_response(version)
    document = survey_document()
    del document["pages"][0]["questions"][1]
    document["pages"] = document["pages"][:1]
    publish_survey(document)

    header = dump(format="csv").splitlines()[0]

    assert "answer.nps" in header


def test_csv_in_words(dump, version):
    make_response(version, {"csat": 4, "topics": ["speed"]})

    text = dump(format="csv", labels="true", language="de")
    (row,) = csv.DictReader(io.StringIO(text, newline=""))

    assert row["Worum ging es?"] == "Tempo"
    assert row["Wie zufrieden sind Sie?"] == "4"


@pytest.fixture
def worded():
    """A survey with a matrix, a contact, a write-in, and a choice that went."""
    document = survey_document()
    of = {"choices": [{"key": "good", "label": {"en": "Good", "de": "Gut"}}]}
    rows = [{"key": key, "label": {"en": "Us"}} for key in ("a", "b")]
    rows.append({"key": "c", "label": {"en": "Them", "de": "Die"}})
    document["pages"][0]["questions"] += [
        {"key": "both", "kind": "matrix", "text": {"en": "Both?"}, "rows": rows} | of,
        {
            "key": "who",
            "kind": "contact",
            "text": {"en": "Who?"},
            "fields": [{"key": "name", "label": {"en": "Name"}, "kind": "short_text"}],
        },
        {"key": "one", "kind": "single_choice", "text": {"en": "One?"}, "other": True}
        | {"choices": [*of["choices"], {"key": "gone", "label": {"en": "Gone"}}]},
    ]
    publish_survey(document)
    del document["pages"][0]["questions"][-1]["choices"][1]
    return publish_survey(document)


@pytest.mark.parametrize("kind", ["ndjson", "json"])
def test_documents_in_words_keep_the_keys_of_questions(dump, worded, kind):
    contact = {"name": "good"}
    both = {"a": "good", "b": "good", "c": "good"}
    make_response(
        worded, {"topics": ["speed"], "both": both, "who": contact, "one": "gone"}
    )
    make_response(worded, {"why": "good", "one": {"other": "gone"}})

    text = dump(format=kind, labels="true", language="de")
    first, second = json.loads(text) if kind == "json" else lines(text)

    assert first["answers"] == {
        "topics": ["Tempo"],
        # Two rows that read alike are told apart by their keys.
        "both": {"a": "Gut", "b": "Gut", "Die": "Gut"},
        "who": {"Name": "good"},
        "one": "Gone",
    }
    assert second["answers"] == {"why": "good", "one": "gone"}


def test_xml_and_chosen_columns_in_words(dump, worded):
    make_response(worded, {"topics": ["speed"], "one": "good"})

    tree = etree.fromstring(dump(format="xml", labels="true").encode())
    (line,) = lines(dump(fields="answer.one", labels="true", changes="true"))

    assert tree.findtext("response/answers/answer[@question='topics']/value") == "Speed"
    assert line["answers"] == {"one": "Good"}


def test_csv_in_words_tells_what_was_written_in_and_what_is_no_choice_now(dump, worded):
    make_response(worded, {"one": {"other": "=mine"}, "topics": [{"other": "Else"}]})
    make_response(worded, {"one": "gone", "both": {"c": "good"}})

    text = dump(format="csv", labels="true")
    first, second = csv.DictReader(io.StringIO(text, newline=""))

    assert (first["One?"], second["One?"]) == ("'=mine", "Gone")
    assert second["Both?"] == '{"Them": "Good"}'


def test_csv_begins_with_a_byte_order_mark_if_asked(dump, version):
    assert dump(format="csv", bom="true").startswith("\ufeffcursor,")
    assert dump(format="csv").startswith("cursor,")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+49",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        " =1",
        "\ufeff=1",
        "＝1",
        "\r=1",
        "\n-x",
    ],
)
def test_formulas_are_defused(dump, version, text):
    make_response(version, {"csat": 4, "why": text})

    (row,) = csv.DictReader(io.StringIO(dump(format="csv"), newline=""))

    plain_number = NUMBER.match(text)
    assert row["answer.why"] == (text if plain_number else f"'{text}")


def test_plain_numbers_stay_numbers():
    assert cell("-5") == "-5"
    assert cell("+1.5") == "+1.5"
    assert cell(-5) == "-5"
    assert cell("-5+1") == "'-5+1"


@given(st.text(max_size=12))
@settings(max_examples=200, deadline=None)
def test_no_cell_begins_like_a_formula(text):
    written = cell(text)

    start = written.lstrip(" \ufeff\u200b\u00a0")[:1]
    assert start not in set("=+-@＝＋－＠") or NUMBER.match(written)


def test_json_is_one_list(dump, version):
    assert json.loads(dump(format="json")) == []
    make_response(version)
    make_response(version)

    assert json.loads(dump(format="json")) == lines(dump())


def test_xml_is_well_formed_whatever_was_answered(dump, version):
    make_response(
        version,
        {
            "csat": 4,
            "topics": ["speed"],
            "why": "a < b & \x0b \ud83d\ude00".encode("utf-16", "surrogatepass").decode(
                "utf-16"
            ),
        },
        records={"Case": "500x"},
    )

    tree = etree.fromstring(dump(format="xml").encode())

    assert tree.findtext("response/answers/answer[@question='topics']/value") == "speed"
    assert tree.findtext("response/records/record[@object='Case']") == "500x"
    assert tree.findtext("response/answers/answer[@question='why']") == "a < b & � 😀"


def test_dump_travels_compressed(ask, version):
    for _ in range(10):
        make_response(version)

    answer = ask({"Accept-Encoding": "gzip"})

    assert answer["Content-Encoding"] == "gzip"
    assert len(lines(gzip.decompress(answer.getvalue()).decode())) == 10


def test_the_accept_header_chooses_the_format(ask, version):
    answer = ask({"Accept": "text/csv"})

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert ask({"Accept": "image/png"}).status_code == 406


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"survey": "nothing"}, "survey"),
        ({"survey": "x\x00"}, "survey"),
        ({"after": "yesterday"}, "after"),
        ({"after": "9" * 30}, "after"),
        ({"after": "１"}, "after"),
        ({"format": "xlsx"}, "format"),
        ({"limit": "0"}, "limit"),
        ({"changes": "perhaps"}, "changes"),
        ({"completed_after": "yesterday"}, "completed_after"),
    ],
)
def test_senseless_questions_are_refused(ask, version, query, path):
    answer = ask(**query)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert [error["path"] for error in answer.json()["errors"]] == [path]


def test_a_date_narrows_it(dump, version):
    make_response(version)
    late = make_response(version, started_at=STARTED + timedelta(days=1))

    found = lines(dump(completed_after="2026-03-02T12:00:00Z"))

    assert [line["key"] for line in found] == [str(late.key)]


def test_scope_is_required(client, version):
    headers = bearer(make_api_key("surveys:read"))

    assert (
        client.get(URL, {"survey": "support-csat"}, headers=headers).status_code == 403
    )


def test_the_command_writes_the_same(dump, version, capsys):
    make_response(version)
    make_response(version)
    cursor = lines(dump())[0]["cursor"]

    call_command("dump", "support-csat", "--after", cursor, "--format", "csv")

    assert capsys.readouterr().out.splitlines() == (
        dump(after=cursor, format="csv").splitlines()
    )


def test_the_command_narrows_by_date_and_takes_tests_along(dump, version, capsys):
    make_response(version)
    late = make_response(version, started_at=STARTED + timedelta(days=1), is_test=True)

    call_command("dump", "support-csat", "--completed-after", "2026-03-03")
    assert capsys.readouterr().out == ""
    call_command("dump", "support-csat", "--completed-after", "2026-03-03", "--tests")

    (line,) = lines(capsys.readouterr().out)
    assert line["key"] == str(late.key)


@pytest.mark.parametrize(
    "words",
    [
        ["nothing"],
        ["support-csat", "--after", "x"],
        ["support-csat", "--limit", "0"],
        ["support-csat", "--completed-after", "yesterday"],
        ["support-csat", "--fields", "answer.nothing"],
    ],
)
def test_the_command_says_what_is_wrong(version, words):
    with pytest.raises(CommandError):
        call_command("dump", *words)


def test_memory_does_not_grow_with_the_rows(ask, version):
    def peak(rows):
        missing = rows - Response.objects.count()
        Response.objects.bulk_create(
            Response(
                survey_id=version.survey_id,
                version=version,
                status="completed",
                answers={"why": "word " * 500},
                language="en",
                started_at=STARTED,
                updated_at=STARTED,
                completed_at=STARTED,
            )
            for _ in range(missing)
        )
        answer = ask()
        tracemalloc.start()
        size = sum(len(block) for block in answer.streaming_content)
        _now, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size, highest

    small, memory = peak(3_000)
    large, more_memory = peak(9_000)

    assert large > 2.5 * small
    assert more_memory < memory * 1.5


def test_the_dump_costs_few_queries(ask, version, django_assert_max_num_queries):
    for _ in range(30):
        make_response(version)

    with django_assert_max_num_queries(20):
        ask().getvalue()


@given(st.integers(min_value=0, max_value=10**18 - 1))
def test_cursors_are_read_as_they_were_written(position):
    assert cursors.read(cursors.write(position)) == position
