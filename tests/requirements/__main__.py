"""``python -m tests.requirements``: write ``docs/requirements.md`` anew."""

import sys

from tests.requirements.checks import faults
from tests.requirements.lines import load_documents
from tests.requirements.page import write_page
from tests.support.shared import ROOT


def main() -> int:
    """Write the page; 1, and nothing written, when a line names what is not there."""
    documents = load_documents()
    wrong = [fault for one in documents for line in one.lines for fault in faults(line, ROOT)]
    if wrong:
        sys.stderr.write("\n".join([*wrong, ""]))
        return 1
    write_page(documents)
    return 0


if __name__ == "__main__":
    sys.exit(main())
