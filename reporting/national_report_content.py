"""What the body's report to the authority says: its texts, its tables and all answers.

Word, PDF and the pages are made from this. The amounts are those of the compilation, which
are the ledger's to the krona. A Swedish document, with its words in ``TEXTS``.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone, translation
from django.utils.text import capfirst

from grants.models import Grant
from municipalities.numbers import grouped
from reporting.compiled import Compilation, Row
from reporting.compiled_answers import Summary
from reporting.document import (
    Block,
    Cell,
    Column,
    Document,
    Heading,
    Note,
    Prose,
    Table,
)
from reporting.models import NationalReport, NationalReportSection
from reporting.national_report_answers import answers_to
from reporting.national_report_sections import ECONOMY
from reporting.report_form import Kind
from reporting.stages import WORDS
from reporting.swedish import day, listed

TEXTS = {
    "kind": "Samlad redovisning",
    "to": "Till",
    "from": "Från",
    "grant": "Statsbidrag",
    "record_number": "Diarienummer",
    "period": "Används under",
    "round": "Redovisning",
    "as_of": "Uppgifterna avser",
    "version": "Version",
    "whole": "Medlen i sin helhet",
    "whole_caption": "Alla kommuner tillsammans",
    "item": "Post",
    "amount": "Belopp, kr",
    "allocated": "Tilldelat",
    "requested": "Rekvirerat",
    "paid": "Utbetalat",
    "used": "Använt",
    "to_repay": "Att betala tillbaka",
    "carried_over": "Förs över",
    "difference": "Skillnad hos dem som har redovisat",
    "left": "Återstår hos dem som har redovisat",
    "missing": "Utbetalat till dem som inte har redovisat",
    "by_purpose": "Per ändamål",
    "purpose": "Ändamål",
    "planned": "Rekvirerat för, kr",
    "used_kr": "Använt, kr",
    "share": "Andel av utbetalat",
    "sum": "Summa",
    "by_group": "Per kostnadsslag",
    "group": "Kostnadsslag",
    "others": "Övriga belopp",
    "others_caption": "Alla kommuners svar tillsammans",
    "question": "Fråga",
    "answers": "Antal svar",
    "by_municipality": "Per kommun",
    "by_municipality_caption": "Belopp i kronor",
    "municipality": "Kommun",
    "not_accounted": "Återstår eller ej redovisat",
    "who": "Vilka som har redovisat",
    "all_reported": "Alla {} kommuner har redovisat.",
    "some_reported": "{} av {} kommuner har redovisat.",
    "none_asked": "Ingen kommun är med i omgången.",
    "preliminary": "Uppgifterna är preliminära för {}, som kompletterar sin redovisning.",
    "not_reported": "Kommuner som inte har redovisat",
    "standing": "Läge",
    "annex": "Bilaga. Kommunernas svar",
    "answer": "Svar",
    "one_answer": "Svar från en kommun",
    "some_answers": "Svar från {} kommuner",
    "activity": "Insats",
    "comment": "Kommentar",
    "concerns": "Avser",
    "no_answer": "Inget svar från {}.",
    "not_asked": "Frågan gäller inte {}.",
    "nobody": "Ingen kommun har svarat på frågan.",
}
STATES = {
    "done": "genomförd",
    "changed": "ändrad",
    "planned": "planerad",
    "dropped": "inte genomförd",
    "": "",
}
MOST_NAMES = 12
"""So many names in a sentence; the rest are counted."""


def content_of(report: NationalReport, compilation: Compilation) -> Document:
    """Return the report as a document. ``report`` knows its sections and its round."""
    found = report.round
    grant = found.grant
    with translation.override("sv"):
        facts = [
            (TEXTS["to"], found.recipient),
            (TEXTS["from"], grant.body.name),
            (TEXTS["grant"], str(grant)),
            (TEXTS["record_number"], grant.record_number),
            (TEXTS["period"], _period(grant)),
            (TEXTS["round"], capfirst(found.get_kind_display())),
            (TEXTS["as_of"], day(timezone.localdate(report.figures_at))),
            (TEXTS["version"], str(report.number) if report.number > 1 else ""),
        ]
        return Document(
            title=report.title,
            kind=TEXTS["kind"],
            author=grant.body.name,
            facts=tuple((name, value) for name, value in facts if value),
            made_at=report.figures_at,
            blocks=tuple(_blocks(list(report.sections.all()), compilation)),
        )


def _period(grant: Grant) -> str:
    starts, ends = grant.uses_from, grant.uses_until
    if (starts, ends) == (date(grant.year, 1, 1), date(grant.year, 12, 31)):
        return str(grant.year)
    return f"{day(starts)} – {day(ends)}"


def _blocks(
    sections: Sequence[NationalReportSection], compilation: Compilation
) -> Iterator[Block]:
    is_first = True
    for section in sections:
        if not section.text.strip() and section.key != ECONOMY:
            continue
        yield Heading(section.title, 1, starts_page=is_first)
        is_first = False
        if section.text.strip():
            yield Prose(section.text)
        if section.key == ECONOMY:
            yield from economy(compilation)
    yield from annex(compilation)


# The economic section --------------------------------------------------------------------


def economy(compilation: Compilation) -> Iterator[Block]:
    """Yield the tables of what became of the money, and who has not said."""
    yield Heading(TEXTS["whole"], 2)
    yield whole(compilation)
    yield from by_purpose(compilation)
    yield from other_amounts(compilation)
    yield Heading(TEXTS["by_municipality"], 2)
    yield by_municipality(compilation)
    yield Heading(TEXTS["who"], 2)
    yield from who_has_reported(compilation)


def whole(compilation: Compilation) -> Table:
    """Return all the money: paid is the sum of what stands below it."""
    totals = compilation.totals
    left = TEXTS["difference" if compilation.accounts_for_all else "left"]
    rows: list[tuple[Cell, ...]] = [
        (TEXTS["allocated"], totals.allocated),
        (TEXTS["requested"], totals.requested),
        (TEXTS["paid"], totals.paid),
    ]
    said = [
        (TEXTS["used"], totals.used),
        (TEXTS["to_repay"], totals.to_repay),
        (TEXTS["carried_over"], totals.carried_over),
        (left, totals.difference),
        (TEXTS["missing"], totals.paid_to_missing),
    ]
    rows += [(label, amount) for label, amount in said[:1]]
    rows += [(label, amount) for label, amount in said[1:] if amount]
    columns = (Column(TEXTS["item"], width=3), Column(TEXTS["amount"], is_amount=True))
    return Table(TEXTS["whole_caption"], columns, rows)


def by_purpose(compilation: Compilation) -> Iterator[Block]:
    """Yield a table by purpose for each question that has them, and one by cost group."""
    for summary in compilation.questions:
        if not summary.lines:
            continue
        caption = summary.question.label
        yield Heading(TEXTS["by_purpose"], 2)
        yield _purposes(caption, summary, compilation)
        if summary.by_group:
            yield Heading(TEXTS["by_group"], 2)
            columns = (
                Column(TEXTS["group"], width=3),
                Column(TEXTS["amount"], is_amount=True),
            )
            rows = [(line.label, line.total) for line in summary.by_group]
            yield Table(caption, columns, rows, (TEXTS["sum"], summary.total))


def _purposes(caption: str, summary: Summary, compilation: Compilation) -> Table:
    is_used = summary is compilation.used_question
    if not is_used:
        columns = (Column(TEXTS["purpose"], width=3), Column(TEXTS["amount"], True))
        rows = [(line.label, line.total) for line in summary.lines]
        return Table(caption, columns, rows, (TEXTS["sum"], summary.total))
    planned, paid = compilation.planned, compilation.totals.paid
    has_plans = any(planned.get(line.key) for line in summary.lines)
    names = [Column(TEXTS["purpose"], width=4)]
    names += [Column(TEXTS["planned"], True, 2)] if has_plans else []
    names += [Column(TEXTS["used_kr"], True, 2), Column(TEXTS["share"], True, 2)]

    def row(label: str, plan: int, amount: int | None) -> tuple[Cell, ...]:
        cells: list[Cell] = [label]
        cells += [plan] if has_plans else []
        return (*cells, amount, share(amount, paid))

    lines = summary.lines
    return Table(
        caption,
        tuple(names),
        [row(line.label, planned.get(line.key, 0), line.total) for line in lines],
        row(
            TEXTS["sum"],
            sum(planned.get(line.key, 0) for line in lines),
            summary.total,
        ),
    )


def share(amount: int | None, whole: int) -> str:
    """Return a part of a whole in per cent, halves away from zero as Excel shows them.

    >>> share(1, 8).replace("\\u00a0", " "), share(1, 16).replace("\\u00a0", " ")
    ('12,5 %', '6,3 %')
    >>> share(None, 8), share(5, 0)
    ('', '')
    """
    if amount is None or not whole:
        return ""
    part = (Decimal(amount) * 100 / whole).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{grouped(part, 1)}\N{NO-BREAK SPACE}%"


def other_amounts(compilation: Compilation) -> Iterator[Block]:
    """Yield the sums of questions that are a single amount."""
    found = [each for each in compilation.questions if each.is_amounts and not each.lines]
    if not found:
        return
    yield Heading(TEXTS["others"], 2)
    columns = (
        Column(TEXTS["question"], width=5),
        Column(TEXTS["answers"], True),
        Column(TEXTS["sum"], True, 2),
    )
    rows = [(each.question.label, len(each.answered), each.total) for each in found]
    yield Table(TEXTS["others_caption"], columns, rows)


def by_municipality(compilation: Compilation) -> Table:
    """Return every municipality's money."""
    totals = compilation.totals
    names = ["allocated", "requested", "paid", "used"]
    names += [name for name in ("to_repay", "carried_over") if getattr(totals, name)]
    is_apart = bool(totals.difference or totals.paid_to_missing)
    titles = [TEXTS[name] for name in names]
    titles += [TEXTS["not_accounted"]] if is_apart else []

    def cells(row: Row) -> tuple[Cell, ...]:
        amounts = [getattr(row, name) for name in names]
        apart = row.difference if row.outcome.total is not None else row.paid
        return (row.name, *amounts, *([apart] if is_apart else []))

    apart = (totals.difference or 0) + totals.paid_to_missing
    return Table(
        TEXTS["by_municipality_caption"],
        (
            Column(TEXTS["municipality"], width=2),
            *(Column(title, is_amount=True, width=2) for title in titles),
        ),
        [cells(row) for row in compilation.rows],
        (
            TEXTS["sum"],
            *(getattr(totals, name) for name in names),
            *([apart] if is_apart else []),
        ),
    )


def who_has_reported(compilation: Compilation) -> Iterator[Block]:
    """Yield how many have, and which have not."""
    asked, missing = len(compilation.asked), compilation.missing
    if not asked:
        yield Note(TEXTS["none_asked"])
        return
    if missing:
        yield Note(TEXTS["some_reported"].format(asked - len(missing), asked))
    else:
        yield Note(TEXTS["all_reported"].format(asked))
    if compilation.preliminary:
        yield Note(TEXTS["preliminary"].format(_names(compilation.preliminary)))
    if missing:
        yield Table(
            TEXTS["not_reported"],
            (
                Column(TEXTS["municipality"], width=2),
                Column(TEXTS["standing"], width=2),
                Column(f"{TEXTS['paid']}, kr", is_amount=True),
            ),
            [(row.name, str(WORDS[row.stage][1]), row.paid) for row in missing],
            (TEXTS["sum"], "", sum(row.paid for row in missing)),
        )


def _names(rows: Sequence[Row]) -> str:
    names = [row.name for row in rows[:MOST_NAMES]]
    if len(rows) > MOST_NAMES:
        names.append(f"{len(rows) - MOST_NAMES} till")
    return listed(names)


# The annex -------------------------------------------------------------------------------


def annex(compilation: Compilation) -> Iterator[Block]:
    """Yield all answers, by section and question."""
    if not compilation.reported:
        return
    yield Heading(TEXTS["annex"], 1, starts_page=True)
    section = None
    for summary in compilation.questions:
        if summary.section is not section:
            section = summary.section
            yield Heading(section.title, 2)
        yield Heading(summary.question.label, 3)
        yield from answers(summary, compilation)


def answers(summary: Summary, compilation: Compilation) -> Iterator[Block]:
    """Yield a table of all answers to a question, and who has not answered it."""
    if not summary.answered:
        yield Note(TEXTS["nobody"])
        return
    columns, rows = _answers(summary, compilation)
    total: tuple[Cell, ...] = ()
    if summary.is_amounts and not summary.by_group:
        total = (TEXTS["sum"], *("" for _ in columns[2:]), summary.total)
    number = len(summary.answered)
    caption = TEXTS["some_answers"].format(number) if number > 1 else TEXTS["one_answer"]
    yield Table(caption, columns, rows, total)
    known = {*summary.answered, *summary.not_asked}
    silent = [row for row in compilation.reported if row.code not in known]
    if silent:
        yield Note(TEXTS["no_answer"].format(_names(silent)))
    if summary.not_asked:
        others = [compilation.by_code[code] for code in summary.not_asked]
        yield Note(TEXTS["not_asked"].format(_names(others)))


def _answers(
    summary: Summary, compilation: Compilation
) -> tuple[tuple[Column, ...], list[tuple[Cell, ...]]]:
    """Return the columns and the rows of a question's answers."""
    first = Column(TEXTS["municipality"], width=2)
    amount = Column(TEXTS["amount"], is_amount=True, width=2)
    comment = Column(TEXTS["comment"], width=3)
    purpose = Column(TEXTS["purpose"], width=3)
    if not summary.is_kronor:
        amount = Column(TEXTS["answer"], is_amount=True, width=2)
    said = list(answers_to(summary, compilation))
    name = {row.code: row.name for row in compilation.rows}
    match summary.question.kind:
        case Kind.COSTS:
            return (
                (first, purpose, Column(TEXTS["group"], width=3), amount, comment),
                [
                    (name[each.code], each.purpose, each.group, each.amount, each.comment)
                    for each in said
                ],
            )
        case Kind.PURPOSES:
            return (
                (first, purpose, amount),
                [(name[each.code], each.purpose, each.amount) for each in said],
            )
        case Kind.KRONOR | Kind.NUMBER:
            return (
                (Column(TEXTS["municipality"], width=5), amount),
                [(name[each.code], each.amount) for each in said],
            )
        case Kind.ACTIVITIES:
            return (
                (
                    first,
                    Column(TEXTS["activity"], width=4),
                    Column(TEXTS["standing"], width=2),
                    Column(TEXTS["concerns"], width=4),
                    comment,
                ),
                [
                    (
                        name[each.code],
                        each.text,
                        STATES[each.state],
                        each.purpose,
                        each.comment,
                    )
                    for each in said
                ],
            )
        case _:
            return (
                (first, Column(TEXTS["answer"], width=6)),
                [(name[each.code], each.text) for each in said],
            )
