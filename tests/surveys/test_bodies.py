"""A body is read strictly: known names, and the types that JSON has."""

from __future__ import annotations

import pytest
from rest_framework import serializers

from surveys.bodies import Body


class Told(Body):
    name = serializers.CharField()
    often = serializers.IntegerField(required=False)
    really = serializers.BooleanField(required=False)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"name": 3}, "name"),
        ({"name": True}, "name"),
        ({"often": "3"}, "often"),
        ({"often": True}, "often"),
        ({"often": 1.5}, "often"),
        ({"really": "true"}, "really"),
        ({"really": 1}, "really"),
        ({"nmae": "Ada"}, "nmae"),
        ({3: "Ada"}, "3"),
    ],
)
def test_what_is_of_another_type_or_unknown_is_refused_at_its_place(change, place):
    told = Told(data={"name": "Ada", "often": 3, "really": True} | change)

    assert not told.is_valid()
    assert set(told.errors) == {place}


def test_all_mistakes_are_told_at_once():
    told = Told(data={"name": 3, "really": 0, "other": None})

    assert not told.is_valid()
    assert set(told.errors) == {"name", "really", "other"}


def test_what_fits_is_taken():
    told = Told(data={"name": "Ada", "often": 3, "really": False})

    assert told.is_valid()
    assert told.validated_data == {"name": "Ada", "often": 3, "really": False}
