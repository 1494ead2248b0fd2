"""Many requisitions as PDFs at once, on as many processes as one likes.

What a document says is read here, from the database; only the typesetting, which is nearly
all of the work, is handed out. The other processes never touch the database.
"""

import gc
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context

from django.db import connections
from django.utils.text import get_valid_filename

from invoices.models import Requisition
from invoices.models.requisitions import RequisitionQuerySet
from reporting.pdf import Enclosed, render_pdf
from reporting.requisition_pdf import document_of

AHEAD = 4
"""So many documents for each process are made ready before they are typeset."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document before it is typeset."""

    name: str
    html: str
    enclosed: tuple[Enclosed, ...]


@dataclass(frozen=True, slots=True)
class Printed:
    """A document, and what to call its file."""

    name: str
    pdf: bytes


def to_print(requisitions: RequisitionQuerySet) -> RequisitionQuerySet:
    """Return those that have been sent in and ask for money, with all a document shows."""
    return (
        requisitions.standing()
        .select_related("grant__body", "municipality", "submitted_by")
        .order_by("grant", "municipality__code", "pk")
    )


def sheets(requisitions: Iterable[Requisition]) -> Iterator[Sheet]:
    """Yield what each requisition says, ready to be typeset."""
    for requisition in requisitions:
        html, enclosed = document_of(requisition)
        code, number = requisition.municipality.code, requisition.invoice_number
        name = get_valid_filename(f"{code}-{number}.pdf")
        yield Sheet(name, html, tuple(enclosed))


def typeset(sheet: Sheet) -> Printed:
    """Return the document."""
    return Printed(sheet.name, render_pdf(sheet.html, enclosed=sheet.enclosed))


def printed(requisitions: Iterable[Requisition], processes: int) -> Iterator[Printed]:
    """Yield the requisitions' PDFs in their order, made by ``processes`` at a time."""
    waiting = sheets(requisitions)
    if processes == 1:
        yield from map(typeset, waiting)
        return
    # The first are read before the processes are made, and then our connection is closed:
    # one must not be in two processes. It is opened again when it is asked for.
    first = list(islice(waiting, processes))
    connections.close_all()
    # What they inherit is there to stay: to look for garbage in it would only copy it.
    context = get_context("fork")
    with ProcessPoolExecutor(processes, context, initializer=gc.freeze) as pool:
        at_work = [pool.submit(typeset, sheet) for sheet in first]
        for sheet in waiting:
            at_work.append(pool.submit(typeset, sheet))
            if len(at_work) > processes * AHEAD:
                yield at_work.pop(0).result()
        for future in at_work:
            yield future.result()
