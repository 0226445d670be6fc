"""Whatever the values in a well-formed call of SOAP: an answer, or a fault that says
what the caller has to mend. Calls are made of the operations' own types."""

from __future__ import annotations

from xml.sax.saxutils import escape

import pytest
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from config.rpc.operations import OPERATIONS, parameters
from config.rpc.shapes import ListOf, Scalar, Struct
from config.rpc.soap import XSI
from tests.config.rpc.test_soap import URL, envelope, fault
from tests.factories.access import bearer, make_api_key
from tests.factories.deployments import make_deployment
from tests.factories.surveys import publish_survey

texts = st.one_of(
    st.sampled_from(
        [
            *("support-csat", "case-closed", "ada@example.com", "", "x" * 300, "all"),
            *("-1", "0", "2", "9" * 20, "1e400", "NaN", "true", "null", "key,email"),
            *("2026-01-01T00:00:00", "2026-01-01T24:00:00Z", "12000-01-01T00:00:00Z"),
            *("../../etc/passwd", "' OR 1=1 --", "{{ x }}", "\u202e😀", "]]>", "\n"),
        ]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=9),
)
leaves = texts.map(escape)


def entries():
    pair = st.builds(
        "<entry><name>{}</name><value>{}</value></entry>".format, leaves, leaves
    )
    return st.lists(pair, max_size=3).map("".join)


def content(shape):
    if isinstance(shape, Struct):
        return members(shape)
    return entries() if shape in {Scalar.TEXTS, Scalar.VALUES} else leaves


def element(member):
    """Once as it should be; sometimes nil, left out, or more often than it may."""
    shape = member.shape.item if isinstance(member.shape, ListOf) else member.shape
    one = content(shape).map(f"<{member.name}>{{}}</{member.name}>".format)
    nil = st.just(f'<{member.name} xmlns:xsi="{XSI}" xsi:nil="true"/>')
    most = 3 if isinstance(member.shape, ListOf) else 1
    usual = st.lists(one, min_size=1, max_size=most).map("".join)
    return st.one_of(
        usual, usual, usual, nil, st.just(""), st.tuples(one, one).map("".join)
    )


def members(shape):
    in_order = st.tuples(*map(element, shape.members))
    mixed = in_order.flatmap(st.permutations)
    return st.one_of(in_order, in_order, mixed).map("".join)


def call(operation):
    inside = members(parameters(operation))
    return inside.map(f"<{operation.name}>{{}}</{operation.name}>".format)


calls = st.sampled_from(list(OPERATIONS.values())).flatmap(call)


@pytest.mark.django_db
def test_whatever_the_values_the_call_is_answered():
    make_deployment(publish_survey().survey, key="case-closed", channel="links")
    client = Client(headers=bearer(make_api_key(calls_per_minute=10**6)))
    kinds = set()

    @given(body=calls)
    @example(body="<listSurveys/>")
    @settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
    def ask(body):
        answer = client.post(URL, envelope(body).encode(), content_type="text/xml")
        if answer.status_code == 200:
            kinds.add("answered")
        else:
            code, kind = fault(answer)
            assert code == "Client", (kind, body)
            kinds.add(kind)

    ask()
    assert {"answered", "invalid"} <= kinds
