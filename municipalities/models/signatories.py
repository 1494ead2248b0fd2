"""No municipality is left without a signatory: the database refuses it.

Who may answer for a municipality must always be there: a signatory without a last day. One
with a last day counts until then. The municipality's row is locked first, so that two who
remove each other at the same moment are seen one after the other.
"""

import pgtrigger

KEEPS_A_SIGNATORY = """
PERFORM 1 FROM municipalities_municipality
    WHERE id IN (SELECT municipality_id FROM {lost})
    ORDER BY id FOR NO KEY UPDATE;
IF EXISTS (
    SELECT 1 FROM {lost}
    WHERE NOT EXISTS (
        SELECT 1
        FROM municipalities_membership AS other
        JOIN municipalities_user AS person ON person.id = other.user_id
        WHERE other.municipality_id = lost.municipality_id
            AND other.role = 'signatory'
            AND person.is_active
            AND (other.valid_until IS NULL OR (
                lost.valid_until IS NOT NULL
                AND other.valid_until >= {today}
            ))
    )
) THEN
    RAISE EXCEPTION 'The municipality would be without a signatory.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NULL;
"""

TODAY = "(now() AT TIME ZONE 'Europe/Stockholm')::date"

# The signatories that counted before the statement, of the rows that it touched.
CHANGED = """(
    SELECT before.municipality_id, before.valid_until
    FROM old_rows AS before
    JOIN new_rows AS after ON after.id = before.id
    JOIN municipalities_user AS holder ON holder.id = before.user_id
    WHERE before.role = 'signatory' AND holder.is_active
        AND (before.valid_until IS NULL OR before.valid_until >= {today})
        AND (before.municipality_id, before.user_id, before.role, before.valid_until)
            IS DISTINCT FROM
            (after.municipality_id, after.user_id, after.role, after.valid_until)
) AS lost"""

REMOVED = """(
    SELECT before.municipality_id, before.valid_until
    FROM old_rows AS before
    JOIN municipalities_user AS holder ON holder.id = before.user_id
    WHERE before.role = 'signatory' AND holder.is_active
        AND (before.valid_until IS NULL OR before.valid_until >= {today})
) AS lost"""

CLOSED = """(
    SELECT held.municipality_id, held.valid_until
    FROM old_rows AS before
    JOIN new_rows AS after ON after.id = before.id
    JOIN municipalities_membership AS held ON held.user_id = before.id
    WHERE before.is_active AND NOT after.is_active AND held.role = 'signatory'
        AND (held.valid_until IS NULL OR held.valid_until >= {today})
) AS lost"""


def keeps_a_signatory(
    name: str, operation: pgtrigger.Operation, lost: str, **referencing: str
) -> pgtrigger.Trigger:
    """Return a trigger that refuses to leave a municipality without a signatory."""
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(  # type: ignore[no-untyped-call]
            old="old_rows", **referencing
        ),
        func=KEEPS_A_SIGNATORY.format(lost=lost.format(today=TODAY), today=TODAY),
    )


ACCOUNT_TRIGGER = keeps_a_signatory(
    "closing_keeps_a_signatory", pgtrigger.Update, CLOSED, new="new_rows"
)
MEMBERSHIP_TRIGGERS = [
    keeps_a_signatory(
        "change_keeps_a_signatory", pgtrigger.Update, CHANGED, new="new_rows"
    ),
    keeps_a_signatory("removal_keeps_a_signatory", pgtrigger.Delete, REMOVED),
]
