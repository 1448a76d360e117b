"""The files of reports: texts of people are never more than texts in them."""

import csv
import io
import re
import zlib
from base64 import a85decode

import pytest

from trellis.subgraphs.reporting.documents import Cell, Chart, Document, Table
from trellis.subgraphs.reporting.files import guarded, write_csv
from trellis.subgraphs.reporting.pdf import PdfFailed, make_pdf
from trellis.subgraphs.reporting.pdf_process import make

HOSTILE = '=cmd|"/C calc"!A0'


def document(*rows: tuple[Cell, ...], charts: tuple[Chart, ...] = ()) -> Document:
    return Document("Title", "About", [Table("Table", ("A", "B"), rows)], charts)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\u00a0=1", HOSTILE]
)
def test_what_a_spreadsheet_would_compute_is_a_text(text: str):
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("cell", ["1+1=2", "Ada", "", None, -1, -2.5, 7])
def test_other_cells_stay_as_they_are(cell: Cell):
    assert guarded(cell) is cell


def test_csv_has_all_tables_and_reads_back():
    one = Table("One", ("=a", "b"), [("x, y", 1), ('"q"\n', None)])
    written = write_csv(Document("T", "-", [one, Table("Two", ("c",), [])], []))

    assert written.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""))) == [
        ["T"],
        ["'-"],
        [],
        ["One"],
        ["'=a", "b"],
        ["x, y", "1"],
        ['"q"\n', ""],
        [],
        ["Two"],
        ["c"],
    ]


def text_of(pdf: bytes) -> str:
    """What the pages of a PDF of ours show."""
    found = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    pages = [zlib.decompress(a85decode(one.strip().removesuffix(b"~>"))) for one in found]
    return "".join(
        part.decode("latin-1")
        for page in pages
        for part in re.findall(rb"\((.*?)(?<!\\)\) Tj", page)
    )


def test_a_pdf_shows_texts_as_texts_and_charts():
    chart = {"title": "Hours", "kind": "bar", "labels": ["Ada", "<b>"], "values": [1.5, 0]}
    line = {"title": "Rate", "kind": "line", "labels": ["a"], "values": [50.0]}
    table = {
        "title": "Team",
        "columns": ["Name"],
        "rows": [["<b>Ada</b> & <img src='x'/>"], [None]],
    }
    pdf = make({"title": "R", "subtitle": "<a>", "charts": [chart, line], "tables": [table]})

    shown = text_of(pdf)
    assert "<b>Ada</b> & <img src='x'/>" in shown
    assert "Hours" in shown and "Rate" in shown and "<a>" in shown


def test_a_pdf_of_many_rows_and_of_none_is_made():
    rows = [[f"Name {n}", n] for n in range(2_100)]
    many = {"title": "Days", "columns": ["Name", "Figure"], "rows": rows}
    chart = {"title": "x", "kind": "line", "labels": [str(n) for n in range(366)]}
    pdf = make(
        {
            "title": "R",
            "subtitle": "",
            "charts": [{**chart, "values": [float(n % 100) for n in range(366)]}],
            "tables": [many, {"title": "None", "columns": ["A"], "rows": []}],
        }
    )
    shown = text_of(pdf)
    assert "Name 1999" in shown and "Name 2000" not in shown and "and 100 more" in shown


async def test_a_pdf_is_made_by_a_process_of_its_own():
    chart = Chart("Hours", "bar", ["Ada"], [1.0])
    pdf = await make_pdf(document(("Ada", 1), charts=(chart,)))
    assert "Ada" in text_of(pdf)


async def test_a_pdf_that_takes_too_long_is_given_up():
    with pytest.raises(PdfFailed, match="within"):
        await make_pdf(document(("x", 1)), seconds=0.001)


async def test_what_cannot_be_drawn_fails_with_the_reason():
    broken = Chart("x", "bar", ["a"], ["no number"])  # type: ignore[list-item]
    with pytest.raises(PdfFailed, match="Traceback"):
        await make_pdf(document(charts=(broken,)))
