"""The demo's content: a survey, a connection, a trigger and a mapping."""

from __future__ import annotations

from typing import Any

SURVEY: dict[str, Any] = {
    "key": "support-csat",
    "title": {"en": "How did we do?", "de": "Wie war’s?"},
    "default_language": "en",
    "variables": [{"key": "agent", "label": "Agent", "open": False}],
    "thanks": {
        "en": "Thank you. Your answers help us to do better.",
        "de": "Vielen Dank. Ihre Antworten helfen uns, besser zu werden.",
    },
    "pages": [
        {
            "key": "service",
            "title": {"en": "Your case", "de": "Ihre Anfrage"},
            "questions": [
                {
                    "key": "csat",
                    "kind": "rating",
                    "required": True,
                    "min": 1,
                    "max": 5,
                    "text": {
                        "en": "How satisfied are you with our help?",
                        "de": "Wie zufrieden sind Sie mit unserer Hilfe?",
                    },
                    "min_label": {"en": "Not at all", "de": "Gar nicht"},
                    "max_label": {"en": "Very", "de": "Sehr"},
                },
                {
                    "key": "nps",
                    "kind": "nps",
                    "text": {
                        "en": "How likely are you to recommend us to a colleague?",
                        "de": "Wie wahrscheinlich empfehlen Sie uns weiter?",
                    },
                    "min_label": {"en": "Not likely", "de": "Unwahrscheinlich"},
                    "max_label": {"en": "Very likely", "de": "Sehr wahrscheinlich"},
                },
                {
                    "key": "topics",
                    "kind": "multiple_choice",
                    "text": {
                        "en": "What mattered most?",
                        "de": "Was war am wichtigsten?",
                    },
                    "choices": [
                        {
                            "key": "speed",
                            "label": {"en": "Response time", "de": "Reaktionszeit"},
                        },
                        {
                            "key": "quality",
                            "label": {"en": "Quality", "de": "Qualität"},
                        },
                        {"key": "price", "label": {"en": "Price", "de": "Preis"}},
                    ],
                },
            ],
        },
        {
            "key": "more",
            "title": {"en": "What went wrong?", "de": "Was lief schief?"},
            "show_if": {"question": "nps", "op": "le", "value": 6},
            "questions": [
                {
                    "key": "why",
                    "kind": "long_text",
                    "max_length": 255,
                    "text": {
                        "en": "What should we have done better?",
                        "de": "Was hätten wir besser machen sollen?",
                    },
                }
            ],
        },
    ],
}

MAPPING: dict[str, Any] = {
    "key": "csat-to-case",
    "name": "Answers onto the case",
    "survey": "support-csat",
    "connection": "demo-org",
    "when": "completed",
    "condition": None,
    "steps": [
        {
            "key": "case",
            "action": "update",
            "object": "Case",
            "find": [{"record": "Case"}],
            "no_match": "fail",
            "fields": [
                {"field": "CSAT__c", "value": {"question": "csat"}},
                {"field": "NPS__c", "value": {"question": "nps"}},
                {
                    "field": "NPS_Group__c",
                    "value": {"question": "nps", "facet": "group"},
                    "table": {
                        "promoter": "Promoter",
                        "passive": "Passive",
                        "detractor": "Detractor",
                    },
                },
                {
                    "field": "Topics__c",
                    "value": {"question": "topics"},
                    "table": {
                        "speed": "Response time",
                        "quality": "Quality",
                        "price": "Price",
                    },
                },
                {"field": "Survey_Comment__c", "value": {"question": "why"}},
            ],
        },
        {
            "key": "task",
            "action": "create",
            "object": "Task",
            "key_field": "Tellback_Key__c",
            "condition": {"question": "nps", "op": "le", "value": 6},
            "fields": [
                {"field": "WhatId", "value": {"step": "case"}},
                {"field": "Subject", "value": {"constant": "Call back"}},
                {"field": "Description", "value": {"question": "why"}},
            ],
        },
    ],
}

CONNECTION = {
    "key": "demo-org",
    "name": "Demo org",
    "login": "client_credentials",
}

DEPLOYMENT = {
    "key": "case-closed",
    "name": "When a case is closed",
    "channel": "trigger",
    "status": "live",
    "sender_name": "Tellback demo",
    "sender_email": "survey@tellback.example",
}

TRIGGER: dict[str, Any] = {
    "source": "salesforce:demo-org",
    "object": "Case",
    "condition": {"field": "Status", "op": "eq", "value": "Closed"},
    "email_field": "ContactEmail",
    "records": {"Case": "Id", "Contact": "ContactId"},
    "variables": {"agent": "OwnerId"},
    # A case that is reopened and closed again is asked about again.
    "repeat_field": "ClosedDate",
}

# The fields that the org's outbound message carries.
MESSAGE_FIELDS = [
    "Id",
    "CaseNumber",
    "Status",
    "ContactEmail",
    "ContactId",
    "OwnerId",
    "ClosedDate",
    "LastModifiedDate",
]
