"""Owns who may see, edit and publish which surveys.

A role says what sort of thing somebody may do; here it is said with which surveys. Who
owns a survey, or oversees all of them, may do everything with it; everybody else what
the survey allows to everyone, or shares with them or one of their groups.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, TypeVar, cast

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from surveys.models import Level, Survey, SurveyShare

Row = TypeVar("Row", bound=Model)
Person = AbstractBaseUser | AnonymousUser
OVERSEE = "surveys.oversee_survey"
# From nothing to everything; a level holds all before it.
LADDER = (Level.NONE, Level.SEE, Level.EDIT, Level.PUBLISH)

# For whom a call of the API acts: the maker of its key, by id; None is nobody.
_acting: ContextVar[int | None] = ContextVar("acting", default=None)


def signed_in(user: Person) -> User | None:
    return user if isinstance(user, User) else None


def oversees(user: Person) -> bool:
    return bool(cast(Any, user).has_perm(OVERSEE))


def owns(user: Person, survey: Survey) -> bool:
    """Whether the person may say who else may; a survey of nobody is everybody's."""
    return survey.owner_id in {None, user.pk} or oversees(user)


def level_of(user: Person, survey: Survey) -> Level:
    if survey.owner_id == user.pk or oversees(user):
        return Level.PUBLISH
    mine = Q(user=user.pk) | Q(group__in=cast(Any, user).groups.all())
    shares = SurveyShare.objects.filter(mine, survey=survey)
    levels = [
        Level(survey.everyone),
        *map(Level, shares.values_list("level", flat=True)),
    ]
    return max(levels, key=LADDER.index)


def may(user: Person, survey: Survey, level: Level) -> bool:
    return LADDER.index(level_of(user, survey)) >= LADDER.index(level)


def seen_by(user: Person, rows: QuerySet[Row], path: str = "") -> QuerySet[Row]:
    """The rows whose survey, by way of `path`, the person may see."""
    if oversees(user):
        return rows
    mine = Q(user=user.pk) | Q(group__in=cast(Any, user).groups.all())
    shared = SurveyShare.objects.filter(mine).exclude(level=Level.NONE)
    start = f"{path}__" if path else ""
    return rows.filter(
        Q(**{f"{start}owner": user.pk})
        | ~Q(**{f"{start}everyone": Level.NONE})
        | Q(**{f"{start or ''}pk__in": shared.values("survey")})
    )


# --------------------------------------------------------------------- the API


def act_for(user_id: int | None) -> None:
    """Let what this request asks for be what that person may see."""
    _acting.set(user_id)


def acting() -> AbstractBaseUser | None:
    """Return for whom the call acts; None: a key that no person made may do all."""
    user_id = _acting.get()
    if user_id is None:
        return None
    return get_user_model().objects.filter(pk=user_id).first()


def has_right(name: str) -> bool:
    """Whether the call may do what needs this right in the admin."""
    user = acting()
    return user is None or bool(cast(Any, user).has_perm(name))


def require_right(name: str) -> None:
    """Raise `PermissionDenied` where the key's maker may not do it in the admin."""
    if not has_right(name):
        text = _("Who made this key lacks a right in the admin: %(right)s.")
        raise PermissionDenied(text % {"right": name})


def sees_all() -> bool:
    """Whether the call may see every survey, and those that are not made yet."""
    return has_right(OVERSEE)


def seen(rows: QuerySet[Row], path: str = "") -> QuerySet[Row]:
    """The rows that the call may see: all, with a key that no person made."""
    user = acting()
    return rows if user is None else seen_by(user, rows, path)


def require(survey: Survey, level: Level) -> None:
    """Raise `PermissionDenied` unless the call may do that with the survey."""
    user = acting()
    if user is None or may(user, survey, level):
        return
    if level == Level.PUBLISH:
        raise PermissionDenied(_("Who made this key may not publish this survey."))
    raise PermissionDenied(_("Who made this key may not edit this survey."))
