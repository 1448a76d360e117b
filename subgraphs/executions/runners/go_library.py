"""The compiled standard library of Go, made once for a version.

Installations of Go have no compiled packages, and compiling ``fmt`` takes longer than most programs
that use it. What is made here is bound read-only into the sandboxes, so that a program needs the
compiler and the linker only.
"""

import os
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

# Fifteen seconds of one core, by the least of priorities on a machine that does other things, too.
_PATIENCE_SECONDS = 600
_FORMAT = "{{if .Export}}{{.ImportPath}} {{.Export}}{{end}}"
# What is of use without a network, without C and without the tools of Go.
_PACKAGES = (
    *("bufio", "bytes", "cmp", "context", "container/heap", "container/list", "container/ring"),
    *("crypto/md5", "crypto/rand", "crypto/sha1", "crypto/sha256", "crypto/sha512", "embed"),
    *("encoding/base64", "encoding/binary", "encoding/csv", "encoding/hex", "encoding/json"),
    *("errors", "flag", "fmt", "hash/crc32", "hash/fnv", "hash/maphash", "html", "io", "io/fs"),
    *("iter", "log", "maps", "math", "math/big", "math/bits", "math/cmplx", "math/rand"),
    *("math/rand/v2", "os", "os/exec", "os/signal", "path", "path/filepath", "reflect", "regexp"),
    *("runtime", "runtime/debug", "slices", "sort", "strconv", "strings", "sync", "sync/atomic"),
    *("syscall", "text/tabwriter", "text/template", "time", "unicode", "unicode/utf16"),
    *("unicode/utf8", "unique", "unsafe"),
)
_making = threading.Lock()


@dataclass(frozen=True, slots=True)
class GoLibrary:
    """``folder`` has the compiled packages and ``imports``, which tells compiler and linker where
    each of them is: below ``seen_at``, the place of the folder inside sandboxes."""

    command: str
    folder: Path
    seen_at: str

    def prepare(self) -> None:
        """Make the library unless it is there. Raises ``OSError`` and
        ``subprocess.SubprocessError``."""
        with _making:
            if self.folder.exists():
                return
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.folder.parent) as work:
                made = Path(work, "library")
                made.mkdir()
                self._fill(made, Path(work, "cache"))
                # Another process may have made it meanwhile: that one is as good.
                if not self.folder.exists():
                    made.rename(self.folder)

    def _fill(self, made: Path, cache: Path) -> None:
        done = subprocess.run(
            ["/usr/bin/nice", "-n", "19", self.command, "list", "-export", "-deps"]
            + ["-f", _FORMAT, *_PACKAGES],
            check=True,
            timeout=_PATIENCE_SECONDS,
            cwd=made,
            env={
                "PATH": os.defpath,
                "HOME": str(made),
                "GOCACHE": str(cache),
                "GOENV": "off",
                "GOTOOLCHAIN": "local",  # what is installed, and nothing from elsewhere
                "GO111MODULE": "off",
                "CGO_ENABLED": "0",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        lines = []
        for number, line in enumerate(done.stdout.decode().splitlines()):
            package, path = line.split(" ", 1)
            shutil.copyfile(path, made / f"{number}.a")
            lines.append(f"packagefile {package}={self.seen_at}/{number}.a\n")
        (made / "imports").write_text("".join(lines), encoding="utf-8")
