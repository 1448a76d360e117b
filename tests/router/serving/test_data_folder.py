"""A data folder that everybody may look into is named in the log."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from trellis.router.serving.data_folder import warn_of_open_folder


@pytest.mark.parametrize(("mode", "is_open"), [(0o755, True), (0o701, True), (0o750, False)])
def test_a_folder_that_others_may_enter_is_warned_of(
    tmp_path: Path, mode: int, is_open: bool
) -> None:
    tmp_path.chmod(mode)
    with capture_logs() as logs:
        warn_of_open_folder(tmp_path)
    told = [(one["event"], one["mode"], one["hint"]) for one in logs]
    assert told == [("data_folder_open", f"{mode:04o}", f"chmod 700 {tmp_path}")] * is_open
    assert tmp_path.stat().st_mode & 0o777 == mode


def test_a_folder_that_is_not_there_yet_is_not_warned_of(tmp_path: Path) -> None:
    with capture_logs() as logs:
        warn_of_open_folder(tmp_path / "data")
    assert logs == []
