"""REST of this room, below /api/v1/: mappings, milestones, write-backs and
connections."""

from __future__ import annotations

from django.urls import URLPattern, path

from crm_mappings.api.connections import (
    ConnectionCheck,
    ConnectionDetail,
    ConnectionList,
)
from crm_mappings.api.managed_mappings import (
    ManagedMappingCancel,
    ManagedMappingDetail,
    ManagedMappingGoOn,
    ManagedMappingList,
    ManagedPackage,
    ManagedProposal,
)
from crm_mappings.api.mapping_acts import (
    MappingActivate,
    MappingCheck,
    MappingPause,
    MappingPreview,
    MappingRevisions,
    MappingRollBack,
)
from crm_mappings.api.mappings import MappingDetail, MappingList
from crm_mappings.api.milestones import Milestones
from crm_mappings.api.promotions import MappingPromote
from crm_mappings.api.undo_runs import (
    UndoRunBegin,
    UndoRunCancel,
    UndoRunDetail,
    UndoRunFindings,
    UndoRunList,
    UndoRunPause,
    UndoRunResume,
)
from crm_mappings.api.write_backs import (
    WriteBackDetail,
    WriteBackList,
    WriteBackRetry,
    WriteBackUndo,
)

routes: list[URLPattern] = [
    path("mappings/", MappingList.as_view(), name="mappings"),
    path("mappings/<slug:key>/", MappingDetail.as_view(), name="mapping"),
    path("mappings/<slug:key>/check/", MappingCheck.as_view(), name="mapping-check"),
    path(
        "mappings/<slug:key>/preview/",
        MappingPreview.as_view(),
        name="mapping-preview",
    ),
    path(
        "mappings/<slug:key>/activate/",
        MappingActivate.as_view(),
        name="mapping-activate",
    ),
    path(
        "mappings/<slug:key>/revisions/",
        MappingRevisions.as_view(),
        name="mapping-revisions",
    ),
    path(
        "mappings/<slug:key>/roll-back/",
        MappingRollBack.as_view(),
        name="mapping-roll-back",
    ),
    path("mappings/<slug:key>/pause/", MappingPause.as_view(), name="mapping-pause"),
    path(
        "mappings/<slug:key>/promote/",
        MappingPromote.as_view(),
        name="mapping-promote",
    ),
    path(
        "managed-mappings/",
        ManagedMappingList.as_view(),
        name="managed-mappings",
    ),
    path(
        "managed-mappings/proposal/",
        ManagedProposal.as_view(),
        name="managed-mapping-proposal",
    ),
    path(
        "managed-mappings/package/",
        ManagedPackage.as_view(),
        name="managed-mapping-package",
    ),
    path(
        "managed-mappings/<int:pk>/",
        ManagedMappingDetail.as_view(),
        name="managed-mapping",
    ),
    path(
        "managed-mappings/<int:pk>/cancel/",
        ManagedMappingCancel.as_view(),
        name="managed-mapping-cancel",
    ),
    path(
        "managed-mappings/<int:pk>/go-on/",
        ManagedMappingGoOn.as_view(),
        name="managed-mapping-go-on",
    ),
    path("write-backs/", WriteBackList.as_view(), name="write-backs"),
    path("write-backs/<int:pk>/", WriteBackDetail.as_view(), name="write-back"),
    path(
        "write-backs/<int:pk>/retry/",
        WriteBackRetry.as_view(),
        name="write-back-retry",
    ),
    path(
        "write-backs/<int:pk>/undo/",
        WriteBackUndo.as_view(),
        name="write-back-undo",
    ),
    path("undo-runs/", UndoRunList.as_view(), name="undo-runs"),
    path("undo-runs/<int:pk>/", UndoRunDetail.as_view(), name="undo-run"),
    path(
        "undo-runs/<int:pk>/findings/",
        UndoRunFindings.as_view(),
        name="undo-run-findings",
    ),
    *(
        path(f"undo-runs/<int:pk>/{act}/", view.as_view(), name=f"undo-run-{act}")
        for act, view in (
            ("begin", UndoRunBegin),
            ("pause", UndoRunPause),
            ("resume", UndoRunResume),
            ("cancel", UndoRunCancel),
        )
    ),
    path(
        "deployments/<slug:key>/milestones/",
        Milestones.as_view(),
        name="milestones",
    ),
    path("connections/", ConnectionList.as_view(), name="connections"),
    path("connections/<slug:key>/", ConnectionDetail.as_view(), name="connection"),
    path(
        "connections/<slug:key>/check/",
        ConnectionCheck.as_view(),
        name="connection-check",
    ),
]
