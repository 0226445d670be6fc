"""What the DNS lacks is said with the line to add; and how fast a domain may send."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments import senders
from deployments.invitations import send_waiting
from deployments.models import Deployment, Invitation, SenderDomain
from deployments.senders import Records, Wanted, judge
from deployments.senders.rates import most_today
from tests.deployments.dns import name_server
from tests.factories.deployments import NOW, make_deployment, make_invitation

KEY = "v=DKIM1; k=rsa; p=MIGf"
WANTED = Wanted(
    domain="example.com",
    spf_mechanism="include:spf.mail.example",
    dkim_selector="tb1",
    dkim_value=KEY,
)
GOOD = {
    "spf": ["v=spf1 include:spf.mail.example -all"],
    "dkim": [KEY],
    "dmarc": ["v=DMARC1; p=reject"],
    "takes_mail": True,
}


def judged(wanted=WANTED, **changes):
    found = judge(wanted, Records(**GOOD | changes))
    return {one.record: one for one in found}


def test_a_domain_that_says_it_all_is_good():
    assert {one.state for one in judged().values()} == {"good"}


@pytest.mark.parametrize(
    ("changes", "record", "state", "line"),
    [
        (
            {"spf": []},
            "SPF",
            "missing",
            'example.com. 3600 IN TXT "v=spf1 include:spf.mail.example ~all"',
        ),
        (
            {"spf": ["google-site-verification=x", "v=spf1 mx a:old.example -all"]},
            "SPF",
            "wrong",
            (
                'example.com. 3600 IN TXT "v=spf1 mx a:old.example '
                'include:spf.mail.example -all"'
            ),
        ),
        (
            {"spf": ["v=spf1 mx -all", "v=spf1 include:spf.mail.example ~all"]},
            "SPF",
            "wrong",
            'example.com. 3600 IN TXT "v=spf1 mx include:spf.mail.example ~all"',
        ),
        (
            {"spf": ["v=spf1 include:spf.mail.example +all"]},
            "SPF",
            "wrong",
            'example.com. 3600 IN TXT "v=spf1 include:spf.mail.example ~all"',
        ),
        (
            {
                "spf": [
                    "v=spf1 include:spf.mail.example "
                    + " ".join(f"include:s{n}.example" for n in range(10))
                    + " -all"
                ]
            },
            "SPF",
            "wrong",
            "",
        ),
        (
            {"dkim": []},
            "DKIM",
            "missing",
            'tb1._domainkey.example.com. 3600 IN TXT "v=DKIM1; k=rsa; p=MIGf"',
        ),
        (
            {"dkim": ["v=DKIM1; p="]},
            "DKIM",
            "wrong",
            'tb1._domainkey.example.com. 3600 IN TXT "v=DKIM1; k=rsa; p=MIGf"',
        ),
        (
            {"dkim": ["v=DKIM1; p=other"]},
            "DKIM",
            "wrong",
            'tb1._domainkey.example.com. 3600 IN TXT "v=DKIM1; k=rsa; p=MIGf"',
        ),
        (
            {"dmarc": []},
            "DMARC",
            "missing",
            (
                '_dmarc.example.com. 3600 IN TXT "v=DMARC1; p=none; '
                'rua=mailto:postmaster@example.com"'
            ),
        ),
        ({"dmarc": ["v=DMARC1"]}, "DMARC", "wrong", None),
        ({"takes_mail": False}, "MX", "missing", None),
        ({"spf": None}, "SPF", "unknown", ""),
        ({"dkim": None}, "DKIM", "unknown", ""),
        ({"dmarc": None}, "DMARC", "unknown", ""),
        ({"takes_mail": None}, "MX", "unknown", ""),
    ],
)
def test_what_is_missing_comes_with_the_line_to_add(changes, record, state, line):
    found = judged(**changes)

    assert found[record].state == state
    assert found[record].said
    if line is not None:
        assert found[record].line == line
    others = {one.state for name, one in found.items() if name != record}
    assert others == {"good"}


def test_a_key_behind_another_name_is_a_cname():
    wanted = Wanted(
        domain="example.com",
        spf_mechanism="mx",
        dkim_selector="s1",
        dkim_value="s1.domainkey.provider.example",
    )

    found = judged(wanted, spf=["v=spf1 mx -all"], dkim=[])

    line = "s1._domainkey.example.com. 3600 IN CNAME s1.domainkey.provider.example."
    assert found["DKIM"].line == line


def test_a_long_key_stands_in_several_strings():
    long = "v=DKIM1; p=" + "A" * 400
    wanted = Wanted(
        domain="example.com", spf_mechanism="mx", dkim_selector="s", dkim_value=long
    )

    line = judged(wanted, dkim=[])["DKIM"].line

    pieces = line.split('"')[1::2]
    assert "".join(pieces) == long
    assert max(map(len, pieces)) <= 255


texts = st.lists(st.text(max_size=40) | st.just("v=spf1 all"), max_size=3)


@given(texts, texts, texts, st.booleans())
@settings(deadline=None, max_examples=60)
def test_whatever_the_dns_says_is_judged(spf, dkim, dmarc, takes_mail):
    found = judge(
        WANTED, Records(spf=spf, dkim=dkim, dmarc=dmarc, takes_mail=takes_mail)
    )

    assert [one.record for one in found] == ["SPF", "DKIM", "DMARC", "MX"]


@pytest.fixture
def zone(settings):
    with name_server(settings) as zone:
        yield zone


@pytest.fixture
def domain(db):
    return SenderDomain.objects.create(
        domain="mail.example.com",
        spf_mechanism="include:spf.mail.example",
        dkim_selector="tb1",
        dkim_value=KEY,
    )


def test_the_dns_is_asked(domain, zone):
    zone["mail.example.com", "TXT"] = ['"v=spf1 include:spf.mail" ".example -all"']
    zone["tb1._domainkey.mail.example.com", "TXT"] = [f'"{KEY}"']
    zone["_dmarc.example.com", "TXT"] = ['"v=DMARC1; p=none"']
    zone["mail.example.com", "MX"] = ["10 mx.example.com."]

    found = senders.check(row=domain, now=NOW)

    assert {one.state for one in found} == {"good"}, found
    kept = SenderDomain.objects.get()
    assert kept.checked_at == NOW
    assert [one["record"] for one in kept.findings] == ["SPF", "DKIM", "DMARC", "MX"]


def test_a_domain_that_is_not_there_lacks_it_all(domain, zone):
    states = [one.state for one in senders.check(row=domain, now=NOW)]

    assert states == ["missing"] * 4


def test_a_name_server_that_fails_is_no_reason_to_say_missing(domain, zone):
    zone.broken = True

    states = {one.state for one in senders.check(row=domain, now=NOW)}

    assert states == {"unknown"}


def test_domains_are_looked_at_once_a_day(domain, zone):
    assert senders.check_due(now=NOW) == 1
    assert senders.check_due(now=NOW + timedelta(hours=23)) == 0
    assert senders.check_due(now=NOW + timedelta(hours=25)) == 1


@pytest.mark.parametrize(
    ("day", "most"), [(1, 50), (2, 100), (5, 800), (21, 52_428_800), (22, None)]
)
def test_a_new_domain_sends_twice_as_much_each_day(day, most):
    since = date(2026, 3, 1)

    today = since + timedelta(days=day - 1)

    assert most_today(first=50, since=since, today=today) == most


@pytest.fixture
def waiting(survey):
    deployment = make_deployment(survey, sender_email="support@example.com")
    for number in range(5):
        make_invitation(deployment, email=f"p{number}@example.com", send=True)
    return deployment


def test_no_more_goes_out_in_an_hour_than_the_domain_may(waiting):
    SenderDomain.objects.create(domain="example.com", per_hour=2)
    hours = [NOW + timedelta(hours=number) for number in range(4)]

    sent = [send_waiting(now=at) for at in (hours[0], hours[0], *hours[1:])]

    assert sent == [2, 0, 2, 1, 0]
    assert len(mail.outbox) == 5
    assert not Invitation.objects.exclude(mail="sent").exists()


def test_what_waits_for_its_hour_costs_no_try(waiting):
    SenderDomain.objects.create(domain="example.com", per_hour=2)

    send_waiting(now=NOW)

    left = Invitation.objects.filter(mail="waiting")
    assert left.count() == 3
    assert set(left.values_list("mail_attempts", flat=True)) == {0}


def test_a_domain_that_is_new_begins_slowly(waiting):
    start = NOW.date()
    SenderDomain.objects.create(
        domain="example.com", warm_up_start=start, warm_up_mails=1
    )

    days = [datetime(2026, 3, day, 9, tzinfo=UTC) for day in range(2, 6)]
    sent = [send_waiting(now=at) for at in days]

    assert sent == [1, 2, 2, 0]


def test_other_domains_do_not_wait(waiting, survey):
    SenderDomain.objects.create(domain="example.com", per_hour=1)
    other = make_deployment(survey, sender_email="support@example.org")
    make_invitation(other, email="ada@example.net", send=True)

    assert send_waiting(now=NOW) == 2
    assert Deployment.objects.count() == 2


def test_many_workers_keep_to_the_rate_together(survey, in_parallel):
    SenderDomain.objects.create(domain="example.com", per_hour=3)

    def take():
        return [
            senders.take(sender_email="x@example.com", now=NOW) for _turn in range(2)
        ]

    told = [one for some in in_parallel(take) for one in some]

    assert told.count(None) == 3
    assert set(told) == {None, NOW.replace(minute=0) + timedelta(hours=1)}
