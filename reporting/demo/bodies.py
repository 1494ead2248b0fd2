"""The bodies and their people: functions and made-up addresses, no real persons."""

from municipalities.models import CoordinatingBody, County, Membership, Role, User

PASSWORD = "demo-losenord-2026"  # noqa: S105 (the demo's accounts are meant to be open)

BODIES = {
    "storsthlm": {
        "name": "Storsthlm",
        "county": "01",
        "region_name": "Region Stockholm",
        "postal_address": "Box 38145\n100 64 STOCKHOLM",
        "email": "info@storsthlm.example",
        "invoice_address": "Storsthlm, Box 38145, 100 64 STOCKHOLM",
        "invoice_email": "faktura@storsthlm.example",
        "questions_email": "stimulansmedel@storsthlm.example",
        "signatory_title": "verksamhetschef",
    },
    "dalarna": {
        "name": "Region Dalarna",
        "county": "20",
        "organisation_number": "2321000180",
        "region_name": "Region Dalarna",
        "postal_address": "Box 712\n791 29 FALUN",
        "email": "info@dalarna.example",
        "invoice_email": "faktura@dalarna.example",
        "questions_email": "stimulansmedel@dalarna.example",
        "signatory_title": "avdelningschef, Avdelningen för hälsa och välfärd",
    },
    "jamtland": {
        "name": "Region Jämtland Härjedalen",
        "county": "23",
        "organisation_number": "2321000214",
        "region_name": "Region Jämtland Härjedalen",
        "postal_address": "Box 654\n831 27 ÖSTERSUND",
        "email": "info@jamtland.example",
        "questions_email": "stimulansmedel@jamtland.example",
        "signatory_title": "regiondirektör",
    },
}

ACCOUNTS = [
    ("handlaggare", "Handläggare", Role.HANDLER),
    ("beslut", "Beslutsfattare", Role.APPROVER),
    ("granskare", "Granskare", Role.AUDITOR),
    ("administrator", "Administratör", Role.ADMINISTRATOR),
]


def make_bodies() -> dict[str, CoordinatingBody]:
    """Return the three bodies by their short names."""
    return {
        key: CoordinatingBody.objects.create(
            **facts | {"county": County.objects.get(code=facts["county"])}
        )
        for key, facts in BODIES.items()
    }


def make_people(key: str, body: CoordinatingBody) -> dict[str, User]:
    """Return the body's people by role, one of each."""
    people: dict[str, User] = {}
    for mailbox, title, role in ACCOUNTS:
        user = User.objects.create_user(
            f"{mailbox}@{key}.example", PASSWORD, first_name=title
        )
        Membership.objects.create(user=user, body=body, role=role)
        people[role] = user
    return people
