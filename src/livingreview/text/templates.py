"""The templates of a package, compiled once and kept where Python keeps its compiled modules."""

import hashlib
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import metadata
from importlib.util import cache_from_source, find_spec
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket


def environment(
    package: str,
    autoescape: bool | Callable[[str | None], bool],
    finalize: Callable[[Any], Any] | None = None,
) -> Environment:
    """What renders the folder ``templates`` of a package; a name that a template does not get is an error.

    Args:
        package: dotted name.
        autoescape: whether values are escaped, or what says so of a template by its name.
        finalize: a function of a module that every value passes through before it is escaped.
    """
    options: dict[str, Any] = {"trim_blocks": True, "lstrip_blocks": True, "keep_trailing_newline": True}
    made = Environment(
        loader=PackageLoader(package),
        autoescape=autoescape,  # noqa: S701  (who asks says what is escaped; plain text is not)
        undefined=StrictUndefined,
        finalize=finalize,
        **options,
    )
    spec = find_spec(package)
    if spec and spec.origin:
        told = repr((metadata.version("jinja2"), autoescape is True, options)).encode()
        told += Path(sys.modules[finalize.__module__].__file__ or "").read_bytes() if finalize else b""
        made.bytecode_cache = _BesideModules(Path(spec.origin), hashlib.sha256(told).hexdigest()[:8])
    return made


class _BesideModules(FileSystemBytecodeCache):
    """Keeps compiled templates in ``__pycache__``: whoever can write there can also change the modules themselves.

    Jinja itself compares the source of a template and the version of Python, but not how its code was to be made.

    Args:
        module: the path of the package's own module.
        options: names everything besides a template's source that its code is made of.
    """

    def __init__(self, module: Path, options: str) -> None:
        super().__init__(str(Path(cache_from_source(str(module))).parent), f"%s-{options}.jinja")

    def load_bytecode(self, bucket: Bucket) -> None:
        """What cannot be read is compiled."""
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """As with modules, a folder that cannot be written to costs the time to compile again, nothing else."""
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                Path(self.directory).mkdir(parents=True, exist_ok=True)
                super().dump_bytecode(bucket)
