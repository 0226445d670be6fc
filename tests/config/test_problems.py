"""API errors are problem details that name the place of each mistake."""

import string

from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import NotFound, ValidationError

from config.problems import Conflict, describe, flatten


def test_each_mistake_has_its_path():
    detail = ValidationError({"links": [{}, {"email": ["Not an address."]}]}).detail

    assert list(flatten(detail)) == [
        {"path": "links.1.email", "message": "Not an address."}
    ]


def test_a_mistake_of_the_whole_body_has_an_empty_path():
    assert describe(ValidationError("Send a list."))["errors"] == [
        {"path": "", "message": "Send a list."}
    ]


def test_a_problem_has_type_title_and_status():
    assert describe(NotFound()) == {
        "type": "urn:tellback:problem:not-found",
        "title": "Not found.",
        "status": 404,
    }
    assert describe(Conflict("Publish the survey first."))["status"] == 409


trees = st.recursive(
    st.text(max_size=5),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(string.ascii_lowercase, max_size=3), inner, max_size=3),
    ),
    max_leaves=10,
)


def leaves(tree):
    if isinstance(tree, dict):
        return sum(leaves(value) for value in tree.values())
    return sum(leaves(item) for item in tree) if isinstance(tree, list) else 1


@given(trees)
def test_no_mistake_is_lost(tree):
    assert len(list(flatten(tree))) == leaves(tree)
