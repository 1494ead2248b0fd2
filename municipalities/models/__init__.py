"""Who and how many: places, bodies, people, files and statistics."""

from municipalities.models.bodies import CoordinatingBody
from municipalities.models.files import StoredFile
from municipalities.models.messages import (
    BouncedAddress,
    ContactConfirmation,
    Message,
    MessageTemplate,
)
from municipalities.models.people import Membership, Role, User
from municipalities.models.places import County, Municipality
from municipalities.models.statistics import (
    Statistic,
    StatisticImport,
    StatisticKind,
    StatisticValue,
)

__all__ = [
    "BouncedAddress",
    "ContactConfirmation",
    "CoordinatingBody",
    "County",
    "Membership",
    "Message",
    "MessageTemplate",
    "Municipality",
    "Role",
    "Statistic",
    "StatisticImport",
    "StatisticKind",
    "StatisticValue",
    "StoredFile",
    "User",
]
