"""The object tables of what is shared beside records: posts, files and events."""

from crm_mappings.emulator.schema.fields import (
    READ_ONLY,
    Field,
    area,
    audit,
    check,
    deletion,
    identity,
    integer,
    link,
    number,
    owner,
    pick,
    text,
    url,
)
from crm_mappings.emulator.schema.objects import SObject

ANYTHING = "Account,Case,Contact,Lead,Opportunity,Tellback_Response__c,Task,User"
ONCE = {"updateable": False}

FEED_ITEM = SObject(
    name="FeedItem",
    label="Feed Item",
    plural="Feed Items",
    prefix="0D5",
    fields=(
        identity("Feed Item"),
        link("ParentId", "Parent ID", ANYTHING, nillable=False, **ONCE),
        pick(
            "Type",
            "Feed Item Type",
            "TextPost,LinkPost,ContentPost,TrackedChange",
            40,
            default="TextPost",
            restricted=True,
            **ONCE,
        ),
        *audit(),
        deletion(),
        text("Title", "Title", 255),
        area("Body", "Body", 10_000),
        url("LinkUrl", "Link Url", **ONCE),
        check("IsRichText", "Is Rich Text"),
        pick(
            "Visibility",
            "Feed Item Visibility",
            "AllUsers,InternalUsers",
            40,
            default="InternalUsers",
            restricted=True,
        ),
        integer("CommentCount", "Comment Count", **READ_ONLY),
    ),
)

CONTENT_DOCUMENT = SObject(
    name="ContentDocument",
    label="Content Document",
    plural="Content Documents",
    prefix="069",
    createable=False,
    fields=(
        identity("ContentDocument"),
        *audit(),
        deletion(),
        owner(),
        text("Title", "Title", 255, nillable=False, name_field=True),
        link(
            "LatestPublishedVersionId",
            "Latest Published Version ID",
            "ContentVersion",
            **READ_ONLY,
        ),
    ),
)

CONTENT_VERSION = SObject(
    name="ContentVersion",
    label="Content Version",
    plural="Content Versions",
    prefix="068",
    deletable=False,
    fields=(
        identity("ContentVersion"),
        link("ContentDocumentId", "Content Document ID", "ContentDocument", **ONCE),
        text("Title", "Title", 255, name_field=True),
        area("Description", "Description", 1000),
        text("PathOnClient", "Path On Client", 500, nillable=False, **ONCE),
        Field(name="VersionData", label="Version Data", type="base64"),
        link("FirstPublishLocationId", "First Publish Location ID", ANYTHING, **ONCE),
        integer("ContentSize", "Size", 9, **READ_ONLY),
        text("FileType", "File Type", 20, **READ_ONLY),
        *audit(),
        deletion(),
        owner(),
    ),
)

CONTENT_DOCUMENT_LINK = SObject(
    name="ContentDocumentLink",
    label="Content Document Link",
    plural="Content Document Links",
    prefix="06A",
    fields=(
        identity("ContentDocumentLink"),
        link("LinkedEntityId", "Linked Entity ID", ANYTHING, nillable=False, **ONCE),
        link(
            "ContentDocumentId",
            "ContentDocument ID",
            "ContentDocument",
            nillable=False,
            **ONCE,
        ),
        *audit(),
        deletion(),
        pick("ShareType", "Share Type", "V,C,I", 40, default="V", restricted=True),
    ),
)

SURVEY_ANSWERED = SObject(
    name="Survey_Answered__e",
    label="Survey Answered",
    plural="Survey Answered",
    prefix="e00",
    updateable=False,
    deletable=False,
    queryable=False,
    undeletable=False,
    fields=(
        *(each for each in audit() if each.name.startswith("Created")),
        text("ReplayId", "Replay ID", 1000, **READ_ONLY),
        text("Survey__c", "Survey", 255, **ONCE),
        text("Response_Key__c", "Response Key", 64, nillable=False, **ONCE),
        number("NPS__c", "NPS", 2, 0, **ONCE),
        text("Record_Id__c", "Record", 18, **ONCE),
    ),
)
