"""Rounds: started from the grant's own days, opened once, and frozen from then on."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from grants.models import Deadline, Purpose
from municipalities.models import Message, Municipality
from municipalities.triggers import is_refused_by_trigger
from reporting import form_building as building
from reporting import rounds
from reporting.form_building import latest_of
from reporting.models import ReportRound
from reporting.ready_made_forms import COSTS, FINAL
from reporting.report_form import Form, Option
from reporting.round_messages import KIND, invite, invited_to
from reporting.rounds import Refused, asked, propose
from tests.factories import (
    make_body,
    make_grant,
    make_member,
    make_municipal_member,
    make_offered,
    make_user,
)
from tests.reporting.report_rounds import make_deadline, make_fixed, make_form, make_round

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 22)
LATER = date(2099, 2, 28)
DAYS = ("deadline", "authority_deadline")


def url(name, grant, *more):
    return reverse(f"reporting:report_round_{name}", args=[grant.pk, *more])


def contact(code, email):
    return make_municipal_member(code, user=make_user(email), is_contact=True)


def opened(grant, **facts):
    return rounds.open_round(make_round(grant, **facts), by=make_member(grant.body))


# What is proposed ------------------------------------------------------------------------


def test_round_is_proposed_the_grants_own_days_and_recipient(storsthlm):
    grant = make_grant(storsthlm, reported_to="Socialstyrelsen")
    ours = make_deadline(grant)
    theirs = make_deadline(grant, due_on=LATER, actor="body")
    make_deadline(grant, kind="interim_report")

    found = propose(grant, "final", TODAY)

    assert (found.deadline, found.authority_deadline) == (ours, theirs)
    assert (found.opens_on, found.recipient) == (TODAY, "Socialstyrelsen")


def test_nothing_is_proposed_that_does_not_hang_together(storsthlm):
    grant = make_grant(storsthlm)
    make_deadline(grant, due_on=LATER)
    make_deadline(grant, due_on=LATER, actor="region")

    assert propose(grant, "final", TODAY).authority_deadline is None
    assert propose(grant, "other", TODAY).deadline is None


def test_form_is_asked_with_the_grants_purposes(storsthlm):
    grant = make_grant(storsthlm)
    purpose = grant.purposes.get()

    form = asked(grant, make_fixed(storsthlm))

    [row] = form.question("anvant").rows
    assert (row.key, row.label) == (f"p{purpose.pk}", purpose.heading)


# Rules -----------------------------------------------------------------------------------


def test_definition_is_frozen_when_the_round_opens(storsthlm):
    grant = make_grant(storsthlm)
    found = make_round(grant)
    Purpose.objects.create(grant=grant, heading="Kom till innan", position=1)

    rounds.open_round(found, by=make_member(storsthlm))
    Purpose.objects.create(grant=grant, heading="Kom till efter", position=2)
    building.revise(found.version.form)
    building.change(found.version.form, lambda form: Form("Annat", form.sections[:1]))

    found.refresh_from_db()
    assert found.read.title == FINAL.title
    assert [row.label for row in found.read.question("anvant").rows] == [
        "Utveckla förutsättningarna på arbetsplatsen",
        "Kom till innan",
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"definition": {}},
        {"kind": "interim"},
        {"opened_at": None, "opened_by": None},
        {"opens_on": TODAY},
    ],
)
def test_database_keeps_what_an_open_round_asks(storsthlm, change):
    found = opened(make_grant(storsthlm))

    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        ReportRound.objects.filter(pk=found.pk).update(**change)
    assert is_refused_by_trigger(refused.value)
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        ReportRound.objects.filter(pk=found.pk).delete()
    assert is_refused_by_trigger(refused.value)


def test_days_and_recipient_of_an_open_round_may_be_changed(storsthlm):
    grant = make_grant(storsthlm)
    found = opened(grant)
    other = make_deadline(grant, due_on=LATER)

    rounds.change(found, deadline=other, recipient="Sametinget")

    found.refresh_from_db()
    assert (found.deadline, found.recipient) == (other, "Sametinget")
    with pytest.raises(Refused):
        rounds.change(found, kind="interim")


@pytest.mark.parametrize("theirs", [date(2099, 1, 15), date(2098, 1, 1)])
def test_municipalities_report_before_the_body_does(storsthlm, theirs):
    grant = make_grant(storsthlm)
    authority = make_deadline(grant, due_on=theirs, actor="body")

    with pytest.raises(Refused) as refused:
        make_round(grant, authority_deadline=authority)
    assert "before" in str(refused.value) or "före" in str(refused.value)
    found = make_round(grant)
    with pytest.raises(DatabaseError) as by_database, transaction.atomic():
        ReportRound.objects.filter(pk=found.pk).update(authority_deadline=authority)
    assert is_refused_by_trigger(by_database.value)


def test_grant_has_one_round_of_each_kind(storsthlm):
    grant = make_grant(storsthlm)
    first = make_round(grant)

    with pytest.raises(Refused):
        make_round(grant, version=first.version, deadline=first.deadline)
    make_round(grant, version=first.version, deadline=first.deadline, kind="interim")


def test_draft_is_not_used(storsthlm):
    version = latest_of(make_form(storsthlm))
    grant = make_grant(storsthlm)

    with pytest.raises(Refused):
        make_round(grant, version=version)
    found = make_round(grant)
    with pytest.raises(DatabaseError), transaction.atomic():
        ReportRound.objects.filter(pk=found.pk).update(version=version)


def test_round_stays_within_its_body_and_grant(storsthlm):
    grant = make_grant(storsthlm)
    found = make_round(grant)
    dalarna = make_body("Region Dalarna", county="20")
    elsewhere = make_deadline(make_grant(storsthlm))

    for change in [{"version": make_fixed(dalarna)}, {"deadline": elsewhere}]:
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            ReportRound.objects.filter(pk=found.pk).update(**change)
        assert is_refused_by_trigger(refused.value)


def test_round_opens_before_its_last_day(storsthlm):
    grant = make_grant(storsthlm)

    with pytest.raises(Refused):
        make_round(grant, opens_on=date(2099, 1, 16))
    assert make_round(grant, opens_on=date(2099, 1, 15)).pk


def test_round_without_purposes_is_not_opened_where_the_form_needs_them(storsthlm):
    grant = make_grant(storsthlm)
    grant.purposes.all().delete()
    found = make_round(grant)

    with pytest.raises(Refused) as refused:
        rounds.open_round(found, by=make_member(storsthlm))

    assert [each.code for each in refused.value.problems] == ["purposes_lacking"]
    assert not ReportRound.objects.get().is_open
    costs = make_fixed(storsthlm, "costs")
    rounds.change(found, version=costs)
    assert rounds.open_round(found, by=make_member(storsthlm)).read == COSTS


def test_round_is_opened_once_and_taken_away_only_before(storsthlm):
    grant = make_grant(storsthlm)
    found = opened(grant)

    with pytest.raises(Refused):
        rounds.open_round(found, by=make_member(storsthlm))
    with pytest.raises(Refused):
        rounds.discard(found)
    other = make_round(grant, kind="interim", deadline=found.deadline)
    rounds.discard(other)
    assert list(ReportRound.objects.all()) == [found]


# Invitations -----------------------------------------------------------------------------


def test_invitation_goes_to_each_contact_once(as_handler, storsthlm, deliver):
    grant = make_offered(storsthlm).grant
    contact("0127", "kim@botkyrka.example")
    contact("0160", "kim@taby.example")
    found = make_round(grant)
    seen = as_handler.get(url("open", grant, found.pk)).context["seen"]

    as_handler.post(url("open", grant, found.pk), {"seen": seen, "send": "1"})
    as_handler.post(url("open", grant, found.pk), {"seen": seen, "send": "1"})

    found.refresh_from_db()
    assert found.is_open
    sent = deliver()
    assert [each.to for each in sent] == [["kim@botkyrka.example"], ["kim@taby.example"]]
    assert "15 januari 2099" in sent[0].body
    assert "Socialstyrelsen" in sent[0].body
    assert "[[" not in sent[0].body + sent[0].subject
    assert sent[0].reply_to == [grant.questions_to]
    assert set(grant.messages.values_list("message__kind", flat=True)) == {KIND}
    page = as_handler.get(url("invite", grant, found.pk))
    assert page.context["chosen"] == set()


def test_round_may_be_opened_without_a_word(as_handler, storsthlm):
    grant = make_offered(storsthlm).grant
    contact("0127", "kim@botkyrka.example")
    found = make_round(grant)
    seen = as_handler.get(url("open", grant, found.pk)).context["seen"]

    as_handler.post(url("open", grant, found.pk), {"seen": seen})

    assert (ReportRound.objects.get().is_open, Message.objects.count()) == (True, 0)


def test_round_that_somebody_has_changed_is_not_opened_unseen(as_handler, storsthlm):
    grant = make_offered(storsthlm).grant
    found = make_round(grant)
    seen = as_handler.get(url("open", grant, found.pk)).context["seen"]
    rounds.change(found, recipient="Sametinget")

    as_handler.post(url("open", grant, found.pk), {"seen": seen, "send": "1"})

    assert not ReportRound.objects.get().is_open


def test_those_who_lack_an_invitation_get_one_later(as_handler, storsthlm):
    grant = make_offered(storsthlm).grant
    contact("0127", "kim@botkyrka.example")
    found = opened(grant)
    invite(found, invited_to(found, TODAY).rows)
    contact("0160", "kim@taby.example")
    page = as_handler.get(url("invite", grant, found.pk))
    data = {"seen": page.context["invited"].stamp, "chosen": list(page.context["chosen"])}

    as_handler.post(url("invite", grant, found.pk), data)
    again = as_handler.post(url("invite", grant, found.pk), data, follow=True)

    assert page.context["chosen"] == {"0160"}
    assert [each.level_tag for each in again.context["messages"]][-1] == "error"
    addresses = Message.objects.filter(kind=KIND).values_list("to_email", flat=True)
    assert sorted(addresses) == ["kim@botkyrka.example", "kim@taby.example"]


@pytest.mark.parametrize("chosen", [[], ["2080"], ["0160"]])
def test_nobody_is_written_to_who_cannot_be_chosen(as_handler, storsthlm, chosen):
    grant = make_offered(storsthlm).grant
    found = opened(grant)
    stamp = as_handler.get(url("invite", grant, found.pk)).context["invited"].stamp

    as_handler.post(url("invite", grant, found.pk), {"seen": stamp, "chosen": chosen})

    assert Message.objects.count() == 0


def test_rounds_of_a_grant_know_their_own_invitations(storsthlm):
    grant = make_offered(storsthlm).grant
    contact("0127", "kim@botkyrka.example")
    final = opened(grant)
    interim = opened(grant, kind="interim", version=final.version, deadline=final.deadline)
    invite(final, invited_to(final, TODAY).rows)

    assert invited_to(final, TODAY).lacking == []
    assert [row.municipality.code for row in invited_to(interim, TODAY).lacking] == ["0127"]


def test_all_are_invited_in_as_many_queries_as_one(storsthlm):
    grant = make_offered(storsthlm).grant
    found = opened(grant)
    counts = []
    for codes in (["0127"], ["0160", "0180", "0126"]):
        for code in codes:
            contact(code, f"kim@{code}.example")
        with CaptureQueriesContext(connection) as queries:
            written = invite(found, invited_to(found, TODAY).lacking)
        counts.append((len(written), len(queries)))

    assert [written for written, _asked in counts] == [1, 3]
    assert counts[1][1] <= counts[0][1]


# Pages -----------------------------------------------------------------------------------


def test_round_is_started_from_what_is_proposed(as_handler, storsthlm):
    grant = make_grant(storsthlm, reported_to="Socialstyrelsen")
    version = make_fixed(storsthlm)
    deadline = make_deadline(grant)
    page = as_handler.get(url("create", grant), {"slag": "final"})
    initial = page.context["form"].initial
    data = {
        "kind": "final",
        "version": initial["version"].pk,
        "opens_on": initial["opens_on"].isoformat(),
        "deadline": initial["deadline"].pk,
        "recipient": initial["recipient"],
    }

    response = as_handler.post(url("create", grant), data)

    found = ReportRound.objects.get()
    assert response["Location"] == found.get_absolute_url()
    assert (found.version, found.deadline) == (version, deadline)
    assert (found.recipient, found.is_open) == ("Socialstyrelsen", False)


def test_what_is_anothers_cannot_be_chosen(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    dalarna = make_body("Region Dalarna", county="20")
    data = {
        "kind": "final",
        "version": make_fixed(dalarna).pk,
        "opens_on": "2026-11-22",
        "deadline": make_deadline(make_grant(storsthlm)).pk,
    }

    response = as_handler.post(url("create", grant), data)

    assert sorted(response.context["form"].errors) == ["deadline", "version"]


def test_round_that_cannot_be_says_why_on_the_form(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    first = make_round(grant)
    data = {
        "kind": "final",
        "version": first.version.pk,
        "opens_on": "2026-11-22",
        "deadline": first.deadline.pk,
    }

    response = as_handler.post(url("create", grant), data)

    assert len(response.context["form"].non_field_errors()) == 1
    assert ReportRound.objects.count() == 1


def test_round_is_changed_and_whoever_is_last_is_told(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    found = opened(grant)
    address = url("edit", grant, found.pk)
    form = as_handler.get(address).context["form"]
    data = {"deadline": found.deadline.pk, "recipient": "A", "seen": form.initial["seen"]}
    rounds.change(found, recipient="B")

    first = as_handler.post(address, data)
    assert ReportRound.objects.get().recipient == "B"
    as_handler.post(address, data | {"seen": first.context["form"].data["seen"]})

    assert sorted(form.fields) == ["authority_deadline", "deadline", "recipient", "seen"]
    assert ReportRound.objects.get().recipient == "A"


def test_round_is_due_by_a_day_for_reports(as_handler, storsthlm):
    found = make_round(make_grant(storsthlm))
    grant = found.grant
    own = make_deadline(grant, kind="own", title="Kort avstämning")
    interim = make_deadline(grant, kind="interim_report")
    authority = make_deadline(grant, due_on=LATER, actor="body")
    for kind in ("requisition", "use", "repayment", "decision"):
        make_deadline(grant, kind=kind)
        make_deadline(grant, kind=kind, due_on=LATER, actor="body")

    form = as_handler.get(url("edit", grant, found.pk)).context["form"]

    offered = {name: set(form.fields[name].queryset) for name in DAYS}
    assert offered == {
        "deadline": {found.deadline, own, interim},
        "authority_deadline": {authority},
    }
    late = make_deadline(grant, kind="use", due_on=date(2099, 1, 20))
    data = {"deadline": late.pk, "recipient": "A", "seen": form.initial["seen"]}
    answer = as_handler.post(url("edit", grant, found.pk), data)
    assert "deadline" in answer.context["form"].errors


def test_round_is_taken_away(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    found = make_round(grant)

    as_handler.post(url("delete", grant, found.pk))

    assert ReportRound.objects.count() == 0


def test_last_day_that_is_moved_past_the_authoritys_is_pointed_out(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    theirs = make_deadline(grant, due_on=LATER, actor="body")
    found = make_round(grant, authority_deadline=theirs)
    Deadline.objects.filter(pk=found.deadline_id).update(due_on=LATER + timedelta(1))

    page = as_handler.get(found.get_absolute_url())

    assert page.context["is_out_of_order"] is True


def test_opening_warns_where_nobody_is_asked(as_handler, storsthlm):
    """A grant that is all ours has rounds too: its report to the authority needs one."""
    nobody = make_round(make_grant(storsthlm))
    offered = make_round(make_offered(storsthlm).grant)
    warning = "ingen kommun deltar i medlet"

    page = as_handler.get(url("open", nobody.grant, nobody.pk))
    other = as_handler.get(url("open", offered.grant, offered.pk))

    assert (warning in page.content.decode(), "ombeds" in page.content.decode()) == (
        True,
        False,
    )
    assert warning not in other.content.decode()
    seen = {"seen": page.context["seen"]}
    as_handler.post(url("open", nobody.grant, nobody.pk), seen)
    nobody.refresh_from_db()
    assert nobody.is_open


def test_page_says_who_is_to_report(as_handler, storsthlm):
    offered = make_offered(storsthlm)
    found = make_round(offered.grant)

    page = as_handler.get(found.get_absolute_url())

    codes = {row.municipality.code for row in page.context["invited"].rows}
    assert codes == set(offered.allocations.values_list("municipality__code", flat=True))
    assert [Option(p.key, p.label) for p in found.read.question("anvant").rows] == [
        Option(f"p{found.grant.purposes.get().pk}", found.grant.purposes.get().heading)
    ]


def test_round_of_another_grant_is_not_found(as_handler, storsthlm):
    found = make_round(make_grant(storsthlm))

    assert as_handler.get(url("detail", make_grant(storsthlm), found.pk)).status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_list_asks_as_often_for_one_round_as_for_three(as_handler, storsthlm, number):
    grant = make_grant(storsthlm)
    deadline, version = make_deadline(grant), make_fixed(storsthlm)
    for kind in ["final", "interim", "costs"][:number]:
        make_round(grant, version=version, deadline=deadline, kind=kind)

    with CaptureQueriesContext(connection) as queries:
        page = as_handler.get(url("list", grant))

    assert len(page.context["rounds"]) == number
    assert len(queries) <= 12


def test_round_page_asks_as_often_for_many_municipalities(as_handler, storsthlm):
    grant = make_offered(storsthlm).grant
    found = opened(grant)
    counts = []
    for codes in (["0127"], ["0160", "0180", "0126"]):
        for code in codes:
            contact(code, f"kim@{code}.example")
        invite(found, invited_to(found, TODAY).lacking)
        with CaptureQueriesContext(connection) as queries:
            as_handler.get(found.get_absolute_url())
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert Municipality.objects.count() > 3
