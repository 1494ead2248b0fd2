"""What belongs together belongs to one body. The database refuses the rest.

The pages look things up among the body's own; these triggers hold for every other way in.
"""

import pgtrigger

REFUSED = """
IF EXISTS ({elsewhere}) THEN
    RAISE EXCEPTION 'What belongs together belongs to the same body.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""


def same_body(name: str, elsewhere: str) -> pgtrigger.Trigger:
    """Return a trigger that refuses a row for which the query ``elsewhere`` finds any."""
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func=REFUSED.format(elsewhere=elsewhere),
    )
