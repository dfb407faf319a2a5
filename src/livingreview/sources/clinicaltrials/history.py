"""Earlier states of a study, as the history tab of ClinicalTrials.gov shows them.

The path is not part of the documented API and may change or vanish at any time, so it is asked only where the settings
say so, and whatever it does not give costs nothing but itself. Facts (observation; no description exists):

- ``/api/int/studies/{nct}/history`` gives ``changes``: ``version`` (0 is the first), ``date`` and ``status`` of each.
- ``/api/int/studies/{nct}/history/{version}`` gives that state as ``study``, in the shape of API v2. Its texts may be
  escaped otherwise than those of API v2, so a state that is stored already must not be read from here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from livingreview.errors import ServiceFaultError, SourceError
from livingreview.records.exchange import Payload, Request
from livingreview.sources.base import Getter, Retrieved, ask
from livingreview.sources.clinicaltrials.studies import clean, number_of, object_of
from livingreview.sources.values.dates import iso_date


def retrieve_history(base_url: str, between: Mapping[str, tuple[str, str]], get: Getter) -> Retrieved:
    """For each study the state that stood on a day, and each later one in which the status was another.

    Args:
        base_url: of API v2.
        between: NCT number -> that day, and the day of the oldest stored state, before which all of them lie.
        get: sends one request.

    Returns:
        The states; ``missing`` names the studies whose history could not be read. Once the list of one cannot be read,
        no other is asked for.
    """
    root = f"{base_url.rpartition('/')[0]}/int/studies"
    keys: list[str] = []
    missing: dict[str, str] = {}
    requests = 0
    for nct, (since, before) in sorted(between.items()):
        try:
            requests += 1
            _, listed = ask(get, Request(url=f"{root}/{nct}/history"), _read_list)
            for version in _wanted(listed, since, before):
                requests += 1
                kept, state = ask(get, Request(url=f"{root}/{nct}/history/{version}"), _read_state)
                # Another study, or a state that is stored already, would be taken for news.
                if number_of(state) == nct and _posted(state) < before:
                    keys.append(kept.key)
        except SourceError as error:
            reason = f"its status history could not be read ({error})"
            missing |= dict.fromkeys((one for one in between if one >= nct), reason)
            break
    return Retrieved(keys=tuple(keys), announced=len(between), missing=missing, requests=requests)


def _wanted(listed: Sequence[Mapping[str, Any]], since: str, before: str) -> Iterator[int]:
    """The version that stood on the day ``since``, and every later one before ``before`` with another status."""
    changes = sorted((one["version"], iso_date(clean(one["date"])), clean(one["status"])) for one in listed)
    earlier = [one for one in changes if one[1] and one[1] <= since]
    last_status = earlier[-1][2] if earlier else ""
    if earlier:
        yield earlier[-1][0]
    for version, day, status in changes:
        if since < day < before and status != last_status:
            last_status = status
            yield version


def _posted(found: Any) -> str:
    """When a state was posted; a day after all others where it does not say so."""
    for name in ("protocolSection", "statusModule", "lastUpdatePostDateStruct", "date"):
        found = found.get(name) if isinstance(found, dict) else None
    return iso_date(clean(found)) or "9999"


def _read_list(payload: Payload) -> list[dict[str, Any]]:
    changes = object_of(payload).get("changes")
    if not isinstance(changes, list) or not all(map(_is_version, changes)):
        raise ServiceFaultError("clinicaltrials: the answer is no list of versions")
    return changes


def _is_version(one: Any) -> bool:
    return isinstance(one, dict) and type(one.get("version")) is int and {"date", "status"} <= one.keys()


def _read_state(payload: Payload) -> dict[str, Any]:
    study = object_of(payload).get("study")
    if not isinstance(study, dict):
        raise ServiceFaultError("clinicaltrials: the answer holds no earlier state of a study")
    return study
