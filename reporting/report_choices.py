"""What somebody chooses between where two have written in the same field."""

from dataclasses import dataclass

from reporting.report_fields import in_words, place_of
from reporting.report_form import Field, Form, Part
from reporting.report_merging import Clash


@dataclass(frozen=True, slots=True)
class Choice:
    """A field, with what each has written: as it is read, and as it is kept if chosen."""

    field: Field
    theirs: str
    ours: str
    theirs_kept: str
    ours_kept: str
    both: str = ""
    """The two texts, one after the other; empty where both cannot stand."""

    @property
    def label(self) -> str:
        """What the field is called."""
        place = place_of(self.field)
        label = self.field.question.label
        return f"{label} – {place}" if place else label


def choices_of(form: Form, clash: Clash) -> list[Choice]:
    """Return what is to be chosen before the section can be saved."""
    choices = []
    for conflict in clash.conflicts:
        field, theirs, ours = conflict.field, conflict.before, conflict.after
        is_text = field.part in {Part.TEXT, Part.COMMENT} and not field.question.options
        choices.append(
            Choice(
                field,
                theirs=in_words(form, field, theirs),
                ours=in_words(form, field, ours),
                theirs_kept=theirs,
                ours_kept=ours,
                both=f"{theirs}\n\n{ours}" if is_text and theirs and ours else "",
            )
        )
    return choices
