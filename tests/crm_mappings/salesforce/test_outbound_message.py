"""Outbound messages as Salesforce sends them, and bytes that anybody sends."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from crm_mappings.salesforce.outbound_message import (
    LARGEST,
    MessageRefused,
    OutboundMessage,
    ack,
    parse,
)
from tests.factories.messages import message, notification

CAPTURES = Path(__file__).parents[4] / "shared" / "data" / "salesforce" / "outbound"


def test_a_message_gives_its_records():
    found = parse(message(notification()))

    assert found.organization_id == "00Dxx0000001gPFEAY"
    assert found.action_id == "04kxx00000000blAAA"
    [case] = found.notifications
    assert (case.object, case.record_id) == ("Case", "500xx000003DGb2AAG")
    assert case.fields["Subject"] == "Printer"


@pytest.mark.parametrize(
    "name", ["amp-2026-create-account.xml", "amp-2026-null-field-omitted.xml"]
)
def test_a_recorded_message_is_read(name):
    path = CAPTURES / name
    if not path.exists():
        pytest.skip("the recordings are not here")

    found = parse(path.read_bytes())

    assert found.organization_id == "00Dxx0000001gPFEAY"
    assert [row.object for row in found.notifications] == ["Account"]
    assert found.notifications[0].id.startswith("04l")
    assert found.notifications[0].fields["LastModifiedDate"].endswith("Z")


def test_up_to_a_hundred_records_come_in_one_message():
    rows = [notification(number=number) for number in range(100)]

    assert len(parse(message(*rows)).notifications) == 100
    with pytest.raises(MessageRefused, match="1 to 100"):
        parse(message(*rows, notification()))


def test_a_nil_field_is_blank_and_an_absent_one_is_absent():
    fields = '<sf:Reason xsi:nil="true"/><sf:Empty></sf:Empty>'

    found = parse(message(notification(fields))).notifications[0].fields

    assert found["Reason"] is None
    assert found["Empty"] == ""
    assert "Subject" not in found


def test_a_deleted_record_is_announced_without_data_and_gives_no_event():
    gone = "<Notification><Id>04lxx0000000001AAA</Id></Notification>"

    assert parse(message(gone)).notifications == ()


def test_prefixes_and_comments_do_not_matter():
    body = message(notification()).replace(b"soapenv", b"S").replace(b"sf:", b"x:")
    body = body.replace(b"xmlns:sf", b"xmlns:x").replace(
        b"<S:Body>", b"<S:Body><!-- -->"
    )

    assert parse(body).notifications[0].object == "Case"


BOMB = '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE b SYSTEM "file:///etc/passwd">'


@pytest.mark.parametrize("before", [BOMB, OUTSIDE, "<!doctype b>"])
def test_a_document_type_is_refused(before):
    with pytest.raises(MessageRefused, match="document type"):
        parse(message(notification(), before=before))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_document_type_does_not_hide_behind_another_encoding(encoding):
    text = message(notification(), before=BOMB).decode().replace("UTF-8", "UTF-16")

    with pytest.raises(MessageRefused):
        parse(text.encode(encoding))


def test_utf_7_is_read_as_what_it_says_and_nothing_more():
    text = message(notification()).decode().replace("UTF-8", "UTF-7")
    body = text.replace("?><", "?>+ADwAIQ-DOCTYPE b+AD4-<", 1).encode()

    with pytest.raises(MessageRefused):
        parse(body)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "well-formed"),
        (b"hello", "well-formed"),
        (b"\x00\x01", "UTF-8"),
        (b"<a/>", "SOAP"),
        (message().replace(b"soapenv:Body", b"soapenv:Header"), "Body"),
        (message(), "1 to 100"),
        (message(notification(), org="<b/>"), "OrganizationId"),
        (message(notification(), org="001"), "OrganizationId"),
        (message(notification().replace("500xx000003DGb2AAG", "x")), "id of its"),
        (message(notification().replace("sf:Case", "sf:Case'; --")), "which object"),
        (message(notification("&undefined;")), "well-formed"),
        (message(notification("<sf:a>" * 40 + "</sf:a>" * 40)), "deeply"),
        (b" " * (LARGEST + 1), "larger"),
    ],
)
def test_what_is_not_a_message_is_refused_with_the_reason(body, words):
    with pytest.raises(MessageRefused, match=words):
        parse(body)


def test_the_acknowledgement_is_what_salesforce_reads():
    for answer, text in ((True, "true"), (False, "false")):
        root = etree.fromstring(ack(answer))
        found = root.findall(".//{http://soap.sforce.com/2005/09/outbound}Ack")
        assert [element.text for element in found] == [text]


def outcome(body: bytes) -> OutboundMessage | MessageRefused:
    try:
        return parse(body)
    except MessageRefused as refusal:
        return refusal


@settings(deadline=None, max_examples=300)
@given(body=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body):
    assert isinstance(outcome(body), MessageRefused)


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_a_broken_message_is_read_or_refused(data):
    body = bytearray(message(notification(), notification(number=1)))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(body) - 1))
        body[place : place + data.draw(st.integers(0, 4))] = data.draw(
            st.binary(max_size=4)
        )

    found = outcome(bytes(body))

    if isinstance(found, OutboundMessage):
        assert all(row.record_id and row.object for row in found.notifications)


@settings(deadline=None, max_examples=100)
@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=50))
def test_any_text_of_a_field_comes_out_as_it_was(text):
    try:
        element = etree.Element("value")
        element.text = text
    except ValueError:
        return  # not a character of XML
    inner = etree.tostring(element, encoding="unicode")[
        len("<value>") : -len("</value>")
    ]
    field = f"<sf:Subject>{inner}</sf:Subject>" if text else "<sf:Subject/>"

    assert (
        parse(message(notification(field))).notifications[0].fields["Subject"] == text
    )
