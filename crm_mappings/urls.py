"""Addresses of this room."""

from django.urls import path

from crm_mappings import views

urlpatterns = [
    path(
        "hooks/salesforce/<str:secret>/",
        views.salesforce_hook,
        name="salesforce-hook",
    ),
    path(
        "oauth/salesforce/<int:pk>/start/",
        views.start_log_in,
        name="salesforce-login",
    ),
    path(
        "oauth/salesforce/callback/",
        views.finish_log_in,
        name="salesforce-callback",
    ),
]
