"""Ids of 15 and 18 characters."""

import re

from hypothesis import given
from hypothesis import strategies as st

from crm_mappings.emulator.ids import BASE62, Mint, long_id, normal_id
from crm_mappings.emulator.org import Org

SHORT = st.text(alphabet=BASE62, min_size=15, max_size=15)


def test_recorded_id_has_this_checksum():
    assert long_id("001ak00000OQTie") == "001ak00000OQTieAAH"


def test_every_recorded_id_is_its_own_normal_form(recorded):
    text = str(recorded("recorded/grouparoo-v42-interactions.json"))
    found = set(re.findall(r"\b(?:001|003|00Q|701|00D|005)4S[A-Za-z0-9]{13}\b", text))

    assert len(found) > 20
    assert {normal_id(each) for each in found} == found
    assert {normal_id(each[:15]) for each in found} == found


@given(SHORT)
def test_long_id_survives_the_loss_of_its_case(short):
    whole = long_id(short)

    assert normal_id(whole.upper()) == whole
    assert normal_id(whole.lower()) == whole
    assert normal_id(short) == whole


@given(st.text(max_size=20))
def test_other_texts_are_no_ids(text):
    if not re.fullmatch(r"[A-Za-z0-9]{15}|[A-Za-z0-9]{18}", text):
        assert normal_id(text) is None


def test_wrong_checksum_is_no_id():
    assert normal_id("001ak00000OQTie999") is None
    assert normal_id("001000000000000ZZZ") is None
    assert normal_id(5) is None


def test_minted_ids_grow_and_never_repeat():
    mint = Mint()

    ids = [mint.next_id("003") for _ in range(5000)]

    assert len(set(ids)) == 5000
    assert ids == sorted(ids)
    assert all(normal_id(each) == each for each in ids)


def test_an_org_that_is_started_anew_gives_ids_that_no_earlier_one_gave():
    first, second = (Org(new_ids=True).insert("Case", {}) for _ in range(2))

    assert first < second
    assert Org().insert("Case", {}) == Org().insert("Case", {})
