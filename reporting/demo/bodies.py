"""The bodies and their people: functions and made-up addresses, no real persons."""

from functools import cache

from django.contrib.auth.hashers import make_password
from django.utils.text import slugify

from municipalities.models import (
    CoordinatingBody,
    County,
    Membership,
    Municipality,
    Role,
    User,
)

PASSWORD = "demo-losenord-2026"  # noqa: S105 (the demo's accounts are meant to be open)

BODIES = {
    "storsthlm": {
        "name": "Storsthlm",
        "county": "01",
        # Made up, with a right check digit: the documents do not name the real one.
        "organisation_number": "2220000000",
        "peppol_id": "0007:2220000000",
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


@cache
def hashed_password() -> str:
    """Return the demo's password as it is kept."""
    return make_password(PASSWORD)


def make_people(key: str, body: CoordinatingBody) -> dict[str, User]:
    """Return the body's people by role, one of each."""
    people: dict[str, User] = {}
    for mailbox, title, role in ACCOUNTS:
        user = User.objects.create_user(f"{mailbox}@{key}.example", first_name=title)
        # Hashing is slow on purpose; everybody knows that these have the same password.
        user.password = hashed_password()
        user.save()
        Membership.objects.create(user=user, body=body, role=role)
        people[role] = user
    return people


def make_signatories(body: CoordinatingBody) -> dict[str, User]:
    """Return a signatory of each municipality in the county, by its name.

    The first municipality has a colleague who prepares its answers.
    """
    signatories: dict[str, User] = {}
    for municipality in body.county.municipalities.order_by("name"):
        signatories[municipality.name] = make_municipal(
            municipality, "ansvarig", "Ansvarig", Role.SIGNATORY
        )
    make_municipal(
        Municipality.objects.get(name=next(iter(signatories)), county=body.county),
        "medarbetare",
        "Medarbetare",
        Role.CONTRIBUTOR,
    )
    return signatories


def make_municipal(municipality: Municipality, mailbox: str, title: str, role: str) -> User:
    """Return a person of the municipality, who signs in with a code."""
    user = User.objects.create_user(
        f"{mailbox}@{slugify(municipality.name)}.example",
        first_name=title,
        last_name=municipality.name,
        phone="08-123 45 67",
    )
    Membership.objects.create(
        user=user,
        municipality=municipality,
        role=role,
        is_contact=role == Role.SIGNATORY,
    )
    return user
