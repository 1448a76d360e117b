"""``python -m trellis.subgraphs.reporting.pdf_process``: a document as JSON in, a PDF out.

It may use so much memory and processor time; reportlab is imported here only.
"""

import io
import json
import resource
import sys
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.charts.linecharts import HorizontalLineChart
from reportlab.graphics.shapes import Drawing, String
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

_MEMORY_BYTES = 1_000_000_000
_CPU_SECONDS = 15
_MAX_ROWS = 2_000
_MAX_LABEL = 14
_MAX_BARS = 31
_BLUE = colors.HexColor("#2b6cb0")
_STYLES = getSampleStyleSheet()


def make(document: dict[str, Any]) -> bytes:
    """The PDF of a document as ``documents.Document`` has it."""
    story: list[Flowable] = [
        Paragraph(escape(document["title"]), _STYLES["Title"]),
        Paragraph(escape(document["subtitle"]), _STYLES["Normal"]),
        Spacer(1, 12),
    ]
    for chart in document["charts"]:
        if chart["values"]:
            story += [_chart(chart), Spacer(1, 12)]
    for table in document["tables"]:
        story += [Paragraph(escape(table["title"]), _STYLES["Heading2"]), *_table(table)]
    out = io.BytesIO()
    # ``invariant``: the same document is the same bytes, whenever it is made.
    SimpleDocTemplate(out, pagesize=A4, title=document["title"], invariant=1).build(story)
    return out.getvalue()


def _table(table: dict[str, Any]) -> list[Flowable]:
    rows = [[_cell(cell) for cell in row] for row in table["rows"][:_MAX_ROWS]]
    grid = Table([list(table["columns"]), *rows], repeatRows=1, hAlign="LEFT")
    grid.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#e2e8f0")),
                ("GRID", (0, 0), (-1, -1), 0.25, colors.grey),
                ("FONTSIZE", (0, 0), (-1, -1), 8),
            ]
        )
    )
    left = len(table["rows"]) - _MAX_ROWS
    if left > 0:
        return [grid, Paragraph(f"and {left} more", _STYLES["Normal"])]
    return [grid, Spacer(1, 12)]


def _cell(cell: Any) -> Any:
    """Texts as paragraphs, which break lines; what they contain is no markup."""
    return "" if cell is None else Paragraph(escape(str(cell)), _STYLES["BodyText"])


def _chart(chart: dict[str, Any]) -> Drawing:
    labels, values = _few(chart["labels"]), _few(chart["values"])
    drawing = Drawing(460, 200)
    drawing.add(String(0, 188, chart["title"], fontName="Helvetica-Bold", fontSize=10))
    plot: Any = HorizontalLineChart() if chart["kind"] == "line" else VerticalBarChart()
    plot.x, plot.y, plot.width, plot.height = 35, 50, 410, 125
    plot.data = [values]
    plot.valueAxis.valueMin = 0
    plot.valueAxis.valueMax = 100 if chart["kind"] == "line" else max(*values, 1)
    plot.categoryAxis.categoryNames = [str(label)[:_MAX_LABEL] for label in labels]
    plot.categoryAxis.labels.fontSize = 6
    plot.categoryAxis.labels.angle = 45
    plot.categoryAxis.labels.boxAnchor = "ne"
    if chart["kind"] == "line":
        plot.lines[0].strokeColor = _BLUE
    else:
        plot.bars[0].fillColor = _BLUE
    drawing.add(plot)
    return drawing


def _few(items: Sequence[Any]) -> list[Any]:
    """Evenly chosen ones, the last among them: more labels could not be read."""
    if len(items) <= _MAX_BARS:
        return list(items)
    step = -(-len(items) // _MAX_BARS)
    return list(reversed(items[::-1][::step]))


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    sys.stdout.buffer.write(make(json.load(sys.stdin.buffer)))


if __name__ == "__main__":
    main()
