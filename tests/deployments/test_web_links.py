"""A web link has an address, and a picture of it that a camera reads."""

from __future__ import annotations

import pytest
from lxml import etree

from deployments.models import Deployment
from deployments.web_links import qr_svg, web_url
from tests.factories.deployments import make_deployment

ADMIN = "/admin/deployments/deployment"


@pytest.fixture
def deployment(survey):
    return make_deployment(survey, key="feedback", channel=Deployment.Channel.WEB)


def test_the_picture_is_square_and_has_a_quiet_zone(deployment):
    root = etree.fromstring(qr_svg(web_url(deployment)))

    _x, _y, wide, high = (float(one) for one in root.get("viewBox").split())
    assert wide == high
    assert root.findall(".//{http://www.w3.org/2000/svg}path")


def test_two_addresses_are_two_pictures():
    assert qr_svg("https://a.example/w/x/") != qr_svg("https://a.example/w/y/")
    assert qr_svg("https://a.example/w/x/") == qr_svg("https://a.example/w/x/")


def test_the_page_shows_the_address_and_gives_the_picture(admin_client, deployment):
    page = admin_client.get(f"{ADMIN}/{deployment.pk}/change/").content.decode()
    picture = admin_client.get(f"{ADMIN}/{deployment.pk}/qr.svg")

    assert "/w/feedback/" in page
    assert f"{ADMIN}/{deployment.pk}/qr.svg" in page
    assert picture["Content-Type"] == "image/svg+xml"
    assert picture.content == qr_svg(web_url(deployment))


def test_the_picture_is_for_those_who_may_see_deployments(
    client, django_user_model, deployment
):
    client.force_login(django_user_model.objects.create_user("x", is_staff=True))

    assert client.get(f"{ADMIN}/{deployment.pk}/qr.svg").status_code == 403
