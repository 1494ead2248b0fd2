"""Organisation numbers and Peppol addresses, matched whole.

Ten digits with a check digit (organisationsnummer); twelve with the century's 16 before.
In Peppol an address is a scheme and an identifier: ``0007:2220000000`` is a Swedish
organisation number, ``0088:7300009000005`` a location number (GLN).
Source: Peppol's code list of participant identifier schemes, and PEPPOL-COMMON-R040
and R049 (check digits).

>>> organisation_number("212000-0142"), organisation_number("162120000142")
('2120000142', '2120000142')
>>> organisation_number("212000-0143"), organisation_number("2120000142x")
('', '')
>>> endpoint("0007:2220000000"), endpoint("2220000000")
(('0007', '2220000000'), ('0007', '2220000000'))
"""

import re
from typing import Final

from stdnum import ean
from stdnum.se import orgnr

ORGANISATION_SCHEME: Final = "0007"
LOCATION_SCHEME: Final = "0088"


def organisation_number(text: str) -> str:
    """Return ten digits, or nothing when it is no Swedish organisation number."""
    digits = re.fullmatch(r"(?:16)?([0-9]{6})-?([0-9]{4})", text.strip())
    number = "".join(digits.groups()) if digits else ""
    return number if number and orgnr.is_valid(number) else ""


def endpoint(text: str) -> tuple[str, str] | None:
    """Return scheme and identifier of a Peppol address; none when it is not one."""
    scheme, colon, identifier = text.strip().partition(":")
    if not colon:
        scheme, identifier = ORGANISATION_SCHEME, scheme
    if scheme == ORGANISATION_SCHEME and organisation_number(identifier):
        return scheme, organisation_number(identifier)
    is_location = re.fullmatch(r"[0-9]{13}", identifier) and ean.is_valid(identifier)
    return (scheme, identifier) if scheme == LOCATION_SCHEME and is_location else None
