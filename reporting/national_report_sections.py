"""Which sections the body's report to the authority has, from the round's form."""

from dataclasses import dataclass

from reporting.report_form import AMOUNTS, Form, Question

# A form's own keys have no hyphen.
SUMMARY = "egen-sammanfattning"
ECONOMY = "egen-ekonomi"
TITLES = {SUMMARY: "Sammanfattning", ECONOMY: "Ekonomisk redovisning"}


@dataclass(frozen=True, slots=True)
class Part:
    """A section to write, and the questions whose answers it rests on."""

    key: str
    title: str
    questions: tuple[Question, ...] = ()


def parts_of(form: Form) -> list[Part]:
    """Return the sections to write: a summary, the form's, and what became of the money.

    A section that asks for amounts alone is told by the tables of the last one.
    """
    parts = [Part(SUMMARY, TITLES[SUMMARY])]
    amounts: list[Question] = []
    for section in form.sections:
        asked = [each for each in section.questions if each.kind in AMOUNTS]
        amounts += asked
        if len(asked) < len(section.questions):
            parts.append(Part(section.key, section.title, section.questions))
    return [*parts, Part(ECONOMY, TITLES[ECONOMY], tuple(amounts))]
