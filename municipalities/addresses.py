"""What may stand in an address."""

from django.urls.converters import StringConverter


class CodeConverter(StringConverter):
    """A municipality's code, or a word in its place where addresses are made.

    With other signs nothing is looked for: PostgreSQL refuses even to look for some.
    """

    regex = r"\w+"
