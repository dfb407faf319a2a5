"""What is asked of a service and what comes back, as bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked: parameters go into the address, or with ``is_post`` into the body.

    ``secrets`` are parameters too, but are shown and kept nowhere; they must go by POST.
    """

    url: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_post: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What came back, as bytes, before anybody looks into it."""

    request: Request
    status: int
    body: bytes
    media_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    retrieved_at: datetime
