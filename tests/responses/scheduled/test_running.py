"""A dump arrives whole, once, and goes on where a broken one stopped."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import socket
from copy import copy
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from pyarrow import parquet

from responses.erasure import erase
from responses.models import Response
from responses.scheduled import keeping, parts, running
from responses.scheduled.models import DumpRun, ScheduledDump
from surveys.models import Level
from tests.factories.responses import STARTED, make_response
from tests.responses.scheduled.conftest import NOW

State = DumpRun.State


def manifest(folder: Path, run: DumpRun) -> dict:
    return json.loads((folder / run.name / "manifest.json").read_text())


def read(folder: Path, run: DumpRun) -> list[bytes]:
    """The files that the manifest names, each checked against it."""
    found = []
    for one in manifest(folder, run)["files"]:
        content = (folder / run.name / one["name"]).read_bytes()
        assert len(content) == one["bytes"]
        assert hashlib.sha256(content).hexdigest() == one["sha256"]
        found.append(content)
    return found


def keys(content: bytes) -> list[str]:
    return [json.loads(line)["key"] for line in content.splitlines()]


def test_a_dump_lies_in_its_folder_with_a_manifest(make_dump, run, folder, version):
    made = [str(make_response(version).key) for _ in range(7)]

    done = run(make_dump(format="ndjson"))

    assert (done.state, done.problem, done.rows) == (State.DONE, "", 7)
    told = manifest(folder, done)
    assert [part["rows"] for part in told["files"]] == [3, 3, 1]
    assert [key for content in read(folder, done) for key in keys(content)] == made
    assert (told["rows"], told["survey"], told["after"]) == (7, "support-csat", "0")
    assert told["cursor"] == str(Response.objects.latest("position").position)
    assert told["files"][1]["after"] == told["files"][0]["cursor"]
    assert {"key": "answer.csat", "name": "answer.csat"} in told["columns"]
    assert told["started_at"] == told["finished_at"] == "2026-11-21T09:00:00Z"


def test_the_next_dump_tells_what_is_new_and_what_was_erased(
    make_dump, run, folder, version
):
    first = [make_response(version) for _ in range(2)]
    dump = make_dump(format="ndjson")
    before = run(dump)
    erase(response=first[0], now=STARTED)
    late = make_response(version)

    after = run(dump, now=NOW + timedelta(days=1))

    assert manifest(folder, after)["after"] == manifest(folder, before)["cursor"]
    (content,) = read(folder, after)
    told = [
        (one["change"], one["key"])
        for one in map(json.loads, content.split(b"\n")[:-1])
    ]
    assert sorted(told) == sorted(
        [("erased", str(first[0].key)), ("completed", str(late.key))]
    )
    assert run(dump, now=NOW + timedelta(days=2)).rows == 0


def test_everything_each_time_if_so_wanted(make_dump, run, folder, version):
    kept, gone = make_response(version), make_response(version)
    dump = make_dump(format="ndjson", reach="all", changes=False)
    run(dump)
    erase(response=gone, now=STARTED)

    again = run(dump, now=NOW + timedelta(days=1))

    assert keys(read(folder, again)[0]) == [str(kept.key)]


def test_csv_compressed_in_words_with_chosen_columns(make_dump, run, folder, version):
    make_response(version, {"csat": 4, "topics": ["speed"], "why": "=1+1"})

    done = run(
        make_dump(
            compressed=True,
            bom=True,
            labels=True,
            language="de",
            columns="answer.topics,answer.why",
            changes=False,
        )
    )

    assert done.parts[0]["name"].endswith(".csv.gz")
    text = gzip.decompress(read(folder, done)[0]).decode()
    assert text.startswith("\ufeffcursor,")
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert row["Worum ging es?"] == "Tempo"
    assert "'=1+1" in row.values()
    assert len(row) == 3


def test_parquet_has_types_and_texts_as_they_are(make_dump, run, folder, version):
    make_response(version, {"csat": 4, "nps": 9, "topics": ["speed"], "why": "=1+1"})
    make_response(version, {"csat": 1})
    erase(response=make_response(version), now=STARTED)

    done = run(make_dump(format="parquet"), rows=10)

    (content,) = read(folder, done)
    rows = parquet.read_table(io.BytesIO(content)).to_pylist()
    assert [row["change"] for row in rows] == ["completed", "completed", "erased"]
    assert (rows[0]["answer.csat"], rows[0]["answer.topics"]) == (4, ["speed"])
    assert rows[0]["answer.why"] == "=1+1"
    assert rows[0]["completed_at"] == STARTED + timedelta(seconds=90)
    assert rows[1]["answer.nps"] is None
    assert rows[2]["answer.csat"] is None


def test_parquet_in_words_keeps_its_columns(make_dump, run, folder, version):
    make_response(version, {"csat": 5, "topics": ["speed"]})

    done = run(make_dump(format="parquet", labels=True, language="de"))

    (content,) = read(folder, done)
    (row,) = parquet.read_table(io.BytesIO(content)).to_pylist()
    assert (row["answer.csat"], row["answer.topics"]) == (5, ["Tempo"])
    names = {one["key"]: one["name"] for one in manifest(folder, done)["columns"]}
    assert names["answer.topics"] == "Worum ging es?"


def test_sftp_shows_a_file_only_when_it_is_whole(make_dump, run, sftp, version):
    for _ in range(4):
        make_response(version)
    dump = make_dump(
        place="sftp",
        folder="in/tellback",
        address=sftp.address,
        user=sftp.user,
        secret=sftp.password,
        host_key=sftp.host_key,
    )

    done = run(dump)

    assert (done.state, done.problem) == (State.DONE, "")
    there = sftp.folder / "in/tellback"
    assert len(read(there, done)) == 2
    assert all(name.endswith(".partial") for name in sftp.opened)
    assert not list(there.rglob("*.partial"))


def test_s3_gets_signed_objects_and_the_manifest_last(make_dump, run, s3, version):
    for _ in range(4):
        make_response(version)
    dump = make_dump(
        place="s3",
        folder="a/b",
        address=s3.origin,
        bucket="dumps",
        user=s3.user,
        secret=s3.secret,
    )

    done = run(dump)

    assert (done.state, done.problem) == (State.DONE, "")
    assert s3.log[-1] == f"a/b/{done.name}/manifest.json"
    told = json.loads(s3.objects[s3.log[-1]])
    for one in told["files"]:
        content = s3.objects[f"a/b/{done.name}/{one['name']}"]
        assert hashlib.sha256(content).hexdigest() == one["sha256"]


def test_a_large_file_goes_to_s3_in_pieces_and_is_seen_whole(
    make_dump, run, s3, version
):
    for _ in range(10):
        make_response(version, {"why": "x" * 1_000_000})
    values = {"address": s3.origin, "bucket": "dumps", "user": s3.user}
    dump = make_dump(place="s3", secret=s3.secret, format="ndjson", **values)

    done = run(dump, rows=100)

    (part,) = done.parts
    content = s3.objects[f"{done.name}/{part['name']}"]
    assert hashlib.sha256(content).hexdigest() == part["sha256"]
    assert not s3.uploads


def test_a_line_that_breaks_costs_only_the_part_at_hand(make_dump, run, sftp, version):
    made = [str(make_response(version).key) for _ in range(7)]
    dump = make_dump(
        place="sftp",
        address=sftp.address,
        user=sftp.user,
        secret=sftp.password,
        host_key=sftp.host_key,
        format="ndjson",
    )
    sftp.breaks_after = 1_500

    broken = run(dump)

    assert (broken.state, len(broken.parts)) == (State.WAITING, 1)
    assert broken.problem.startswith("The SFTP server was not reached")
    assert broken.due_at == NOW + timedelta(minutes=1)
    dump.refresh_from_db()
    assert dump.problem == broken.problem
    assert not list(sftp.folder.rglob("manifest.json"))

    sftp.breaks_after = None
    late = make_response(version)
    limits = parts.Limits(rows=3, chunk=3)
    assert running.work(clock=lambda: NOW + timedelta(minutes=2), limits=limits)

    done = DumpRun.objects.get()
    assert (done.state, done.rows) == (State.DONE, 7)
    assert done.parts[0] == broken.parts[0]
    told = [key for content in read(sftp.folder, done) for key in keys(content)]
    # What was answered meanwhile is the next dump's.
    assert told == made
    assert str(late.key) not in told
    names = {path.name for path in (sftp.folder / done.name).iterdir()}
    assert names == {*(part["name"] for part in done.parts), "manifest.json"}
    dump.refresh_from_db()
    assert (dump.problem, dump.failing_since) == ("", None)


def test_a_worker_that_was_killed_is_followed_by_another(
    make_dump, folder, version, run
):
    for _ in range(4):
        make_response(version)
    dump = make_dump(format="ndjson")
    asked = keeping.dump_now(dump=dump, by="", now=NOW)
    dead = running.claim(now=NOW)

    assert not running.work(clock=lambda: NOW + timedelta(minutes=1))
    assert running.work(clock=lambda: NOW + timedelta(minutes=11))

    asked.refresh_from_db()
    assert (asked.state, asked.rows) == (State.DONE, 4)
    # The dead one comes back, and changes nothing.
    with pytest.raises(running.TakenOver):
        running._keep(dead, "rows")


class Killed(BaseException):
    """Nothing of ours is run behind it, as behind a kill."""


@pytest.mark.parametrize("looks", range(1, 6))
def test_a_worker_that_is_killed_anywhere_costs_no_row(
    make_dump, folder, version, looks
):
    """Killed at one of its looks at the clock: at the start, behind each of three files
    that is there and not yet noted, and in front of the manifest."""
    made = [str(make_response(version).key) for _ in range(7)]
    keeping.dump_now(dump=make_dump(format="ndjson"), by="", now=NOW)
    limits, times = parts.Limits(rows=3, chunk=3), iter([NOW] * looks)

    def clock():
        if (now := next(times, None)) is None:
            raise Killed
        return now

    with pytest.raises(Killed):
        running.work(clock=clock, limits=limits)
    assert not list(folder.rglob("manifest.json"))
    assert running.work(clock=lambda: NOW + timedelta(minutes=11), limits=limits)

    done = DumpRun.objects.get()
    assert (done.state, done.rows) == (State.DONE, 7)
    assert [key for content in read(folder, done) for key in keys(content)] == made
    names = {path.name for path in (folder / done.name).iterdir()}
    assert names == {*(part["name"] for part in done.parts), "manifest.json"}


def test_a_run_that_gets_nowhere_is_given_up_and_leaves_nothing(
    make_dump, run, s3, version
):
    for _ in range(4):
        make_response(version)
    values = {"address": s3.origin, "bucket": "dumps", "user": s3.user}
    dump = make_dump(place="s3", secret=s3.secret, **values)
    s3.breaks_after = 1
    moment, asked = NOW, run(dump)

    while asked.state == State.WAITING:
        moment = asked.due_at
        running.work(clock=partial(copy, moment))
        asked.refresh_from_db()

    assert (asked.state, asked.finished_at) == (State.FAILED, moment)
    assert "SlowDownForGood" in asked.problem
    assert moment - NOW > timedelta(hours=8)
    assert not s3.objects
    s3.breaks_after = None
    assert run(dump, now=moment).rows == 4


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"secret": "wrong"}, "does not let this user in"),
        ({"host_key": ""}, "The server shows this key"),
        ({"host_key": "ssh-ed25519 AAAA"}, "shows another key"),
        ({"secret": "-----BEGIN RSA PRIVATE KEY-----\nx"}, "no private key"),
        ({"address": "127.0.0.1:1"}, "no public address"),
        ({"address": "10.0.0.7"}, "no public address"),
        ({"address": "a b"}, "is no"),
    ],
)
def test_what_is_wrong_with_an_sftp_server_is_said(make_dump, sftp, values, problem):
    right = {"address": sftp.address, "user": sftp.user, "host_key": sftp.host_key}
    dump = make_dump(place="sftp", **{**right, "secret": sftp.password, **values})

    said = keeping.try_place(dump=dump)

    assert problem in said
    assert sftp.password not in said


def test_the_key_that_a_server_shows_can_be_entered(make_dump, sftp):
    values = {"address": sftp.address, "user": sftp.user, "secret": sftp.password}
    dump = make_dump(place="sftp", **values)
    dump.host_key = keeping.try_place(dump=dump).partition("enter it: ")[2]

    assert keeping.try_place(dump=dump) == ""


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"secret": "wrong"}, "does not know this access key"),
        ({"user": "AKIAOTHER"}, "does not know this access key"),
        ({"bucket": "other"}, "no bucket of this name"),
        ({"secret": ""}, "Enter an access key id"),
        ({"address": "http://169.254.169.254"}, "must begin with https"),
        ({"address": "https://169.254.169.254"}, "no public address"),
        ({"address": "https://s3.example.com/x"}, "no address such as"),
        ({"address": "http://127.0.0.1:1"}, "must begin with https"),
    ],
)
def test_what_is_wrong_with_a_bucket_is_said(make_dump, s3, values, problem):
    right = {"address": s3.origin, "bucket": "dumps", "user": s3.user}
    dump = make_dump(place="s3", **{**right, "secret": s3.secret, **values})

    assert problem in keeping.try_place(dump=dump)


def test_a_name_that_changes_its_mind_leads_to_no_address_of_ours(
    make_dump, monkeypatch
):
    """Public when it is looked at, and ours when it is connected to."""
    found = iter(["93.184.216.34", *["127.0.0.1"] * 9])

    def resolve(_host, port, *_more, **_how):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(found), port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    values = {"bucket": "dumps", "user": "AKIA", "secret": "s"}
    dump = make_dump(place="s3", address="https://s3.example.com", **values)

    assert "127.0.0.1 is no public address" in keeping.try_place(dump=dump)


def test_a_bucket_that_may_only_be_read_is_said(make_dump, s3):
    s3.read_only = True
    values = {"address": s3.origin, "bucket": "dumps", "user": s3.user}
    dump = make_dump(place="s3", secret=s3.secret, **values)

    assert "may not do this" in keeping.try_place(dump=dump)


@pytest.mark.parametrize("path", ["../out", "/etc", "a/../../b", "a//b", ".ssh", "a/"])
def test_no_path_leads_out_of_the_folder(make_dump, folder, path):
    from django.core.exceptions import ValidationError

    dump = make_dump(folder=path)

    with pytest.raises(ValidationError):
        dump.full_clean()
    if ".." in path or path == "/etc":
        # Not even one that got past the form.
        assert keeping.try_place(dump=dump)
        assert not list(folder.parent.glob("out*"))


def test_a_folder_that_cannot_be_written_is_said(make_dump, folder):
    folder.write_text("a file")

    assert "could not be written" in keeping.try_place(dump=make_dump())


def test_old_dumps_are_deleted_there(make_dump, run, folder, version):
    make_response(version)
    dump = make_dump(keep=2)

    runs = [run(dump, now=NOW + timedelta(days=day)) for day in range(4)]

    left = {path.name for path in (folder / "nightly").iterdir()}
    assert left == {Path(one.name).name for one in runs[2:]}
    gone = DumpRun.objects.exclude(removed_at=None).values_list("pk", flat=True)
    assert set(gone) == {one.pk for one in runs[:2]}


def test_a_dump_is_begun_when_it_is_due_and_once(make_dump, version, folder):
    dump = make_dump(next_at=NOW)

    assert running.begin_due(now=NOW - timedelta(seconds=1)) == 0
    assert running.begin_due(now=NOW) == 1
    assert running.begin_due(now=NOW) == 0
    dump.refresh_from_db()
    assert dump.next_at == NOW.replace(hour=3) + timedelta(days=1)


def test_one_that_is_still_running_is_not_begun_again(make_dump, folder):
    dump = make_dump(next_at=NOW)
    keeping.dump_now(dump=dump, by="", now=NOW)

    assert running.begin_due(now=NOW) == 0
    assert DumpRun.objects.count() == 1


def test_it_sees_what_its_maker_may_see(make_dump, run, version):
    person = get_user_model().objects.create_user("eve", is_staff=True)
    right = Permission.objects.get(codename="view_response")
    version.survey.everyone = Level.SEE
    version.survey.save(update_fields=["everyone"])
    dump = make_dump(made_by=person, made_by_person=True)

    assert "may not see" in run(dump).problem
    person.user_permissions.add(right)
    assert run(dump).state == State.DONE
    owner = get_user_model().objects.create_user("ada")
    version.survey.everyone, version.survey.owner = Level.NONE, owner
    version.survey.save(update_fields=["everyone", "owner"])
    assert "may not see" in run(dump).problem
    person.delete()
    assert "is gone" in run(ScheduledDump.objects.get()).problem


def test_the_secret_is_encrypted_at_rest(make_dump):
    from django.db import connection

    dump = make_dump(secret="s3cret-s3cret")

    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM dumps_scheduleddump")
        (stored,) = cursor.fetchone()
    assert "s3cret" not in stored
    assert ScheduledDump.objects.get(pk=dump.pk).secret == "s3cret-s3cret"


def test_a_secret_that_cannot_be_read_is_a_failure_that_is_told(
    make_dump, run, settings
):
    values = {"address": "https://s3.example.com", "bucket": "dumps", "user": "AKIA"}
    dump = make_dump(place="s3", secret="s3cret", **values)
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]

    asked = run(dump)

    assert (asked.state, asked.due_at) == (State.WAITING, NOW + timedelta(minutes=1))
    assert "FIELD_KEYS" in asked.problem


def test_the_command_lists_runs_and_tries(make_dump, version, folder, capsys):
    make_response(version)
    make_dump(next_at=NOW)

    call_command("scheduled_dumps")
    call_command("scheduled_dumps", "try", "nightly")
    call_command("scheduled_dumps", "run", "nightly")

    said = capsys.readouterr().out.splitlines()
    assert said[0] == "nightly\tnext 2026-11-21 09:00 UTC"
    assert said[1] == "It can be written to."
    assert said[2].startswith("1 rows in 1 files: nightly/")
    with pytest.raises(CommandError, match="no scheduled dump"):
        call_command("scheduled_dumps", "run", "nothing")
