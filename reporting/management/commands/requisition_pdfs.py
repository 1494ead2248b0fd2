"""Write a grant's requisitions as PDFs into a folder, for the archive."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from grants.models import Grant
from invoices.models import Requisition
from reporting.printing import printed, to_print


class Command(BaseCommand):
    """Makes the files side by side, and shows how far it has come."""

    help = "Write a grant's requisitions as PDFs into a folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the grant, the folder and the number of processes."""
        parser.add_argument("grant", help="Diarienummer, till exempel S/20/0026, eller id.")
        parser.add_argument("folder", type=Path, help="Mappen. Den görs om den inte finns.")
        parser.add_argument(
            "--processes",
            type=int,
            default=os.cpu_count() or 1,
            help="Så många processer på en gång. Förvalt: så många som datorn har kärnor.",
        )

    def handle(
        self, *args: Any, grant: str, folder: Path, processes: int, **options: Any
    ) -> None:
        """Write the files, and say how many."""
        if processes < 1:
            raise CommandError("Ange minst en process.")
        requisitions = list(to_print(Requisition.objects.filter(grant=self.grant(grant))))
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CommandError(f"Mappen {folder} går inte att göra: {error}") from error
        progress = tqdm(
            printed(requisitions, processes),
            total=len(requisitions),
            unit=" pdf",
            disable=None,  # nothing but a terminal wants a bar
        )
        for document in progress:
            (folder / document.name).write_bytes(document.pdf)
        self.stdout.write(f"{len(requisitions)} rekvisitioner finns nu i {folder}.")

    def grant(self, name: str) -> Grant:
        """Return the grant with the record number or the id."""
        found = Grant.objects.filter(record_number=name)
        if not found and name.isdigit():
            found = Grant.objects.filter(pk=name)
        if len(found) != 1:
            raise CommandError(
                f"Det finns {len(found)} medel med diarienumret {name}. Ange id i stället."
            )
        return found[0]
