"""The method of a run, archived: the review's configuration, baseline, labels and the settings that steer reading.

So a run can be replayed after any of them has been edited. Secrets, addresses of people and places of folders are
left out: they change nothing that is found.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

from livingreview.acquisition.context import RunContext
from livingreview.config import Project, SourcesSettings, TrialsSettings, load_review
from livingreview.config.redaction import without_login
from livingreview.records.serialization import canonical_json

SOURCE = "method"
_DATA = ("baseline", "labels")


def archive(context: RunContext) -> None:
    """Keeps the method of a run; the same method is kept once."""
    document = describe(context.project)
    key = context.repository.archive.put(document)
    context.repository.log_document(
        context.run, SOURCE, context.project.review.slug, key, len(document), datetime.now(UTC)
    )


def describe(project: Project) -> bytes:
    """The method as canonical JSON: ``files`` (path -> text) and ``settings``."""
    slug = project.review.slug
    folders = {f"config/reviews/{slug}": project.config_dir / "reviews" / slug}
    folders |= {f"data/{slug}/{name}": project.data_dir / name for name in _DATA}
    texts = {
        f"{name}/{path.relative_to(folder).as_posix()}": path.read_text(encoding="utf-8")
        for name, folder in folders.items()
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".toml", ".csv")
    }
    sources = project.settings.sources.model_dump(mode="json")
    for values in sources.values():
        values["base_url"] = without_login(values["base_url"])
        values.pop("api_key", None)
        del values["email"]
    settings = {
        "sources": sources,
        "trials": project.settings.trials.model_dump(mode="json"),
    }
    return canonical_json({"files": texts, "settings": settings}).encode()


def lay_out(document: bytes, project: Project, root: Path) -> Project:
    """The project as it was, in a folder of its own: its store, models and reports are there, its archive stays.

    Args:
        document: from :func:`describe`.
        project: the present one, for everything that a method does not hold.
        root: a folder; what it holds of an earlier method is overwritten.
    """
    values = json.loads(document)
    for name, text in values["files"].items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    settings = project.settings.model_copy(
        update={
            "database_url": "sqlite:///store.db",
            "archive_dir": str(project.path("archive_dir")),
            "models_dir": "models",
            "out_dir": "out",
            "sources": SourcesSettings.model_validate(values["settings"]["sources"]),
            "trials": TrialsSettings.model_validate(values["settings"]["trials"]),
        }
    )
    slug = project.review.slug
    return Project(root=root, config_dir=root / "config", settings=settings, review=load_review(root / "config", slug))
