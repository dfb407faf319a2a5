"""Is everything in place for a run? Each check answers with what it found and what to do."""

import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib import metadata
from pathlib import Path

from livingreview import __version__, classify
from livingreview.baseline.transcript import check
from livingreview.config import Project, PubmedSettings, secrets_of
from livingreview.config.redaction import Redactor
from livingreview.errors import LivingReviewError, QueryRejectedError, SourceError, StoreError
from livingreview.records import Run
from livingreview.records.exchange import Payload, Request
from livingreview.sources.http import Client
from livingreview.store.archive import Archive
from livingreview.store.repository import Repository

_MIN_FREE_BYTES = 500_000_000
_MOST_SKEW_SECONDS = 300
_OVERLAP_BYTES = 1 << 14
"""No secret is longer in any of its forms."""
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
    yield _installation()
    yield Finding(
        name="clock",
        is_ok=now >= _RELEASED_AT,
        words=f"{now:%Y-%m-%d %H:%M} UTC" + ("" if now >= _RELEASED_AT else ": before this program; set the clock"),
    )
    for name in ("archive_dir", "models_dir", "out_dir"):
        yield _folder(name, project.path(name))
    yield _disk(project.root)
    yield from _store(project, now)
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
    address = "e-mail given" if pubmed.email else "no e-mail: NCBI asks for one (sources.pubmed.email)"
    yield Finding(name="credentials", is_ok=True, words=f"pubmed: {key}, {address}")
    yield _mail(project)


def _installation() -> Finding:
    """Another distribution may install a package of the same name: one of the two then overwrites the other's files."""
    others = sorted(set(metadata.packages_distributions().get("livingreview", ())) - {"livingreview"})
    if not others:
        return Finding(name="installation", is_ok=True, words=f"livingreview {__version__}")
    advice = f"`pip uninstall {' '.join(others)}`, then install livingreview again"
    words = f"{' and '.join(others)} also installs the package livingreview, over files of this one; {advice}"
    return Finding(name="installation", is_ok=False, words=words)


def _mail(project: Project) -> Finding:
    """Whether a digest could be handed over, as far as settings say."""
    mail, wrong = project.settings.mail, []
    if not mail.host:
        return Finding(name="mail", is_ok=True, words=f"no host: digests go into the folder {mail.folder}")
    if bool(mail.username) != bool(mail.password.get_secret_value()):
        wrong.append("give username and password both (LIVINGREVIEW_MAIL__PASSWORD), or neither")
    if mail.username and mail.security == "none":
        wrong.append("a password would travel in the clear: set security to starttls or tls")
    if not project.review.recipients:
        wrong.append("nobody gets it: name recipients in review.toml")
    words = f"{mail.host}:{mail.port}, {mail.security}, {len(project.review.recipients)} recipients"
    return Finding(name="mail", is_ok=not wrong, words="; ".join([words, *wrong]))


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


def _store(project: Project, now: datetime) -> Iterator[Finding]:
    try:
        repository = Repository.open(project.database_url, project.path("archive_dir"))
    except LivingReviewError as error:
        yield Finding(name="database", is_ok=False, words=str(error))
        return
    try:
        yield _database(repository)
        yield _lock(repository, project.settings.lock_stale_after)
        if runs := repository.runs():
            yield _cursors(repository, now)
            yield _archive(repository, runs[-1])
            yield _secrets(repository, Redactor(secrets_of(project.settings)))
    except LivingReviewError as error:
        yield Finding(name="database", is_ok=False, words=str(error))
    finally:
        repository.close()


def _database(repository: Repository) -> Finding:
    health = repository.health()
    words = f"{sum(repository.counts().values()):,} records, schema {health.schema}"
    if health.faults:
        advice = "put it aside and restore it (`livingreview snapshot restore`) or a copy"
        return Finding(name="database", is_ok=False, words=f"damaged: {'; '.join(health.faults)}; {advice}")
    if health.why_not_writable:
        words = f"cannot be written to ({health.why_not_writable}); check its rights, or wait for who holds it"
    return Finding(name="database", is_ok=not health.why_not_writable, words=words)


def _lock(repository: Repository, stale_after: timedelta) -> Finding:
    owner = repository.lock_owner(stale_after)
    if owner is None:
        return Finding(name="lock", is_ok=True, words="free")
    words = f"process {owner.pid} on {owner.host} since {owner.since:%Y-%m-%d %H:%M} UTC"
    state = f"left behind by {words}; the next run takes it over" if owner.is_stale else f"held by {words}"
    return Finding(name="lock", is_ok=True, words=state)


def _cursors(repository: Repository, now: datetime) -> Finding:
    """A reading that ended after the present: one of two clocks is or was wrong."""
    ahead = [cursor for cursor in repository.cursors() if cursor.read_to_at > now]
    if not ahead:
        return Finding(name="cursors", is_ok=True, words="none lies after the present")
    words = f"{ahead[0].source} / {ahead[0].query_name} was read up to {ahead[0].read_to_at:%Y-%m-%d %H:%M} UTC"
    return Finding(
        name="cursors", is_ok=False, words=f"{words}, after the present: check the clock; the next run reads again"
    )


def _archive(repository: Repository, run: Run) -> Finding:
    """Whether the documents of the last run are there, and are what they were."""
    keys = sorted({one.key for one in repository.received(run) if one.key})
    faults = {key: fault for key in keys if (fault := repository.archive.fault(key))}
    if not faults:
        return Finding(name="archive", is_ok=True, words=f"{len(keys)} documents of run {run.name}, as they came")
    if len(faults) == len(keys) and set(faults.values()) == {"missing"}:
        # The archive does not travel with a snapshot.
        words = f"no document of run {run.name} is here: that run cannot be replayed; the next one begins anew"
        return Finding(name="archive", is_ok=True, words=words)
    key, fault = next(iter(faults.items()))
    words = f"{len(faults)} of {len(keys)} documents of run {run.name} are missing or damaged ({key[:12]} is {fault})"
    return Finding(name="archive", is_ok=False, words=f"{words}: put them back from a copy, and check the disk")


def _secrets(repository: Repository, redactor: Redactor) -> Finding:
    """Whether a secret of the settings was kept, as it was before answers were cleaned of them."""
    keys = [key for key in repository.archive.list_keys() if _holds(repository.archive, key, redactor)]
    runs = [run.name for run in repository.runs() if redactor.finds("\n".join(_log(repository, run)).encode())]
    if not keys and not runs:
        return Finding(name="secrets", is_ok=True, words="none of the settings' in the archive or the log of runs")
    places = [f"{len(keys)} documents of the archive ({_some([key[:12] for key in keys])})"] if keys else []
    places += [f"the log of {len(runs)} runs ({_some(runs)})"] if runs else []
    words = (
        f"a key or password of the settings stands in {' and '.join(places)}: get a new one from its service and set"
        " that, so that the old one is worth nothing wherever it was copied to, pushed snapshots included"
    )
    return Finding(name="secrets", is_ok=False, words=words)


def _holds(archive: Archive, key: str, redactor: Redactor) -> bool:
    before = b""
    try:
        for block in archive.blocks(key):
            if redactor.finds(before + block):
                return True
            before = block[-_OVERLAP_BYTES:]
    except (StoreError, OSError, EOFError, zlib.error):
        # Damaged: another check says so where it matters.
        return False
    return False


def _log(repository: Repository, run: Run) -> Iterator[str]:
    """Every text of the log of a run that a service may have written."""
    yield run.error
    for log in repository.query_logs(run):
        yield from (log.text, log.error)
    for issue in repository.issues(run):
        yield issue.reason
    for one in repository.received(run):
        yield from (one.url, one.media_type, one.error, *one.parameters.values(), *one.headers.values())


def _some(names: Sequence[str]) -> str:
    return ", ".join([*names[:3], *(["..."] if len(names) > 3 else [])])


def _services(project: Project) -> Iterator[Finding]:
    paths = {
        "pubmed": "/einfo.fcgi",
        "clinicaltrials": "/version",
        "europepmc": "/search?query=ext_id:1&format=json",
        "crossref": "/works?rows=0",
    }
    skews: dict[str, float] = {}
    for name, path in paths.items():
        settings = project.settings.service(name)
        if not settings.is_enabled:
            continue
        key = settings.api_key.get_secret_value() if isinstance(settings, PubmedSettings) else ""
        client = Client(name, settings, redactor=Redactor.of(project.settings))
        request = Request(url=settings.base_url + path, secrets={"api_key": key} if key else {}, is_post=bool(key))
        try:
            answer = client.send(request, _check_key if key else None)
            yield Finding(name=name, is_ok=True, words="answers" + (", and takes the API key" if key else ""))
            skews |= _skew(name, answer)
        except SourceError as error:
            advice = "check the API key, the network and base_url" if key else "check the network and base_url"
            yield Finding(name=name, is_ok=False, words=f"{error}; {advice}")
        finally:
            client.close()
    if skews:
        yield _clocks(skews)


def _check_key(payload: Payload) -> None:
    """NCBI answers a key that it does not know in words, as a rule with status 400."""
    if b"API key invalid" in payload.body or b'"error"' in payload.body[:200]:
        words = " ".join(payload.body[:200].decode("utf-8", "replace").split())
        raise QueryRejectedError(f"pubmed: does not take the API key: {words}")


def _skew(name: str, answer: Payload) -> dict[str, float]:
    """Service -> seconds by which this machine's clock is ahead of the service's; nothing when it sends no time."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return {}
    return {name: (answer.retrieved_at - moment.replace(tzinfo=moment.tzinfo or UTC)).total_seconds()}


def _clocks(skews: Mapping[str, float]) -> Finding:
    name, seconds = max(skews.items(), key=lambda pair: abs(pair[1]))
    is_ok = abs(seconds) <= _MOST_SKEW_SECONDS
    side = "ahead of" if seconds > 0 else "behind"
    words = f"{abs(seconds):.0f} s {side} {name}" + ("" if is_ok else ": set the clock of this machine (NTP)")
    return Finding(name="clock against services", is_ok=is_ok, words=words)
