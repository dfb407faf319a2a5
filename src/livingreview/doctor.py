"""Is everything in place for a run? Each check answers with what it found and what to do."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from livingreview import classify
from livingreview.baseline import check
from livingreview.config import Project
from livingreview.errors import LivingReviewError, SourceError
from livingreview.http import Client, Request
from livingreview.store.repository import Repository

_MIN_FREE_BYTES = 500_000_000
_RELEASED_AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check and how it came out."""

    name: str
    is_ok: bool
    words: str


def examine(load: Callable[[], Project], now: datetime, *, is_live: bool) -> list[Finding]:
    """Every check, in an order in which the later ones build on the earlier.

    Args:
        load: reads settings and review.
        now: the moment taken for the present.
        is_live: also send one request to every enabled service.
    """
    try:
        project = load()
    except LivingReviewError as error:
        return [Finding(name="settings", is_ok=False, words=str(error))]
    findings = [Finding(name="settings", is_ok=True, words=f"review {project.review.slug}, {project.config_dir}")]
    findings.extend(_offline(project, now))
    if is_live:
        findings.extend(_services(project))
    return findings


def _offline(project: Project, now: datetime) -> Iterator[Finding]:
    yield Finding(
        name="clock",
        is_ok=now >= _RELEASED_AT,
        words=f"{now:%Y-%m-%d %H:%M} UTC" + ("" if now >= _RELEASED_AT else ": before this program; set the clock"),
    )
    for name in ("archive_dir", "models_dir", "out_dir"):
        yield _folder(name, project.path(name))
    yield _disk(project.root)
    yield from _store(project)
    try:
        model = classify.Model.load(project.path("models_dir") / project.review.slug, project.review)
        yield Finding(name="model", is_ok=True, words=f"{model.id}, trained {model.card.get('trained_at', '')}")
    except LivingReviewError:
        yield Finding(name="model", is_ok=True, words="none for the present config; the next run trains one")
    try:
        gaps = len(check(project).unwatched)
        yield Finding(
            name="baseline",
            is_ok=True,
            words=f"{gaps} references with neither pmid nor doi" + ("; `baseline resolve` looks for them" * bool(gaps)),
        )
    except LivingReviewError as error:
        yield Finding(name="baseline", is_ok=False, words=str(error))
    pubmed = project.settings.sources.pubmed
    key = "an API key" if pubmed.api_key.get_secret_value() else "no API key (3 requests a second)"
    mail = "e-mail given" if pubmed.email else "no e-mail: NCBI asks for one (sources.pubmed.email)"
    yield Finding(name="credentials", is_ok=True, words=f"pubmed: {key}, {mail}")


def _folder(name: str, path: Path) -> Finding:
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        words = f"{path}: cannot be written to ({error.strerror}); change {name} in settings.toml or its rights"
        return Finding(name=name, is_ok=False, words=words)
    return Finding(name=name, is_ok=True, words=str(path))


def _disk(path: Path) -> Finding:
    free = shutil.disk_usage(path).free
    is_ok = free >= _MIN_FREE_BYTES
    return Finding(name="disk", is_ok=is_ok, words=f"{free / 1e9:.1f} GB free" + ("" if is_ok else "; make room"))


def _store(project: Project) -> Iterator[Finding]:
    try:
        repository = Repository.open(project.database_url, project.path("archive_dir"))
    except LivingReviewError as error:
        yield Finding(name="database", is_ok=False, words=str(error))
        return
    try:
        counts = repository.counts()
        yield Finding(name="database", is_ok=True, words=f"{sum(counts.values()):,} records")
        owner = repository.lock_owner()
        if owner is None:
            yield Finding(name="lock", is_ok=True, words="free")
        else:
            host, pid, since = owner
            words = f"held by process {pid} on {host} since {since:%Y-%m-%d %H:%M} UTC"
            yield Finding(name="lock", is_ok=True, words=words)
    except LivingReviewError as error:
        yield Finding(name="database", is_ok=False, words=str(error))
    finally:
        repository.close()


def _services(project: Project) -> Iterator[Finding]:
    paths = {
        "pubmed": "/einfo.fcgi",
        "clinicaltrials": "/version",
        "europepmc": "/search?query=ext_id:1&format=json",
        "crossref": "/works?rows=0",
    }
    for name, path in paths.items():
        settings = project.settings.service(name)
        if not settings.is_enabled:
            continue
        client = Client(name, settings)
        try:
            client.send(Request(url=settings.base_url + path))
            yield Finding(name=name, is_ok=True, words="answers")
        except SourceError as error:
            yield Finding(name=name, is_ok=False, words=f"{error}; check the network and base_url")
        finally:
            client.close()
