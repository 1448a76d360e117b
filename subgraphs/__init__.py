"""One folder per bounded context; folders never import one another.

What domains share is in the folders ``*_scope``, which import none of them.
"""

from trellis.schema.extras import require_packages

if __name__ != "trellis.subgraphs":  # a second copy of every module, with classes of its own
    raise ImportError(f"{__name__} is imported as trellis.subgraphs")

require_packages(
    __name__,
    "demo",
    "sqlmodel",
    "pwdlib",
    "argon2",
    "pyotp",
    "aiosmtplib",
    "httpcore",
    "obstore",
    "filetype",
    "PIL",
    "http_ece",
    "reportlab",
    "authlib",
    "stripe",
    "quickjs_rs",
    "tzdata",
)
