"""Which process of which boot of this machine: a process id alone is given again to another one."""

import os
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_GONE_STATES = frozenset("ZX")
"""A zombie has ended; only its parent has not asked how."""


def boot_id() -> str:
    """Names the time from the start of this machine to its end; empty where the system does not say."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def exists(pid: int) -> bool:
    """Whether any process has this id now."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return (_stat(pid) or [""])[0] not in _GONE_STATES


def start(pid: int) -> str:
    """When a process began, in clock ticks since the boot; empty where the system does not say (no /proc)."""
    stat = _stat(pid)
    # proc(5): the state is field 3, the start field 22.
    return stat[19] if len(stat) > 19 else ""


def _stat(pid: int) -> list[str]:
    """The fields of ``/proc/PID/stat`` from the third on: the second, the name, may hold anything."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()
