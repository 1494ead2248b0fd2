"""Say why a change was refused or a key cannot split a pot, in words people can act on.

The codes come from ``Refused`` (``grants/distribution.py``) and ``AllocationError``
(``grants/allocation.py``), which know no languages. Every code has its sentence here.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from grants.allocation import AllocationError
from grants.distribution import Refused
from municipalities.models import Municipality, Statistic
from municipalities.numbers import grouped, kronor

MOST_NAMES = 5
"""So many names in a sentence; the rest are counted."""

SENTENCES: Mapping[str, Promise] = {
    # Refused
    "basis_changed": gettext_lazy(
        "The budget or a statistic has changed since the amounts were calculated. "
        "Open the draft, look at the new amounts and save it. Then it can be decided."
    ),
    "below_claimed": gettext_lazy(
        "%(codes)s has already claimed more than this version gives. Ask them to withdraw "
        "or change the requisition first, or make a new draft."
    ),
    "below_zero": gettext_lazy(
        "The amount would be below zero for %(codes)s. Change or undo the adjustment."
    ),
    "changed_by_another": gettext_lazy(
        "%(by)s has changed the draft since you opened it. Nothing was saved."
    ),
    "decided": gettext_lazy(
        "The distribution is decided and cannot change. Make a new version instead."
    ),
    "draft_exists": gettext_lazy(
        "There is already a draft. Work on that one, or discard it first."
    ),
    "nothing_to_distribute": gettext_lazy(
        "There is nothing to distribute: no line of the budget is split by the key, "
        "and nothing is carried over."
    ),
    "reason_lacking": gettext_lazy("Write why there is a new version."),
    "same_person": gettext_lazy(
        "You changed the draft last. Ask a colleague to decide it."
    ),
    "statistic_lacking": gettext_lazy(
        "The key needs statistics that are not registered yet: %(names)s."
    ),
    # AllocationError
    "negative_pot": gettext_lazy("A pot of %(pot)s cannot be split."),
    "empty_key": gettext_lazy("The key has no parts. Add at least one."),
    "no_participants": gettext_lazy("No municipality takes part. Choose at least one."),
    "repeated_participants": gettext_lazy("%(codes)s takes part more than once."),
    "percent_out_of_range": gettext_lazy(
        "The top slices are %(percent)s %% together. They must be from 0 to 100 %%."
    ),
    "negative_amount": gettext_lazy("The amount %(amount)s is below zero."),
    "not_participants": gettext_lazy(
        "Fixed amounts go to municipalities that do not take part: %(codes)s."
    ),
    "negative_weight": gettext_lazy("%(label)s: the weight %(weight)s is below zero."),
    "zero_weights": gettext_lazy("At least one statistic needs a weight above zero."),
    "missing_value": gettext_lazy("%(label)s has no value for %(codes)s."),
    "negative_value": gettext_lazy("%(label)s has a value below zero for %(codes)s."),
    "zero_statistic": gettext_lazy(
        "%(label)s: the values of those who take part sum to zero."
    ),
    "too_much": gettext_lazy(
        "The top slice, the base and the fixed amounts come to %(needed)s, "
        "but there is only %(available)s to distribute."
    ),
    "not_all_distributed": gettext_lazy(
        "%(left)s has no receiver. Add a statistic that splits what remains."
    ),
}


def sentence(
    error: Refused | AllocationError,
    *,
    municipalities: Mapping[str, Municipality] | None = None,
    statistics: Mapping[str, Statistic] | None = None,
) -> str:
    """Return why it was refused, with municipalities and statistics by their names.

    ``municipalities`` are by code and ``statistics`` by id as text; what is not among
    them is shown as the refusal has it.
    """
    template = str(SENTENCES[error.code])
    return template % _shown(error.params, municipalities or {}, statistics or {})


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence has them: one, two and 3 more."""
    if len(names) == 1:
        return names[0]
    if len(names) > MOST_NAMES:
        more = len(names) - MOST_NAMES + 1
        return ngettext(
            "%(names)s and %(more)d more", "%(names)s and %(more)d more", more
        ) % {
            "names": ", ".join(names[: MOST_NAMES - 1]),
            "more": more,
        }
    return _("%(names)s and %(last)s") % {
        "names": ", ".join(names[:-1]),
        "last": names[-1],
    }


def _shown(
    params: Mapping[str, Any],
    municipalities: Mapping[str, Municipality],
    statistics: Mapping[str, Statistic],
) -> dict[str, str]:
    shown: dict[str, str] = {}
    for name, value in params.items():
        if name == "codes":
            shown[name] = listed(
                [
                    municipalities[code].name if code in municipalities else code
                    for code in value
                ]
            )
        elif name == "names":
            shown[name] = listed([str(each) for each in value])
        elif name in {"amount", "pot", "needed", "available", "left"}:
            shown[name] = kronor(value)
        elif isinstance(value, (Decimal, Fraction, int)):
            shown[name] = grouped(value)
        else:
            shown[name] = str(value)
    statistic = statistics.get(str(params.get("key", "")))
    if statistic:
        shown["label"] = str(statistic)
    return shown
