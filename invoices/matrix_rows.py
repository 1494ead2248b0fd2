"""The rows of a grant's matrix, ready from the database.

The matrix is the page that staff open most, over up to 290 municipalities: one by one in
Python they took twice as long. So what ``offers.situation_of`` says of one municipality is
said here in SQL of them all, and ``tests/invoices/test_matrix_rows.py`` holds the two to
each other.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import timezone

from grants.models import Distribution, Grant
from invoices.matrix import OPEN_GROUP, Frame, Matrix, Row, Version
from invoices.models import STANDING
from invoices.requisition import last_day
from municipalities.prepared import planned_cursor

VERSIONS = """
SELECT version.id, version.version, version.status, version.decided_on, (
    SELECT (MIN(memo.published_at) AT TIME ZONE %(zone)s)::date
    FROM {memos} AS memo
    WHERE memo.distribution_id = version.id AND memo.status = 'published'
)
FROM grants_distribution AS version
WHERE version.grant_id = %(grant)s
ORDER BY version.version
"""

# Begins with SELECT, for what begins otherwise is taken for a change and noted as one.
ROWS = """
SELECT * FROM (
WITH made AS (  -- what a municipality has made of the grant, whichever version it answered
    SELECT claim.municipality_id,
        SUM(claim.amount) FILTER (WHERE claim.status = ANY(%(standing)s)) AS claimed,
        SUM(claim.amount) FILTER (WHERE claim.status = 'paid') AS paid,
        MAX(answered.amount) FILTER (WHERE claim.status = ANY(%(standing)s)) AS answered,
        MIN(claim.id) FILTER (WHERE claim.status = 'draft') AS draft_id,
        MAX(claim.id) FILTER (WHERE claim.status = 'rejected') AS rejected_id,
        MIN(claim.id) FILTER (WHERE claim.status = 'returned') AS returned_id,
        MAX(claim.id) FILTER (WHERE claim.status = ANY(%(standing)s)) AS standing_id
    FROM invoices_requisition AS claim
    JOIN grants_allocation AS answered ON answered.id = claim.allocation_id
    WHERE claim.grant_id = %(grant)s
    GROUP BY claim.municipality_id
), nudged AS (
    SELECT offer.municipality_id, MAX(step.at) AS at
    FROM invoices_step AS step
    JOIN grants_allocation AS offer ON offer.id = step.allocation_id
    JOIN grants_distribution AS version ON version.id = offer.distribution_id
    WHERE version.grant_id = %(grant)s AND step.kind = 'nudged'
    GROUP BY offer.municipality_id
), paying AS (
    SELECT DISTINCT ON (payment.requisition_id)
        payment.requisition_id, payment.status, payment.paid_on
    FROM invoices_payment AS payment
    JOIN invoices_requisition AS claim ON claim.id = payment.requisition_id
    WHERE claim.grant_id = %(grant)s
    ORDER BY payment.requisition_id, payment.id DESC
), offered AS (
    SELECT own.id, own.amount, own.municipality_id,
        made.draft_id, made.rejected_id, made.returned_id, made.standing_id,
        COALESCE(made.claimed, 0)::bigint AS claimed,
        COALESCE(made.paid, 0)::bigint AS paid,
        GREATEST(own.amount - COALESCE(made.claimed, 0), 0)::bigint AS remains,
        made.answered IS NULL OR own.amount > made.answered AS is_offer
    FROM grants_allocation AS own
    LEFT JOIN made ON made.municipality_id = own.municipality_id
    WHERE own.distribution_id = %(version)s
), shown AS MATERIALIZED (  -- or each column would say it all once more
    SELECT offered.*, is_offer AND remains > 0 AS is_open,
        CASE
            WHEN is_offer AND draft_id IS NOT NULL THEN draft_id
            WHEN is_offer AND remains > 0
                THEN CASE WHEN standing_id IS NULL THEN rejected_id END
            -- What asks for something to be done comes before what is done.
            ELSE COALESCE(returned_id, standing_id)
        END AS claim_id
    FROM offered
), situated AS (
    SELECT shown.*, opened.at AS opened_at,
        claim.answer, claim.status, claim.wants_more, claim.is_late, claim.submissions,
        claim.submitted_at, claim.decided_at, claim.allocation_id,
        CASE
            WHEN claim.status = 'draft' THEN CASE
                WHEN claim.draft_saved_at IS NULL AND claim.submissions = 0 THEN 'opened'
                ELSE 'begun'
            END
            WHEN claim.status = 'submitted' AND claim.answer = 'decline' THEN 'declined'
            WHEN claim.status = 'submitted' THEN 'answered'
            WHEN claim.id IS NOT NULL THEN claim.status
            WHEN NOT shown.is_open THEN 'nothing'
            WHEN opened.at IS NULL THEN 'offered'
            ELSE 'opened'
        END AS stands
    FROM shown
    LEFT JOIN invoices_requisition AS claim ON claim.id = shown.claim_id
    LEFT JOIN invoices_step AS opened
        ON opened.allocation_id = shown.id AND opened.kind = 'opened'
)
SELECT own.id, place.id, place.code, place.name, place.own_name,
    own.amount, own.claimed, own.paid,
    CASE WHEN own.is_open THEN own.remains ELSE 0 END,
    CASE WHEN own.is_open THEN 0 ELSE own.remains END,
    own.stands, %(offered_on)s::date,
    %(is_past)s AND own.stands = ANY(%(awaited)s),
    -- Who answered an earlier version opened that one.
    (COALESCE(own.opened_at, earlier.at) AT TIME ZONE %(zone)s)::date,
    (nudged.at AT TIME ZONE %(zone)s)::date,
    own.claim_id, own.answer, COALESCE(own.wants_more, FALSE), COALESCE(own.is_late, FALSE),
    COALESCE(own.submissions, 0),
    (own.submitted_at AT TIME ZONE %(zone)s)::date,
    (own.decided_at AT TIME ZONE %(zone)s)::date,
    paying.status, paying.paid_on
FROM situated AS own
JOIN municipalities_municipality AS place ON place.id = own.municipality_id
LEFT JOIN invoices_step AS earlier
    ON earlier.allocation_id = own.allocation_id AND earlier.kind = 'opened'
LEFT JOIN nudged ON nudged.municipality_id = own.municipality_id
LEFT JOIN paying
    ON paying.requisition_id = own.claim_id AND own.status IN ('approved', 'paid')
) AS matrix
ORDER BY code
"""


def matrix_of(grant: Grant, today: date) -> Matrix:
    """Return the matrix of the version that holds, in three queries however many rows.

    Without a decided version there are no rows.
    """
    frame = frame_of(grant)
    if frame.decided is None:
        return Matrix([], frame)
    is_past = frame.last_day is not None and today > frame.last_day
    asked = {
        "grant": grant.pk,
        "version": frame.decided.pk,
        "standing": list(STANDING),
        "awaited": [state.value for state in OPEN_GROUP],
        "zone": timezone.get_current_timezone_name(),
        "offered_on": frame.offered_on,
        "is_past": is_past and frame.offered_on is not None,
    }
    return Matrix([Row._make(values) for values in _fetched(ROWS, asked)], frame)


def frame_of(grant: Grant) -> Frame:
    """Return what the grant's rows have in common, in two queries."""
    asked = {"grant": grant.pk, "zone": timezone.get_current_timezone_name()}
    fetched = _fetched(VERSIONS.format(memos=_memos()), asked)
    versions = [Version(*values) for values in fetched]
    by_status = {version.status: version for version in versions}
    published = [version.published for version in versions if version.published]
    decided = by_status.get(Distribution.Status.DECIDED)
    if decided is not None and decided.published:
        published.append(decided.published)
    return Frame(
        decided=decided,
        draft=by_status.get(Distribution.Status.DRAFT),
        offered_on=published[-1] if published else None,
        last_day=last_day(grant),
    )


def _fetched(query: str, asked: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with planned_cursor() as cursor:
        cursor.execute(query, asked)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _memos() -> str:
    """Return the table of the memos, which point to the versions from the layer above."""
    memos: Any = Distribution._meta.get_field("memos").related_model
    return str(memos._meta.db_table)
