"""Whatever is posted: never a 500, and nothing that is no answer is stored."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings as project
from django.core.cache import cache
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from responses.models import Response

pytestmark = pytest.mark.django_db
modest = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

names = st.one_of(
    st.sampled_from(
        ["page", "go", "lang", "language", "start", "csat", "nps", "topics", "why"]
    ),
    st.sampled_from(["v-agent", "v-", "v-\x00", "q-csat", ""]),
    st.text(max_size=8),
)
values = st.one_of(
    st.sampled_from(["p1", "p2", "next", "back", "submit", "de", "en"]),
    st.sampled_from(["0", "1", "5", "10", "11", "-1", "1e9", "speed", "quality"]),
    st.text(max_size=40),
)
bodies = st.lists(st.tuples(names, values), max_size=12)


def assert_sound(answer) -> None:
    assert answer.status_code in {200, 303, 400, 404, 413, 422}
    for response in Response.objects.all():
        answers = response.answers
        assert set(answers) <= {"csat", "nps", "topics", "why"}
        assert answers.get("csat", 1) in range(1, 6)
        assert answers.get("nps", 0) in range(11)
        assert set(answers.get("topics", [])) <= {"speed", "quality"}
        assert len(answers.get("why", "")) <= 2000
        assert "\x00" not in json.dumps([answers, response.variables])
        assert response.language in {"en", "de"}
        assert set(response.variables) <= {"agent"}
        if response.status == Response.Status.COMPLETED:
            assert "csat" in answers


@modest
@given(pairs=bodies)
def test_any_form_is_answered(client, link, pairs):
    body = urlencode(
        [
            (name.encode("utf-8", "surrogatepass"), value.encode("utf-8", "replace"))
            for name, value in pairs
        ]
    )

    answer = client.post(link, body, content_type="application/x-www-form-urlencoded")

    assert_sound(answer)


@modest
@given(pairs=bodies)
def test_any_form_for_the_first_page_is_answered(client, link, web, pairs):
    for address in (link, web):
        answer = client.post(
            address,
            urlencode([("page", "p1"), *pairs], errors="replace"),
            content_type="application/x-www-form-urlencoded",
        )
        assert_sound(answer)


@modest
@given(body=st.binary(max_size=200), kind=st.sampled_from(["a", "b"]))
def test_any_bytes_are_answered(client, link, body, kind):
    types = {
        "a": "application/x-www-form-urlencoded",
        "b": "multipart/form-data; boundary=a",
    }

    assert_sound(client.post(link, body, content_type=types[kind]))


@modest
@given(query=st.lists(st.tuples(names, values), max_size=6))
def test_any_query_is_answered_and_recorded_nowhere(client, link, web, query):
    for address in (link, web):
        answer = client.get(f"{address}?{urlencode(query, errors='replace')}")
        assert_sound(answer)
    assert not Response.objects.exists()


def test_naughty_strings_come_back_unharmed(client, link):
    path = Path(project.ROOT).parent / "shared" / "data" / "strings" / "blns.json"
    if not path.exists():
        pytest.skip("The big list of naughty strings is not at hand.")
    client.post(link, {"page": "p1", "csat": "1", "nps": "1"})
    for text in json.loads(path.read_text()):
        cache.clear()  # nobody sends so many pages in a minute
        data = {"page": "p2", "why": text, "lang": "en"}
        answer = client.post(link, data, follow=True)
        assert_sound(answer)
        assert answer.status_code in {200, 422}
        assert b"<script>alert" not in answer.content
