"""The object table of the custom object that holds survey responses."""

from crm_mappings.emulator.schema.fields import (
    area,
    audit,
    deletion,
    external_key,
    identity,
    link,
    moment,
    number,
    owner,
    pick,
    text,
)
from crm_mappings.emulator.schema.objects import SObject

RESPONSE = SObject(
    name="Tellback_Response__c",
    label="Tellback Response",
    plural="Tellback Responses",
    prefix="a00",
    fields=(
        identity("Record"),
        owner("Group,User"),
        deletion(),
        text(
            "Name",
            "Response Name",
            80,
            defaulted=True,
            id_lookup=True,
            name_field=True,
            permissionable=False,
        ),
        *audit(),
        text("Survey__c", "Survey", 255),
        number("Score__c", "Score", 18, 2),
        area("Comment__c", "Comment", 32768),
        link("Case__c", "Case", "Case", child_relationship="Tellback_Responses__r"),
        link(
            "Contact__c",
            "Contact",
            "Contact",
            child_relationship="Tellback_Responses__r",
        ),
        moment("Completed_At__c", "Completed At"),
        external_key("Tellback_Key__c", "Tellback Key"),
        pick("Status__c", "Status", "Partial,Complete,Disqualified", restricted=True),
    ),
)
