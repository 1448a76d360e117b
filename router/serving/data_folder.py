"""Warns at the start of the server if other users can read its data folder."""

import stat
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)


def warn_of_open_folder(folder: Path) -> None:
    """Log ``data_folder_open`` when every user of the machine may list the folder. The files in it
    are closed to them (0600), but the rights of a folder that was there are not ours to change: a
    group that makes backups may have been given it."""
    try:
        mode = stat.S_IMODE(folder.stat().st_mode)
    except OSError:
        return  # it is made when it is needed, for its owner only
    if mode & stat.S_IRWXO:
        hint = f"chmod 700 {folder}"
        log.warning("data_folder_open", folder=str(folder), mode=f"{mode:04o}", hint=hint)
