"""What the fields of hours need, and how long their lists are."""

from trellis.schema.list_sizes import list_size
from trellis.schema.paging import DEFAULT_PAGE

READ = [["read:hours"]]
WRITE = [["write:hours"]]
READ_OF_TASK = [["read:hours", "read:tasks"]]
"""To read the remaining hours of a task, a caller must be allowed to read its estimate."""

AS_LONG_AS_A_PAGE = list_size(DEFAULT_PAGE)
