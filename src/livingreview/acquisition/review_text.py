"""The published text of the review: fetched from Europe PMC or read from a file, archived, kept as sentences.

Europe PMC gives the full text of an open-access article as JATS XML under ``{base_url}/{pmcid}/fullTextXML``; one that
it does not have is answered with 404. The text is asked for once. Every run notes which document it knew
(:data:`~livingreview.records.review_text.TEXT_SOURCE` in its log), so that its report can be made again.
"""

from pathlib import Path

from livingreview.acquisition.context import RunContext
from livingreview.acquisition.services import Acquired
from livingreview.acquisition.transport import Connect, Transport
from livingreview.config import QUOTABLE, Project, Review
from livingreview.errors import InputError, ServiceFaultError, SourceError, UsageError, unforeseen
from livingreview.records import Run
from livingreview.records.exchange import Payload, Request
from livingreview.records.review_text import TEXT_SOURCE, Sentence
from livingreview.records.sanitize import clip
from livingreview.sources.base import ask
from livingreview.store.repository import Repository

SERVICE = "europepmc"
_MOST_CHARS = 500


def check_licence(review: Review) -> None:
    """Whether sentences of the published text may be kept and shown.

    Raises:
        UsageError: its licence does not allow it.
    """
    if not review.is_quotable:
        said = f"licence is {clip(review.licence, 40)}" if review.licence else "no licence is given"
        allowed = f"{', '.join(QUOTABLE[:-1])} or {QUOTABLE[-1]}"
        raise UsageError(f"review.toml: {said}; only {allowed} allow sentences to be shown: paraphrases are shown")


def fetch(project: Project, repository: Repository, run: Run, transport: Transport) -> tuple[Sentence, ...]:
    """Asks Europe PMC for the text and keeps it.

    Raises:
        UsageError: its licence does not allow it, or it has no PMC number.
        SourceError: it did not come.
    """
    review = project.review
    check_licence(review)
    if not review.pmcid:
        raise UsageError("review.toml: no pmcid, so its text cannot be fetched; give it, or a file with --from")
    base_url = project.settings.service(SERVICE).base_url.rstrip("/")
    request = Request(url=f"{base_url}/{review.pmcid}/fullTextXML")
    kept, sentences = ask(transport.get, request, _read)
    _keep(repository, run, review.pmcid, kept.key, len(kept.payload.body), sentences)
    return sentences


def read_file(project: Project, repository: Repository, run: Run, path: Path) -> tuple[Sentence, ...]:
    """Reads the text from a file and keeps it.

    Raises:
        UsageError: its licence does not allow it.
        InputError: the file cannot be read, or is no article in JATS XML.
    """
    check_licence(project.review)
    body = file_bytes(path)
    sentences = sentences_of(body, path.name)
    _keep(repository, run, path.name, repository.archive.put(body), len(body), sentences)
    return sentences


def file_bytes(path: Path) -> bytes:
    """What a file holds, as far as an article may reach; what is longer is refused when it is parsed.

    Raises:
        InputError: it cannot be read.
    """
    from livingreview.sources.jats.article import MAX_BYTES

    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({getattr(error, 'strerror', '') or error})") from error


def sentences_of(body: bytes, what: str) -> tuple[Sentence, ...]:
    """See :func:`livingreview.sources.jats.article.read_sentences`, which is loaded when there is something to read."""
    from livingreview.sources.jats.article import read_sentences

    return read_sentences(body, what)


def fetch_once(context: RunContext, connect: Connect, acquired: Acquired) -> None:
    """Fetches the text in a run, when it may be shown, statements have places in it, and it is not here yet.

    What goes wrong is told, and is no failure of a source: statements are shown in our words, and the next run tries
    again.

    Args:
        context: the run.
        connect: makes the transport to each service.
        acquired: what the run read; where Europe PMC failed, it is left alone.
    """
    review, repository = context.project.review, context.repository
    is_wanted = review.is_quotable and review.pmcid and any(statement.places for statement in review.statements)
    is_asked = context.project.settings.service(SERVICE).is_enabled and SERVICE not in acquired.failures
    if not (is_wanted and is_asked) or is_kept(repository):
        return
    transport = connect(SERVICE)
    try:
        sentences = fetch(context.project, repository, context.run, transport)
        context.watch.tell(f"{SERVICE} / text of the review: {len(sentences)} sentences")
    except SourceError as error:
        context.watch.tell(f"{SERVICE} / text of the review: not fetched ({clip(error, _MOST_CHARS)})")
    finally:
        transport.close()


def is_kept(repository: Repository) -> bool:
    """Whether the text is in the store, and its document in the archive."""
    key = repository.review_text_key()
    return bool(key) and not repository.archive.fault(key)


def note_document(context: RunContext) -> None:
    """Notes in the log of a run which document of the text it knows."""
    repository = context.repository
    if is_kept(repository):
        key = repository.review_text_key()
        size_bytes = sum(map(len, repository.archive.blocks(key)))
        repository.log_document(
            context.run, TEXT_SOURCE, context.project.review.slug, key, size_bytes, context.run.now_at
        )


def restore(repository: Repository, key: str, body: bytes) -> None:
    """Keeps the text that a run knew, to make the run again."""
    repository.keep_review_sentences(key, sentences_of(body, TEXT_SOURCE))


def _keep(
    repository: Repository, run: Run, name: str, key: str, size_bytes: int, sentences: tuple[Sentence, ...]
) -> None:
    repository.log_document(run, TEXT_SOURCE, name, key, size_bytes, run.now_at)
    repository.keep_review_sentences(key, sentences)


def _read(payload: Payload) -> tuple[Sentence, ...]:
    try:
        return sentences_of(payload.body, "europepmc: the full text")
    except InputError as error:
        raise ServiceFaultError(str(error)) from error
    except Exception as error:
        # Whatever a text that nobody foresaw does to the reader: a run goes on without it, and says so.
        raise ServiceFaultError(f"europepmc: the full text: {unforeseen(error)}") from error
