"""Who may see, edit and publish which surveys: in the admin, the API and the results."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from config.models import ApiKey
from crm_mappings.models import Connection
from responses.models import Response
from surveys import sharing
from surveys.models import Level, Page, Question, Survey, SurveyShare
from tests.factories.crm import completed, make_mapping, task_step
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.responses import make_response
from tests.factories.surveys import make_survey, publish_survey, survey_document

pytestmark = pytest.mark.django_db


def person(name: str, role: str = "Survey designer") -> User:
    user = get_user_model().objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def private(owner: User | None = None, **parts: Any) -> Survey:
    survey = publish_survey(survey_document(**parts)).survey
    survey.owner = owner or person(f"owner-{survey.key}")
    survey.everyone = Level.NONE
    survey.save(update_fields=["owner", "everyone"])
    return survey


def inside(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def get(user: User, name: str, *args: Any) -> int:
    return inside(user).get(reverse(f"admin:{name}", args=args)).status_code


def test_a_survey_is_everybodys_until_its_owner_says_otherwise() -> None:
    survey, bo = make_survey(), person("bo")

    assert sharing.level_of(bo, survey) == Level.PUBLISH
    survey.owner = person("ada")
    assert sharing.level_of(bo, survey) == Level.PUBLISH
    survey.everyone = Level.SEE
    assert sharing.level_of(bo, survey) == Level.SEE
    survey.everyone = Level.NONE
    assert sharing.level_of(bo, survey) == Level.NONE
    assert sharing.level_of(survey.owner, survey) == Level.PUBLISH
    assert sharing.level_of(person("cy", "Administrator"), survey) == Level.PUBLISH


@pytest.mark.parametrize("level", [Level.SEE, Level.EDIT, Level.PUBLISH])
def test_a_share_is_with_a_person_or_with_a_group(level: Level) -> None:
    survey, bo, cy = private(), person("bo"), person("cy", "Analyst")
    SurveyShare.objects.create(survey=survey, user=bo, level=Level.SEE)
    group = Group.objects.get(name="Analyst")
    SurveyShare.objects.create(survey=survey, group=group, level=level)

    assert sharing.level_of(bo, survey) == Level.SEE
    assert sharing.level_of(cy, survey) == level
    assert survey in sharing.seen_by(bo, Survey.objects.all())
    assert survey in sharing.seen_by(cy, Survey.objects.all())
    assert survey not in sharing.seen_by(person("di"), Survey.objects.all())


def test_a_share_is_with_exactly_one() -> None:
    survey, bo = private(), person("bo")
    for wrong in ({}, {"user": bo, "group": bo.groups.get()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            SurveyShare.objects.create(survey=survey, **wrong)


def test_a_private_survey_is_not_there_for_others() -> None:
    survey, bo = private(), person("bo")
    page = Page.objects.filter(survey=survey).first()
    question = Question.objects.filter(page__survey=survey).first()
    listed = inside(bo).get(reverse("admin:surveys_survey_changelist"))

    assert survey.key not in listed.content.decode()
    # The admin leads back from what is not there; our own screens refuse it.
    assert get(bo, "surveys_survey_change", survey.pk) == 302
    assert get(bo, "surveys_page_change", page.pk) == 302
    assert get(bo, "surveys_question_change", question.pk) == 302
    for screen in ("versions", "translate", "flow", "preview"):
        assert get(bo, f"surveys_survey_{screen}", survey.pk) == 403
    assert get(bo, "responses_response_results", survey.key) == 404
    assert get(survey.owner, "responses_response_results", survey.key) == 200


def test_its_responses_are_not_there_for_others_either() -> None:
    survey, bo = private(), person("bo")
    response = make_response(survey.live_version)

    assert get(bo, "responses_response_change", response.pk) == 302
    assert get(survey.owner, "responses_response_change", response.pk) == 200
    index = inside(bo).get(reverse("admin:responses_response_results_index"))
    assert survey.key not in index.content.decode()


def test_who_may_see_may_not_edit_and_who_may_edit_may_not_publish() -> None:
    survey, bo = private(), person("bo")
    share = SurveyShare.objects.create(survey=survey, user=bo, level=Level.SEE)
    move = {"move": f"page:{survey.pages.first().pk}:down"}

    def post(screen: str, **data: str) -> int:
        address = reverse(f"admin:surveys_survey_{screen}", args=[survey.pk])
        return inside(bo).post(address, data).status_code

    assert get(bo, "surveys_survey_change", survey.pk) == 200
    assert post("move", **move) == 403
    share.level = Level.EDIT
    share.save(update_fields=["level"])
    assert post("move", **move) == 302
    assert post("publish") == 403
    assert post("close") == 403
    share.level = Level.PUBLISH
    share.save(update_fields=["level"])
    assert post("close") == 302


def test_a_role_bounds_what_a_share_gives() -> None:
    survey, analyst = private(), person("bo", "Analyst")
    SurveyShare.objects.create(survey=survey, user=analyst, level=Level.PUBLISH)
    address = reverse("admin:surveys_survey_publish", args=[survey.pk])

    assert inside(analyst).post(address).status_code == 403


def test_nobody_puts_parts_into_a_survey_that_they_may_not_edit() -> None:
    survey, bo = private(), person("bo")
    own = make_survey(survey_document(key="own"))
    question = Question.objects.filter(page__survey=own).first()
    foreign = survey.pages.first()

    add = reverse("admin:surveys_question_add")
    assert inside(bo).get(f"{add}?page={foreign.pk}").status_code == 403
    added = inside(bo).post(f"{add}?page={own.pages.first().pk}", {"page": foreign.pk})
    assert added.status_code == 403
    address = reverse("admin:surveys_question_change", args=[question.pk])
    moved = inside(bo).post(address, {"page": foreign.pk})
    assert moved.status_code == 403
    question.refresh_from_db()
    assert question.page.survey == own


def test_only_the_owner_says_who_else_may() -> None:
    survey, bo = private(), person("bo")
    SurveyShare.objects.create(survey=survey, user=bo, level=Level.PUBLISH)

    page = inside(bo).get(reverse("admin:surveys_survey_change", args=[survey.pk]))
    mine = inside(survey.owner).get(
        reverse("admin:surveys_survey_change", args=[survey.pk])
    )

    assert "everyone" not in page.context["adminform"].form.fields
    assert "everyone" in mine.context["adminform"].form.fields


def test_who_makes_a_survey_owns_it() -> None:
    bo = person("bo")
    made = {"title_en": "Mine", "default_language": "en", "everyone": "publish"}
    shares = {"shares-TOTAL_FORMS": "0", "shares-INITIAL_FORMS": "0"}

    inside(bo).post(reverse("admin:surveys_survey_add"), {**made, **shares})
    inside(bo).post(reverse("admin:surveys_survey_ready_made"), {"ready_made": "nps"})

    owners = set(Survey.objects.values_list("owner__username", flat=True))
    assert owners == {"bo"}


def test_a_key_of_the_api_sees_what_its_maker_may_see() -> None:
    survey = private()
    make_response(survey.live_version)
    seen = {}
    for name, maker in (
        ("own", survey.owner),
        ("other", person("bo", "Integrator")),
        ("nobody", None),
    ):
        key = ApiKey(
            name=name, created_by=maker, scopes=["surveys:read", "responses:read"]
        )
        secret = key.give_secret()
        key.save()
        with_key = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
        client = Client()
        seen[name] = (
            client.get(f"/api/v1/surveys/{survey.key}/", **with_key).status_code,
            len(client.get("/api/v1/surveys/", **with_key).json()["results"]),
            len(client.get("/api/v1/responses/", **with_key).json()["results"]),
            client.get(
                f"/api/v1/responses/dump/?survey={survey.key}", **with_key
            ).status_code,
        )

    assert seen["own"] == seen["nobody"] == (200, 1, 1, 200)
    assert seen["other"] == (404, 0, 0, 400)
    assert Response.objects.exists()


@pytest.mark.parametrize(
    "listed",
    [
        "responses/response",
        "deployments/deployment",
        "deployments/invitation",
        "crm_mappings/mapping",
        "crm_mappings/writeback",
    ],
)
def test_no_list_offers_hidden_surveys_to_filter_by(listed: str) -> None:
    connection = Connection.objects.create(key="org", name="Org")
    owner = person("ada")
    for title in ("Hidden one", "Hidden two"):
        survey = private(
            owner, key=title.lower().replace(" ", "-"), title={"en": title}
        )
        make_mapping(connection, survey.live_version, key=f"of-{survey.key}")
        make_deployment(survey, name="Hidden deployment")
    for key in ("open-one", "open-two"):
        publish_survey(survey_document(key=key, title={"en": key}))
    page = inside(person("bo", "CRM admin")).get(f"/admin/{listed}/")

    assert page.status_code == 200
    assert "of-hidden" not in page.text
    assert "Hidden one" not in page.text


def api(maker: User | None, *scopes: str) -> Callable[..., Any]:
    """Calls with a key that this person made; without one, of nobody."""
    key = ApiKey(name="one", created_by=maker, scopes=list(scopes))
    headers = {"Authorization": f"Bearer {key.give_secret()}"}
    key.save()

    def call(method: str, path: str, body: object = None) -> Any:
        return Client().generic(
            method,
            f"/api/v1/{path}",
            json.dumps(body),
            content_type="application/json",
            headers=headers,
        )

    return call


@pytest.mark.parametrize(
    ("level", "edits", "publishes"),
    [(Level.SEE, 403, 403), (Level.EDIT, 200, 403), (Level.PUBLISH, 200, 200)],
)
def test_a_key_does_with_a_survey_what_its_maker_may_do(
    level: Level, edits: int, publishes: int
) -> None:
    survey = private()
    maker = person("bo")
    SurveyShare.objects.create(survey=survey, user=maker, level=level)
    call = api(maker, "surveys:read", "surveys:write")
    place = f"surveys/{survey.key}/"

    edited = call("PUT", place, call("GET", place).json())
    published = call("POST", f"{place}publish/", {})

    assert (edited.status_code, published.status_code) == (edits, publishes)
    if level == Level.SEE:
        assert "may not edit this survey" in str(edited.json())


def test_who_made_the_key_owns_the_survey_that_it_makes() -> None:
    maker = person("bo")

    made = api(maker, "surveys:write")("POST", "surveys/", survey_document(key="new"))

    assert made.status_code == 201
    assert Survey.objects.get(key="new").owner == maker


def test_a_key_neither_asks_for_nor_reads_invitations_of_a_hidden_survey() -> None:
    survey = private()
    deployment = make_deployment(survey)
    invited = make_invitation(deployment).invitation
    link = {"deployment": deployment.key, "links": [{"email": "ada@example.com"}]}
    scopes = ("links:write", "responses:read", "deployments:write")
    found = {}
    for maker in (survey.owner, person("bo", "Integrator")):
        call = api(maker, *scopes)
        found[maker] = (
            len(call("GET", "invitations/").json()["results"]),
            call("GET", f"deployments/{deployment.key}/statistics/").status_code,
            call("POST", f"invitations/{invited.public_id}/remind/").status_code,
            call("POST", "tracking-links/", link).status_code,
        )

    mine, other = found.values()
    assert mine == (1, 200, 409, 201)
    assert other == (0, 404, 404, 400)


def test_a_key_neither_reads_nor_changes_mappings_of_a_hidden_survey() -> None:
    survey = private()
    connection = Connection.objects.create(key="org", name="Org")
    mapping = make_mapping(connection, survey.live_version)
    row = completed(survey.live_version).write_backs.get()
    path, held = f"mappings/{mapping.key}/", f"write-backs/{row.pk}/"
    found = {}
    for maker in (survey.owner, person("bo", "Integrator")):
        call = api(maker, "mappings:write", "write_backs:write")
        document = {"key": f"of-{maker.pk}", "survey": survey.key, "connection": "org"}
        document["steps"] = [task_step()]
        found[maker] = (
            len(call("GET", "mappings/").json()["results"]),
            call("GET", path).status_code,
            call("PUT", path, {**document, "key": mapping.key}).status_code,
            call("POST", "mappings/", document).status_code,
            len(call("GET", "write-backs/").json()["results"]),
            call("GET", held).status_code,
            call("POST", f"{held}retry/").status_code,
            call("GET", f"{held}undo/").status_code,
        )

    mine, other = found.values()
    assert mine == (1, 200, 200, 201, 1, 200, 409, 200)
    assert other == (0, 404, 404, 400, 0, 404, 404, 404)


@pytest.mark.parametrize(
    ("role", "required"), [("Integrator", True), ("Administrator", False)]
)
def test_only_who_oversees_all_surveys_makes_a_webhook_of_all(
    role: str, required: bool
) -> None:
    private()
    page = inside(person("bo", role)).get(reverse("admin:webhooks_webhook_add"))

    field = page.context["adminform"].form.fields["survey"]
    assert field.required is required
    assert field.queryset.count() == (0 if required else 1)
