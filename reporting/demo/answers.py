"""What the municipalities answered: three grants, each at a stage of its own.

The amounts are the documents' own. Who answered what, when and to which account is made
up, and the accounts are numbers that only have the right check digit.
"""

from collections.abc import Iterable
from datetime import date

from stdnum import luhn

from grants.models import Distribution
from invoices.answering import Work
from invoices.models import AccountKind, FundsReceived, PaymentBatch, Requisition
from invoices.offers import offer_to
from invoices.payment_list import Outcome
from invoices.payments import make_batch, read_back, release
from invoices.requisition import (
    Answer,
    approve,
    mark_opened,
    send_back,
    submit,
)
from municipalities.models import Municipality, Role, User

PLANS = [
    "Handledarutbildning för undersköterskor och fler handledartimmar.",
    "Införande av digital planering i hemsjukvården, med utbildning för alla arbetslag.",
    "Kompetensutveckling tillsammans med regionens primärvård, två dagar per medarbetare.",
    "Heltidsresan: schemaläggning och ledarskapsprogram för enhetschefer.",
]


OPENED_ON = date(2020, 6, 10)


def bankgiro(municipality: Municipality) -> str:
    """Return eight digits with a right check digit, made from the municipality's code."""
    digits = f"590{municipality.code}"
    return f"{digits}{luhn.calc_check_digit(digits)}"


class Answers:
    """A grant's answers, given one by one by the municipalities' own people."""

    def __init__(
        self,
        distribution: Distribution,
        signatories: dict[str, User],
        staff: dict[str, User],
    ) -> None:
        self.distribution = distribution
        self.grant = distribution.grant
        self.signatories = signatories
        self.handler = staff[Role.HANDLER]
        self.approver = staff[Role.APPROVER]
        self.purposes = list(self.grant.purposes.all())
        self.allocations = {
            allocation.municipality.name: allocation
            for allocation in distribution.allocations.select_related(
                "municipality", "distribution__grant__body"
            )
        }

    def answer(
        self,
        name: str,
        on: date,
        *,
        amount: int | None = None,
        decline_reason: str = "",
        wants_more: bool = False,
        seen: int = 0,
    ) -> Requisition:
        """Return the municipality's answer: the whole of what is left, or ``amount``.

        ``seen`` is how many times it has been submitted before.
        """
        allocation = self.allocations[name]
        by = self.signatories[name]
        mark_opened(allocation, by=by)
        if amount is None:
            earlier = Requisition.objects.standing().filter(
                grant=self.grant, municipality=allocation.municipality
            )
            amount = allocation.amount - earlier.exclude(allocation=allocation).total()
        place = list(self.allocations).index(name)
        uses = {}
        if amount and self.purposes:
            purpose = self.purposes[place % len(self.purposes)]
            uses = {purpose.pk: amount * 3 // 4}
        return submit(
            allocation,
            Answer(
                amount=amount,
                decline_reason=decline_reason,
                wants_more=wants_more,
                account_kind=AccountKind.BANKGIRO,
                account_number=bankgiro(allocation.municipality),
                use_text=PLANS[place % len(PLANS)] if amount else "",
                uses=uses,
                contact_name=str(by),
                contact_email=by.email,
                contact_phone="08-123 45 67",
                signatory_name=str(by),
                signatory_title="socialchef",
            ),
            by=by,
            today=on,
            seen=seen,
        )

    def approve(self, requisitions: Iterable[Requisition]) -> list[Requisition]:
        """Return the requisitions, approved."""
        return [approve(each, by=self.approver) for each in requisitions]

    def receive(self, amount: int, on: date, payer: str) -> None:
        """Register money from the state."""
        FundsReceived.objects.create(
            grant=self.grant,
            received_on=on,
            amount=amount,
            payer=payer,
            registered_by=self.handler,
        )

    def batch(self, requisitions: Iterable[Requisition], on: date) -> PaymentBatch:
        """Return a batch that waits for release."""
        return make_batch(self.grant.body, requisitions, by=self.approver, execute_on=on)

    def pay(
        self,
        requisitions: Iterable[Requisition],
        on: date,
        failed: dict[str, str] | None = None,
    ) -> None:
        """Pay the requisitions; ``failed`` says by municipality why one did not go."""
        failed = failed or {}
        batch = release(self.batch(requisitions, on), by=self.handler)
        payments = batch.payments.select_related("requisition__municipality")
        read_back(
            batch,
            [
                Outcome(
                    payment.end_to_end_id,
                    is_paid=(why := failed.get(payment.requisition.municipality.name))
                    is None,
                    on=on,
                    reason=why or "",
                    amount=payment.amount,
                )
                for payment in payments
            ],
            by=self.handler,
            today=on,
        )


def fill_finished(answers: Answers) -> None:
    """Answer, approve and pay all of the grant of 2019; one declines, one takes a part."""
    on = date(2019, 11, 12)
    given = []
    for name in answers.allocations:
        if name == "Ekerö":
            answers.answer(
                name, on, amount=0, decline_reason="Vi hinner inte använda medlen i år."
            )
        elif name == "Danderyd":
            given.append(answers.answer(name, on, amount=150_000))
        else:
            more = name in {"Botkyrka", "Solna", "Sundbyberg"}
            given.append(answers.answer(name, on, wants_more=more))
    answers.receive(20_000_000, date(2019, 11, 18), "SKL")
    answers.pay(answers.approve(given), date(2019, 12, 5))


def fill_second_round(answers: Answers) -> None:
    """Pay what was left over to those who asked for more."""
    on = date(2019, 12, 11)
    more = [answers.answer(name, on) for name in ["Botkyrka", "Solna", "Sundbyberg"]]
    answers.pay(answers.approve(more), date(2019, 12, 16))


def fill_under_way(answers: Answers) -> None:
    """Leave the large grant of 2020 in the middle: something at every step."""
    early, late = date(2020, 6, 10), date(2020, 9, 4)
    answers.receive(35_000_000, date(2020, 6, 15), "Kammarkollegiet")
    paid = [
        answers.answer(name, early, wants_more=name in {"Botkyrka", "Solna"})
        for name in [
            "Botkyrka",
            "Haninge",
            "Huddinge",
            "Järfälla",
            "Nacka",
            "Nynäshamn",
            "Sigtuna",
            "Solna",
        ]
    ]
    answers.pay(
        answers.approve(paid),
        date(2020, 6, 25),
        failed={"Nynäshamn": "Kontot är avslutat"},
    )
    waiting = [answers.answer(name, early) for name in ["Lidingö", "Norrtälje"]]
    answers.batch(answers.approve(waiting), date(2020, 9, 15))
    answers.approve([answers.answer("Upplands-Bro", early)])

    answers.answer("Stockholm", early, wants_more=True)
    answers.answer("Täby", early, amount=2_000_000)
    changed = answers.answer("Tyresö", early, amount=1_000_000)
    answers.answer("Tyresö", date(2020, 6, 18), seen=changed.submissions)
    answers.answer("Sollentuna", late)
    answers.answer(
        "Ekerö", early, amount=0, decline_reason="Vi saknar personal för insatserna."
    )
    send_back(
        answers.answer("Upplands Väsby", early),
        by=answers.approver,
        reason=(
            "Kan ni skriva vilka insatser pengarna ska gå till? "
            "En mening per område räcker."
        ),
    )
    begin(
        answers,
        "Värmdö",
        {"answer": "part", "amount": "900 000", "use_text": "Handledning"},
    )
    for name in ["Vallentuna", "Österåker"]:
        mark_opened(answers.allocations[name], by=answers.signatories[name])


def fill_begun(answers: Answers) -> None:
    """Let the latest grant have just gone out: two have looked, one has begun."""
    for name in ["Botkyrka", "Huddinge"]:
        mark_opened(answers.allocations[name], by=answers.signatories[name])
    begin(
        answers,
        "Botkyrka",
        {"answer": "whole", "use_text": "SIP-utbildning för socialsekreterare"},
    )


def begin(answers: Answers, name: str, typed: dict[str, str]) -> None:
    """Leave an answer half written."""
    by = answers.signatories[name]
    membership = by.memberships.get()
    offer = offer_to(answers.allocations[name].municipality, answers.grant.pk, OPENED_ON)
    assert offer is not None  # its memo is published
    mark_opened(offer.allocation, by=by)
    known = {
        "contact_name": str(by),
        "contact_email": by.email,
        "contact_phone": by.phone,
        "signatory_name": str(by),
        "signatory_title": "socialchef",
    }
    Work(offer, membership).keep(known | typed, by=by, seen=0)
