"""The token is the credential: long, random, and never stored in the open."""

from __future__ import annotations

import string

from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.links import hash_token, new_token

URL_SAFE = set(string.ascii_letters + string.digits + "-_")


def test_a_token_is_long_and_url_safe():
    token = new_token()

    assert len(token) >= 22
    assert set(token) <= URL_SAFE


def test_tokens_do_not_repeat():
    assert len({new_token() for _ in range(5000)}) == 5000


def test_every_character_is_used_at_every_place():
    tokens = [new_token() for _ in range(5000)]

    for place in range(len(tokens[0])):
        assert {token[place] for token in tokens} == URL_SAFE


@settings(deadline=None, max_examples=50)
@given(st.text(), st.text())
def test_different_tokens_have_different_hashes(one, other):
    assert (hash_token(one) == hash_token(other)) == (one == other)
    assert len(hash_token(one)) == 64


def test_any_text_of_an_address_bar_can_be_hashed():
    assert hash_token("\udcff\x00")
