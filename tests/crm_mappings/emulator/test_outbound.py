"""Outbound messages: when they are made, what they carry, and that they are tried
again until somebody acknowledges or a day has passed."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from crm_mappings.emulator.outbound.envelope import NOT_SOAP, problem_with_answer
from crm_mappings.emulator.outbound.queue import LONGEST_PAUSE, pause_after
from crm_mappings.emulator.outbound.rules import OutboundMessageRule, When
from crm_mappings.emulator.outbound.sending import Sender
from crm_mappings.emulator.refusals import Refusal
from tests.factories.org import api, make_org

OUT = "{http://soap.sforce.com/2005/09/outbound}"
SF = "{urn:sobject.enterprise.soap.sforce.com}"
ACK = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">'
    "<soapenv:Body>"
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound">'
    "<Ack>{}</Ack></notificationsResponse></soapenv:Body></soapenv:Envelope>"
)


class Listener:
    """What a listener got, and what it answers next."""

    def __init__(self):
        self.got = []
        self.headers = []
        self.answers = []
        self.url = ""

    def next_answer(self):
        return self.answers.pop(0) if self.answers else (200, ACK.format("true"))

    def ids(self):
        return [
            each.findtext(f"{OUT}Id")
            for body in self.got
            for each in etree.fromstring(body).iter(f"{OUT}Notification")
        ]


@contextmanager
def listening():
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            listener.got.append(self.rfile.read(length))
            listener.headers.append(dict(self.headers))
            status, body = listener.next_answer()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def listener():
    with listening() as listener:
        yield listener


def closed_rule(endpoint="https://x.example/", **changed):
    rule = {
        "name": "case-closed",
        "object": "Case",
        "fields": ("Id", "CaseNumber", "ContactEmail", "CSAT__c", "IsClosed", "Status"),
        "endpoint": endpoint,
        "when": When(fields=("Status",), becomes="Closed"),
    }
    return OutboundMessageRule(**{**rule, **changed})


def pending(org):
    return [each.record_id for each in org.outbound.pending()]


def test_rule_speaks_when_the_field_gets_its_value(org):
    org.add_outbound_rule(closed_rule())
    case = org.insert("Case", {})
    assert pending(org) == []

    org.update("Case", case, {"Status": "Working"})
    assert pending(org) == []
    org.update("Case", case, {"Status": "Closed"})
    assert pending(org) == [case]
    org.update("Case", case, {"Subject": "Again"})
    assert pending(org) == [case]


def test_row_that_is_made_with_the_value_speaks_too(org):
    org.add_outbound_rule(closed_rule())

    case = org.insert("Case", {"Status": "Closed"})

    assert pending(org) == [case]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (When(event="created"), 1),
        (When(event="updated"), 2),
        (When(event="saved"), 3),
        (When(event="updated", fields=("Priority",)), 1),
        (When(event="updated", fields=("Priority", "Subject")), 2),
        (When(event="created", fields=("Type",)), 0),
    ],
)
def test_kinds_of_saves(org, when, expected):
    org.add_outbound_rule(closed_rule(when=when))

    case = org.insert("Case", {})
    org.update("Case", case, {"Priority": "High"})
    org.update("Case", case, {"Subject": "x"})
    org.delete("Case", case)

    assert len(pending(org)) == expected


def test_nothing_is_said_about_what_was_undone(http, org):
    org.add_outbound_rule(closed_rule(when=When(event="created")))
    rows = [
        {"attributes": {"type": "Case"}, "Subject": "x"},
        {"attributes": {"type": "Case"}, "CSAT__c": 1000},
    ]

    body = {"allOrNone": True, "records": rows}
    http.post(api(org, "composite/sobjects"), json=body)

    assert pending(org) == []


def test_own_writes_can_be_spared(http, org):
    org.add_outbound_rule(
        closed_rule(when=When(), except_user="integration@tellback.example")
    )
    case = org.insert("Case", {})

    http.patch(api(org, f"sobjects/Case/{case}"), json={"CSAT__c": 5})

    assert len(pending(org)) == 1


@pytest.mark.parametrize(
    "changed",
    [{"object": "Shoe"}, {"fields": ("Shoe__c",)}, {"when": When(fields=("X",))}],
)
def test_rule_about_nothing_is_refused(org, changed):
    with pytest.raises(Refusal, match="INVALID_RULE"):
        org.add_outbound_rule(closed_rule(**changed))


def test_message_carries_the_configured_fields_in_order(org, listener):
    action_id = org.add_outbound_rule(closed_rule(listener.url))
    person = {"LastName": "Lovelace", "Email": "ada@example.com"}
    contact = org.insert("Contact", person)
    case = org.insert("Case", {"ContactId": contact, "CSAT__c": 4})
    org.update("Case", case, {"Status": "Closed"})

    assert Sender(org).send_due() == 1

    root = etree.fromstring(listener.got[0])
    assert root.findtext(f".//{OUT}OrganizationId") == org.org_id
    assert root.findtext(f".//{OUT}ActionId") == action_id
    assert action_id.startswith("04k")
    assert root.findtext(f".//{OUT}EnterpriseUrl").endswith(f"/{org.org_id[:15]}")
    told = [
        (each.tag.removeprefix(SF), each.text) for each in root.find(f".//{OUT}sObject")
    ]
    assert told == [
        ("Id", case),
        ("CSAT__c", "4.0"),
        ("CaseNumber", "00001026"),
        ("ContactEmail", "ada@example.com"),
        ("IsClosed", "true"),
        ("Status", "Closed"),
    ]
    assert listener.headers[0]["Content-Type"] == "text/xml; charset=utf-8"
    assert listener.headers[0]["SOAPAction"] == '""'
    assert listener.ids()[0].startswith("04l")


def test_markup_and_control_characters_do_no_harm(org, listener):
    org.add_outbound_rule(
        closed_rule(listener.url, fields=("Subject",), when=When(event="created"))
    )
    org.insert("Case", {"Subject": "<a>&'\" \x00 ü ]]>"})

    Sender(org).send_due()

    root = etree.fromstring(listener.got[0])
    assert root.findtext(f".//{SF}Subject") == "<a>&'\"  ü ]]>"


def test_failure_is_tried_again_with_the_same_id_and_newer_data(org, listener):
    org.add_outbound_rule(closed_rule(listener.url, fields=("Subject",)))
    case = org.insert("Case", {"Status": "Closed", "Subject": "Old"})
    listener.answers = [(500, "oops"), (200, ACK.format("false")), (302, "")]
    sender = Sender(org)

    errors = []
    for _ in range(3):
        assert sender.send_due() == 0
        errors.append(org.outbound.pending()[0].last_error)
        assert sender.send_due() == 0  # not yet due
        org.clock.advance(hours=2)
    org.update("Case", case, {"Subject": "New"})
    assert sender.send_due() == 1

    assert errors == ["HTTP status 500", "SOAP response was a nack", "HTTP status 302"]
    assert len(listener.got) == 4
    assert len(set(listener.ids())) == 1
    assert b"New" in listener.got[-1]
    assert pending(org) == []


def test_listener_that_is_not_there(org):
    org.add_outbound_rule(closed_rule("http://127.0.0.1:9/"))
    org.insert("Case", {"Status": "Closed"})

    assert Sender(org, timeout=1).send_due() == 0

    (waiting,) = org.outbound.pending()
    assert waiting.attempts == 1
    assert "ConnectionError" in waiting.last_error


def test_after_a_day_a_message_is_dropped(org, listener):
    org.add_outbound_rule(closed_rule(listener.url))
    org.insert("Case", {"Status": "Closed"})
    sender = Sender(org)
    listener.answers = [(503, "")] * 100

    for _ in range(14):
        sender.send_due()
        org.clock.advance(hours=2)

    (dropped,) = org.outbound.notifications
    assert dropped.state == "dropped"
    assert 12 <= dropped.attempts <= 14


def test_hundred_rows_go_in_one_message(org, listener):
    org.add_outbound_rule(closed_rule(listener.url))
    for _ in range(130):
        org.insert("Case", {"Status": "Closed"})

    assert Sender(org).send_due() == 130

    sizes = [
        len(list(etree.fromstring(body).iter(f"{OUT}Notification")))
        for body in listener.got
    ]
    assert sizes == [100, 30]
    assert len(set(listener.ids())) == 130


def test_waiting_messages_are_never_forgotten(org):
    org.add_outbound_rule(closed_rule())
    for _ in range(3):
        org.insert("Case", {"Status": "Closed"})
    org.outbound.delivered(org.outbound.pending())
    waiting = [org.insert("Case", {"Status": "Closed"}) for _ in range(10_050)]

    assert pending(org) == waiting


def test_rules_are_never_mixed_in_a_message(org, listener):
    org.add_outbound_rule(closed_rule(listener.url))
    org.add_outbound_rule(closed_rule(listener.url, name="other"))
    org.insert("Case", {"Status": "Closed"})

    Sender(org).send_due()

    actions = [
        etree.fromstring(body).findtext(f".//{OUT}ActionId") for body in listener.got
    ]
    assert len(set(actions)) == 2


def test_deleted_row_is_told_by_its_id_alone(org, listener):
    org.add_outbound_rule(closed_rule(listener.url))
    case = org.insert("Case", {"Status": "Closed"})
    org.delete("Case", case)

    Sender(org).send_due()

    root = etree.fromstring(listener.got[0])
    assert [each.text for each in root.find(f".//{OUT}sObject")] == [case]


def test_message_can_be_sent_twice_on_purpose(org, listener):
    org.add_outbound_rule(closed_rule(listener.url))
    org.insert("Case", {"Status": "Closed"})
    org.faults.outbound_duplicates = 1

    Sender(org).send_due()

    assert len(listener.got) == 2
    assert listener.got[0] == listener.got[1]


def test_background_sender_delivers_and_stops(org, listener):
    org.add_outbound_rule(closed_rule(listener.url))
    sender = Sender(org, pause=0.01)
    sender.start()
    try:
        org.insert("Case", {"Status": "Closed"})
        for _ in range(500):
            if not pending(org):
                break
            threading.Event().wait(0.01)
    finally:
        sender.stop()

    assert len(listener.got) == 1


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (200, ACK.format("true"), None),
        (200, ACK.format(" true "), None),
        (200, ACK.format("false"), "SOAP response was a nack"),
        (200, "OK", NOT_SOAP),
        (200, "", NOT_SOAP),
        (200, "<html/>", "no acknowledgement in the SOAP response"),
        (204, "", "HTTP status 204"),
        (404, ACK.format("true"), "HTTP status 404"),
    ],
)
def test_answers_of_listeners(status, body, problem):
    assert problem_with_answer(status, body.encode()) == problem


def test_answer_cannot_read_files():
    body = (
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
        '<Ack xmlns="http://soap.sforce.com/2005/09/outbound">&x;</Ack>'
    )

    assert problem_with_answer(200, body.encode()) == "SOAP response was a nack"


def test_pauses_grow_up_to_two_hours():
    pauses = [pause_after(attempts) for attempts in range(1, 40)]

    assert pauses == sorted(pauses)
    assert pauses[0].total_seconds() == 5
    assert pauses[-1] == LONGEST_PAUSE


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=80))
def test_any_text_makes_a_message_that_can_be_read(text):
    org = make_org()
    org.add_outbound_rule(closed_rule(fields=("Subject",), when=When(event="created")))
    org.insert("Case", {"Subject": text})

    root = etree.fromstring(Sender(org).body(org.outbound.pending()))

    kept = org.read("Case", pending(org)[0])["Subject"] or ""
    allowed = [char for char in kept if char >= " " or char in "\t\n\r"]
    shown = root.findtext(f".//{SF}Subject") or ""
    assert shown == "".join(char for char in allowed if char not in "\ufffe\uffff")


def test_session_of_the_sender_can_be_given(org):
    class Refusing(requests.Session):
        def post(self, url, **options):
            assert url == "https://x.example/"
            assert options["allow_redirects"] is False
            assert options["timeout"] == 60
            raise requests.Timeout

    org.add_outbound_rule(closed_rule())
    org.insert("Case", {"Status": "Closed"})

    Sender(org, session=Refusing()).send_due()

    assert "SocketTimeout" in org.outbound.pending()[0].last_error
