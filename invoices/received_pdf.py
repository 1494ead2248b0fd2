"""Read an invoice that came in as a PDF: by the XML attached to it, or by its words.

The words are found by the labels that Swedish invoices have ("Att betala", "Er
referens", "Bankgiro"). A value stands after its label on the line, in the next column,
or below it when the labels are a table's heading. What is found has to look like what it
should be: an organisation number has its check digit, a date is a day.

Nothing here is sure, and nothing is guessed: what no label names is left out, and a
person confirms the rest.

>>> page = '''
... Ekerö kommun, org.nr 212000-0050
... Fakturanummer    Fakturadatum    Er referens
... 2020-117         2020-08-20      781
... Stimulansmedel 2020, dnr S/20/0026
... Att betala                       812 345,00 kr
... '''
>>> found = facts(page, buyer="2220000315")
>>> found.seller_number, found.invoice_number, found.reference, found.amount
('2120000050', '2020-117', '781', 812345)
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Final, NamedTuple, TypeVar

from invoices import pdf_text
from invoices.accounts import Kind
from invoices.identifiers import organisation_number
from invoices.peppol import CONTROL
from invoices.received import (
    MOST_NAME,
    MOST_NUMBER,
    MOST_TEXT,
    FoundAccount,
    ReceivedError,
    ReceivedInvoice,
    Source,
    record_numbers,
)
from invoices.received_ubl import day, read_ubl

MOST_BYTES: Final = 10 * 1024 * 1024
LEAST_SIGNS: Final = 20
MOST_LINES: Final = 2_000
MOST_WIDTH: Final = 400
"""So many lines, and so much of each, are searched: an invoice has no more."""
NO_INVOICE: Final = {"empty", "not_xml", "wrong_root", "wrong_namespace"}
"""Attached XML that is something else than an invoice in UBL."""

PROBLEMS: Final = {
    pdf_text.BROKEN: "broken_pdf",
    pdf_text.ENCRYPTED: "encrypted",
    pdf_text.TOO_SLOW: "too_slow",
}

Found = TypeVar("Found")


def read_pdf(content: bytes, *, buyer: str = "") -> ReceivedInvoice:
    """Return what the PDF says. ``buyer`` is the organisation number of who received it.

    Raises ``ReceivedError`` if the file, or an invoice attached to it, must not be read.
    """
    if not content:
        raise ReceivedError("empty")
    if len(content) > MOST_BYTES:
        raise ReceivedError("too_large", size=len(content), most=MOST_BYTES)
    if b"%PDF-" not in content[:1024]:
        raise ReceivedError("not_pdf")
    try:
        text, attached = pdf_text.read(content)
    except pdf_text.PdfError as error:
        if error.code == pdf_text.TOO_MANY_PAGES:
            most = pdf_text.MOST_PAGES
            raise ReceivedError("too_many_pages", most=most) from None
        raise ReceivedError(PROBLEMS[error.code]) from None
    for xml in attached:
        try:
            return read_ubl(xml)
        except ReceivedError as error:
            if error.code not in NO_INVOICE:
                raise
    if len("".join(text.split())) < LEAST_SIGNS:
        raise ReceivedError("no_text")
    return facts(text, buyer=buyer)


def facts(text: str, *, buyer: str = "") -> ReceivedInvoice:
    """Return what the words of an invoice say."""
    page = Page(text)
    payable = page.first(AMOUNT_LABELS, amount)
    seller, is_buyer_named = parties(page, buyer)
    vat, has_rate = vat_of(page)
    name = MUNICIPALITY.search(text)
    return ReceivedInvoice(
        source=Source.PDF,
        is_credit=bool(CREDIT.search(text)) or (payable is not None and payable < 0),
        seller_number=seller,
        seller_name=" ".join(name[0].split())[:MOST_NAME] if name else "",
        buyer_number=buyer if is_buyer_named else "",
        invoice_number=page.first(NUMBER_LABELS, number) or "",
        invoice_on=page.first(DATE_LABELS, any_day),
        payable=None if payable is None else abs(payable),
        vat=vat,
        has_vat_rate=has_rate,
        currency=currency(page),
        reference=page.first(REFERENCE_LABELS, reference) or "",
        record_number=record_number(page),
        text="\n".join(" ".join(line.split()) for line in page.lines)[:MOST_TEXT],
        accounts=tuple(dict.fromkeys(accounts(page))),
    )


# Labels ------------------------------------------------------------------------------


def labels(*patterns: str) -> tuple[re.Pattern[str], ...]:
    """Return patterns of whole words, the surest first."""
    return tuple(re.compile(rf"(?<!\w)(?:{one})(?!\w)", re.IGNORECASE) for one in patterns)


AMOUNT_LABELS: Final = labels(
    r"(?:summa |totalt |belopp |total summa )?att betala(?! senast)",
    r"fakturabelopp|rekvirerat belopp|rekvisitionsbelopp|total(?:t )?belopp|totalsumma|"
    r"slutsumma|summa inkl\.? moms|totalt inkl\.? moms",
    r"(?:totalt|total|summa)(?! (?:exkl|utan|före|netto))",
    r"belopp(?! (?:exkl|utan|före|netto))",
)
NUMBER_LABELS: Final = labels(
    r"(?:kredit)?faktura ?(?:nummer|nr\.?)|fakt\.? ?nr\.?|rekvisitions?(?:nummer|nr\.?)",
    r"(?:kredit)?faktura(?: :)?",
)
DATE_LABELS: Final = labels(
    r"(?:faktura|rekvisitions)datum", r"(?<!förfallo)datum", r"utskriftsdatum"
)
REFERENCE_LABELS: Final = labels(
    r"er(?:t)? ref(?:erens)?\.?(?:nummer|nr)?|beställarreferens|köparens referens|"
    r"kundreferens|beställar-?id|fakturareferens",
    r"märkning|märkt|(?<!vår )(?<!betalnings)referens(?:nummer|kod|nr)?|(?<!vår )ref\.?",
)
RECORD_LABELS: Final = labels(r"(?:ert )?(?:dnr|d\.nr|diarienr|diarienummer)\.?")
ORGANISATION_LABELS: Final = labels(r"org\.? ?-?(?:nr|nummer)\.?|organisationsnummer")
VAT_LABELS: Final = labels(
    r"(?<!exkl )(?<!exkl\. )(?<!inkl )(?<!inkl\. )(?<!före )(?<!utan )(?<!ingen )(?<!ej )"
    r"moms(?:belopp)?(?! ?%)"
)
BANKGIRO_LABELS: Final = labels(r"bankgiro(?:nummer|nr\.?|t)?|bg(?:-?nr)?\.?")
PLUSGIRO_LABELS: Final = labels(r"(?:plus|post)giro(?:nummer|nr\.?|t)?|pg(?:-?nr)?\.?")
CLEARING_LABELS: Final = labels(r"clearing(?:nummer|nr\.?)?")
ACCOUNT_LABELS: Final = labels(r"(?:bank)?konto(?:nummer|nr\.?)?")
BIC_LABELS: Final = labels(r"bic(?:/swift|-kod)?|swift(?:/bic)?")

ANY_LABEL: Final = re.compile(
    r"(?:er|vår|ert|vårt) (?:ref|beteckning|dnr)|faktura|förfallo|datum|kund|bankgiro|"
    r"plusgiro|postgiro|org|moms|betalnings|sida|ocr|belopp|summa|att betala|dröjsmål|"
    r"leverans|telefon|e-?post|iban|bic|swift|konto|clearing|beställar|märk|dnr|diarie|"
    r"adress|antal|enhet|pris|à-?pris|beskrivning|referens",
    re.IGNORECASE,
)
CREDIT: Final = re.compile(r"(?<!\w)kredit(?:faktura|nota|ering)", re.IGNORECASE)
MUNICIPALITY: Final = re.compile(
    r"(?<!\w)(?:[A-ZÅÄÖ][\wé-]+ ){1,3}(?:kommun|stad)(?!\w)", re.UNICODE
)
MONEY: Final = re.compile(
    r"(?<![\d,.:/-])(?P<sign>[-\u2212]?)(?:SEK |EUR |kr )?"
    r"(?P<whole>[0-9]{1,3}(?:[ \u00a0\u202f.][0-9]{3}(?![0-9])){1,4}|[0-9]{1,12})"
    r"(?:[,.](?P<part>[0-9]{2})|:-|,-)?(?![0-9]|[.,/:-][0-9]| ?%)"
)
NO_VAT: Final = re.compile(
    r"(?<!\w)(?:ingen|utan|ej) moms|momsfri|momsbefria|0 ?% moms", re.IGNORECASE
)
VAT_RATE: Final = re.compile(r"moms\D{0,20}?([0-9]{1,2})(?:[,.]0+)? ?%", re.IGNORECASE)
IBAN: Final = re.compile(r"(?<!\w)(SE[0-9]{2}(?: ?[0-9]{4}){5})(?!\w)")
WRITTEN_ACCOUNT: Final = re.compile(
    r"(?<![\d-])([0-9]{4}(?:-[0-9])?), ?([0-9][0-9 -]{5,14})"
)
ORGANISATION: Final = re.compile(r"(?<![\w-])((?:16)?[0-9]{6}-?[0-9]{4})(?![\w-])")
VAT_NUMBER: Final = re.compile(r"(?<!\w)SE ?([0-9]{10}) ?01(?!\w)")
MONTHS: Final = [
    "januari", "februari", "mars", "april", "maj", "juni",
    "juli", "augusti", "september", "oktober", "november", "december",
]  # fmt: skip
WORDED_DAY: Final = re.compile(rf"([0-9]{{1,2}}) ({'|'.join(MONTHS)}) ([0-9]{{4}})")


# The page ----------------------------------------------------------------------------


class Cell(NamedTuple):
    """Words of a line that stand together, and between which columns."""

    start: int
    end: int
    text: str


class Page:
    """Lines of text with their columns, and what stands by a label in them."""

    def __init__(self, text: str) -> None:
        """Take the text as laid out."""
        plain = re.sub("[\u00a0\u202f]", " ", CONTROL.sub(" ", text))
        found = [line[:MOST_WIDTH].rstrip() for line in plain.splitlines()]
        self.lines = [line for line in found if line][:MOST_LINES]
        self.text = "\n".join(self.lines)
        self.cells = [cells(line) for line in self.lines]

    def first(
        self, patterns: tuple[re.Pattern[str], ...], read: Callable[[str], Found | None]
    ) -> Found | None:
        """Return the first value by the surest label that has one."""
        return next(self.values(patterns, read), None)

    def values(
        self, patterns: tuple[re.Pattern[str], ...], read: Callable[[str], Found | None]
    ) -> Iterator[Found]:
        """Yield what stands by the labels, the surest label first."""
        for pattern in patterns:
            for row, line in enumerate(self.lines):
                for label in pattern.finditer(line):
                    for words in self.beside(row, label.start(), label.end()):
                        found = read(words)
                        if found is not None:
                            yield found
                            break

    def beside(self, row: int, start: int, end: int) -> Iterator[str]:
        """Yield what may be a label's value: after it, in the next columns, below it."""
        after = self.lines[row][end:].lstrip(" .:#").strip()
        same, *others = [part.strip() for part in re.split(r" {2,}", after)] or [""]
        if same and not ANY_LABEL.match(same):
            yield same
            yield from (other for other in others[-1:] if not ANY_LABEL.match(other))
        below = self.cells[row + 1] if row + 1 < len(self.cells) else []
        over = [one for one in below if one.start < end + 2 and one.end > start - 2]
        yield from (one.text for one in over if not ANY_LABEL.match(one.text))


def cells(line: str) -> list[Cell]:
    """Return the cells of a line: words with at most one space between them."""
    pattern = re.compile(r"\S+(?: \S+)*")
    return [Cell(m.start(), m.end(), m[0]) for m in pattern.finditer(line)]


# Values ------------------------------------------------------------------------------


def amount(words: str) -> Decimal | None:
    """Return the last amount among words, as Swedes write it.

    >>> amount("1 234 567,00 kr"), amount("-500:-"), amount("25 % 1.000,50")
    (Decimal('1234567.00'), Decimal('-500'), Decimal('1000.50'))
    >>> amount("2020-08-20"), amount("25 %"), amount("12345678901234")
    (None, None, None)
    """
    every = list(MONEY.finditer(words))
    if not every:
        return None
    found = every[-1]
    whole = re.sub(r"\D", "", found["whole"])
    value = Decimal(f"{whole}.{found['part']}") if found["part"] else Decimal(whole)
    return -value if found["sign"] else value


def number(words: str) -> str | None:
    """Return an invoice number: the first word, if it has a digit."""
    first = words.split(" ", maxsplit=1)[0].strip(".,:;")
    return first[:MOST_NUMBER] if re.fullmatch(r"[\w/.&-]*[0-9][\w/.&-]*", first) else None


def any_day(words: str) -> date | None:
    """Return the date words begin with.

    >>> any_day("20 augusti 2020"), any_day("20200820"), any_day("2020-13-01")
    (datetime.date(2020, 8, 20), datetime.date(2020, 8, 20), None)
    """
    worded = WORDED_DAY.match(words.lower())
    if worded:
        month = MONTHS.index(worded[2]) + 1
        return day(f"{worded[3]}-{month:02}-{int(worded[1]):02}")
    digits = re.match(r"([0-9]{4})[-/.]?([0-9]{2})[-/.]?([0-9]{2})(?![0-9-])", words)
    return day("-".join(digits.groups())) if digits else None


def reference(words: str) -> str | None:
    """Return a reference: what stands before a comma or a sentence's end."""
    first = re.split(r"[,;]|\. | och | senast ", words)[0].strip(" .:”“\"'")
    return first[:60] or None


def matching(pattern: str, words: str) -> str | None:
    """Return the beginning of words that matches."""
    found = re.match(rf"(?:{pattern})(?![\d-])", words)
    return found[0].strip() if found else None


# Facts -------------------------------------------------------------------------------


def parties(page: Page, buyer: str) -> tuple[str, bool]:
    """Return the seller's organisation number, and whether the buyer's is there too.

    A labelled number comes before one that stands alone, and that before a VAT number.
    """
    labelled = list(
        page.values(ORGANISATION_LABELS, partial(matching, "[0-9]{6}-?[0-9]{4}"))
    )
    alone = [one for one in ORGANISATION.findall(page.text) if "-" in one]
    written = [*labelled, *alone, *VAT_NUMBER.findall(page.text)]
    valid = [number for one in written if (number := organisation_number(one))]
    others = [one for one in valid if one != buyer]
    wrong = labelled[0] if labelled and not valid else ""
    return (others[0] if others else wrong), buyer in valid


def vat_of(page: Page) -> tuple[Decimal | None, bool]:
    """Return the VAT, none when nothing is said of it, and whether a rate is named."""
    has_rate = any(int(rate) for rate in VAT_RATE.findall(page.text))
    found = [abs(one) for one in page.values(VAT_LABELS, amount)]
    if found:
        return max(found), has_rate
    return (Decimal() if NO_VAT.search(page.text) else None), has_rate


def currency(page: Page) -> str:
    """Return the currency that is named; kronor are Swedish."""
    named = re.search(r"(?<!\w)(EUR|USD|NOK|DKK|GBP)(?!\w)|(€)", page.text)
    kronor = re.search(r"(?<!\w)(?:SEK|kr|kronor)(?!\w)|:-", page.text)
    if named and not kronor:
        return named[1] or "EUR"
    return "SEK" if kronor else ""


def record_number(page: Page) -> str:
    """Return the record number: the labelled one, or the first that looks like one."""
    for words in page.values(RECORD_LABELS, str):
        if found := record_numbers(words):
            return found[0]
    found = record_numbers(page.text)
    return found[0] if found else ""


def accounts(page: Page) -> Iterator[FoundAccount]:
    """Yield the accounts to pay to."""
    bankgiro = partial(matching, "[0-9]{3,4}-[0-9]{4}|[0-9]{7,8}")
    for one in page.values(BANKGIRO_LABELS, bankgiro):
        yield FoundAccount(Kind.BANKGIRO, one.replace("-", ""))
    plusgiro = partial(matching, "[0-9]{1,3}(?: ?[0-9]{2}){0,3} ?- ?[0-9]|[0-9]{2,8}")
    for one in page.values(PLUSGIRO_LABELS, plusgiro):
        yield FoundAccount(Kind.PLUSGIRO, re.sub(r"\D", "", one))
    bic = page.first(BIC_LABELS, partial(matching, "[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?"))
    for one in IBAN.findall(page.text):
        yield FoundAccount(Kind.IBAN, one.replace(" ", ""), bic=bic or "")
    for clearing, account in WRITTEN_ACCOUNT.findall(page.text):
        yield bank_account(clearing, account)
    clearing = page.first(CLEARING_LABELS, partial(matching, "[0-9]{4}(?:-[0-9])?")) or ""
    account = page.first(ACCOUNT_LABELS, partial(matching, "[0-9][0-9 -]{4,14}[0-9]")) or ""
    if clearing and account:
        yield bank_account(clearing, account)


def bank_account(clearing: str, account: str) -> FoundAccount:
    """Return a bank account in digits alone."""
    return FoundAccount(Kind.BANK, re.sub(r"\D", "", account), re.sub(r"\D", "", clearing))
