"""The files of reports: JSON, CSV and PDF."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from trellis.subgraphs.reporting.data import Contents
from trellis.subgraphs.reporting.documents import Cell, Document, make_document
from trellis.subgraphs.reporting.models import ReportFormat
from trellis.subgraphs.reporting.pdf import make_pdf

MAX_BYTES = 5_000_000

# What makes spreadsheets compute or load something instead of showing it: OWASP, CSV injection.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_MEDIA_TYPES = {
    ReportFormat.JSON: "application/json",
    ReportFormat.CSV: "text/csv; charset=utf-8",
    ReportFormat.PDF: "application/pdf",
}


class TooLarge(Exception):
    """A file would have more than ``MAX_BYTES``."""


@dataclass(frozen=True, slots=True)
class ResultFile:
    filename: str
    media_type: str
    content: bytes


async def make_file(
    definition_id: UUID, format: ReportFormat, contents: Contents, name: str
) -> ResultFile:
    """The file of a report, called ``name`` with the ending of its format.

    Raises ``TooLarge``, and ``PdfFailed`` where a PDF cannot be made within its limits.
    """
    if format is ReportFormat.JSON:
        content = orjson.dumps(contents.data, option=orjson.OPT_INDENT_2)
    else:
        document = make_document(definition_id, contents.data, contents.about)
        is_pdf = format is ReportFormat.PDF
        content = await make_pdf(document) if is_pdf else write_csv(document)
    if len(content) > MAX_BYTES:
        raise TooLarge
    return ResultFile(f"{name}.{format.value}", _MEDIA_TYPES[format], content)


def write_csv(document: Document) -> bytes:
    """All tables, one below the other with an empty line between them; with a byte order mark,
    without which spreadsheets take UTF-8 for something else."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    _write(writer, [document.title])
    _write(writer, [document.subtitle])
    for table in document.tables:
        writer.writerow([])
        _write(writer, [table.title])
        _write(writer, table.columns)
        for row in table.rows:
            _write(writer, row)
    return ("\ufeff" + out.getvalue()).encode()


def _write(writer: Any, row: Sequence[Cell]) -> None:
    writer.writerow([guarded(cell) for cell in row])


def guarded(cell: Cell) -> Cell:
    """A text that a spreadsheet would take for a formula, with an apostrophe before it; numbers
    stay numbers."""
    if isinstance(cell, str) and cell.lstrip(" \u00a0").startswith(_FORMULA_STARTS):
        return f"'{cell}"
    return cell
