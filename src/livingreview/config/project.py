"""config/ and data/ of one review, read and checked."""

import csv
import hashlib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from livingreview.config.base import SLUG, Frozen
from livingreview.config.count import counted_trials
from livingreview.config.review import Review
from livingreview.config.settings import ENV_PREFIX, Settings
from livingreview.errors import ConfigError
from livingreview.records import Baseline, PrintedTrial, Reference
from livingreview.records.identifiers import registry_ids
from livingreview.records.sanitize import clip

_NOT_SETTINGS = {"LIVINGREVIEW_FIELD_DATA", "LIVINGREVIEW_CONFIG", "LIVINGREVIEW_TEST_POSTGRES"}
"""Variables with our prefix that are not values of settings.toml."""


class Project(Frozen):
    """Everything that one invocation works with; paths are absolute."""

    root: Path
    config_dir: Path
    settings: Settings
    review: Review

    @property
    def data_dir(self) -> Path:
        """data/<review>/ beside config/."""
        return self.root / "data" / self.review.slug

    @property
    def database_url(self) -> str:
        """The database, with relative SQLite paths taken from the project's root."""
        url = self.settings.database_url.replace("{review}", self.review.slug)
        prefix = "sqlite:///"
        if url.startswith(prefix) and not Path(url.removeprefix(prefix)).is_absolute():
            return prefix + str(self.root / url.removeprefix(prefix))
        return url

    def config_hash(self) -> str:
        """Identity of everything in the review's configuration: a method change shows as another hash."""
        digest = hashlib.sha256()
        for path in sorted((self.config_dir / "reviews" / self.review.slug).glob("*.toml")):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()[:16]

    def path(self, name: Literal["archive_dir", "models_dir", "out_dir", "inbox_dir"]) -> Path:
        """One of the folders of settings.toml, absolute."""
        folder: str = getattr(self.settings, name)
        return self.root / folder.replace("{review}", self.review.slug)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file; `livingreview init DIR` lays out a working set") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error}); mend the file") from error


def _explain(where: str, error: ValidationError) -> ConfigError:
    first = error.errors(include_url=False, include_input=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    return ConfigError(f"{where}: {name}: {_message(first)}" if name else f"{where}: {_message(first)}")


def _message(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "unknown key; remove it or mend its spelling"
    return str(error["msg"]).removeprefix("Value error, ")


def _explain_review(folder: Path, values: Mapping[str, Any], error: ValidationError) -> ConfigError:
    """The file of the key that is wrong; a statement by its id, and its rules counted from 1."""
    first = error.errors(include_url=False, include_input=False)[0]
    file, *rest = [str(part) for part in first["loc"]] or [""]
    if file not in ("areas", "facets", "statements"):
        return _explain(str(folder), error)
    if file == "statements" and rest and rest[0].isdigit():
        rows = values.get("statements")
        row = rows[int(rest[0])] if isinstance(rows, list) else {}
        rest[0] = f"statement {row.get('id', rest[0]) if isinstance(row, dict) else rest[0]}"
        if rest[1:2] == ["rules"] and len(rest) > 2:
            rest[1:3] = [f"rule {int(rest[2]) + 1}"]
    where = ", ".join([*rest[:2], ".".join(rest[2:])] if file == "statements" else [".".join(rest)]).rstrip(", ")
    return ConfigError(f"{folder / f'{file}.toml'}: {where}: {_message(first)}")


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Variables with our prefix that set nothing: a slip of the pen that would go unnoticed."""
    known = {ENV_PREFIX + name.upper() for name in Settings.model_fields}
    return sorted(
        name
        for name in environ
        if name.startswith(ENV_PREFIX) and name not in _NOT_SETTINGS and name.split("__")[0] not in known
    )


def load_settings(config_dir: Path) -> Settings:
    """config/settings.toml under the environment.

    Raises:
        ConfigError: a key is unknown, a value does not fit, the file cannot be read.
    """
    path = config_dir / "settings.toml"
    values = _read_toml(path)
    for secret in ("sources.pubmed.api_key", "mail.password"):
        table: Any = values
        for part in secret.split("."):
            table = table.get(part) if isinstance(table, dict) else None
        if table is not None:
            name = ENV_PREFIX + secret.upper().replace(".", "__")
            raise ConfigError(f"{path}: {secret} is a secret; remove it and set {name} in the environment")
    try:
        return Settings(**values)
    except ValidationError as error:
        raise _explain(f"{path} (or its environment variables)", error) from error
    except Exception as error:
        # pydantic-settings wraps a variable that is not valid JSON in an error of its own.
        raise ConfigError(f"environment variables {ENV_PREFIX}...: {error}") from error


def load_review(config_dir: Path, slug: str) -> Review:
    """config/reviews/<slug>/*.toml as one model.

    Raises:
        ConfigError: that is no slug, there is no such review, or one of its files is wrong.
    """
    if not re.fullmatch(SLUG, slug):
        raise ConfigError(f"{clip(slug, 80)!r}: no slug of a review; it has at most 64 small letters, digits, - and _")
    folder = config_dir / "reviews" / slug
    if not folder.is_dir():
        have = ", ".join(sorted(path.name for path in (config_dir / "reviews").glob("*/"))) or "none"
        raise ConfigError(f"{folder}: no such review; there are: {have}")
    values = _read_toml(folder / "review.toml")
    for name in ("areas", "facets", "statements"):
        values |= _read_toml(folder / f"{name}.toml")
    values |= _read_toml(folder / "models.toml")
    try:
        return Review(**values)
    except ValidationError as error:
        raise _explain_review(folder, values, error) from error


def load_project(config_dir: Path, review: str = "") -> Project:
    """Settings and one review, checked.

    Args:
        config_dir: the folder that holds settings.toml.
        review: slug; empty takes the one that settings.toml names.

    Raises:
        ConfigError: something in config/ or the environment is wrong.
    """
    config_dir = config_dir.absolute()
    try:
        is_folder = config_dir.is_dir()
    except OSError as error:
        raise ConfigError(
            f"--config: {clip(config_dir)}: {error.strerror}; give the folder of settings.toml"
        ) from error
    if not is_folder:
        raise ConfigError(f"{config_dir}: no such folder; `livingreview init DIR` lays out a working set")
    settings = load_settings(config_dir)
    return Project(
        root=config_dir.parent,
        config_dir=config_dir,
        settings=settings,
        review=load_review(config_dir, review or settings.review),
    )


def read_csv(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a CSV file that must have these columns.

    Raises:
        ConfigError: the file is missing, not UTF-8, or lacks a column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise ConfigError(f"{path}: column missing: {', '.join(missing)}")
            return [{name: (value or "").strip() for name, value in row.items() if name} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path}: cannot be read ({error})") from error


def load_baseline(project: Project) -> Baseline:
    """references.csv and trials.csv of the review.

    Raises:
        ConfigError: a file is missing or a number in it is not a number.
    """
    folder = project.data_dir / "baseline"
    columns = ("ref_no", "first_author", "year", "journal", "title", "doi", "pmid", "role")
    references = []
    for line, row in enumerate(read_csv(folder / "references.csv", columns), start=2):
        try:
            references.append(
                Reference(
                    ref_no=int(row["ref_no"]),
                    first_author=row["first_author"],
                    year=int(row["year"]),
                    journal=row["journal"],
                    title=row["title"],
                    volume=row.get("volume", ""),
                    page=row.get("page", ""),
                    doi=row["doi"].lower(),
                    pmid=row["pmid"],
                    pmcid=row.get("pmcid", ""),
                    derived_doi=row.get("derived_doi", "").lower(),
                    role=row["role"],
                    area=row.get("disease_area", ""),
                )
            )
        except ValueError as error:
            raise ConfigError(f"{folder / 'references.csv'}, line {line}: {error}") from error
    wanted = ("nct_id", "title", "ev_source", "condition", "status", "location", "disease_area", "note", "role")
    trials = tuple(
        PrintedTrial(
            area=row["disease_area"],
            other_ids=() if row["nct_id"] else registry_ids(row["note"]),
            place=_place(folder / "trials.csv", line, row.get("place", "")),
            **{name: row[name] for name in wanted if name != "disease_area"},
        )
        for line, row in enumerate(read_csv(folder / "trials.csv", wanted), start=2)
    )
    review = project.review
    itself = Reference(
        ref_no=0,
        first_author="",
        year=review.published_date.year,
        journal="",
        title=review.title,
        doi=review.doi.lower(),
        pmid=review.pmid,
        pmcid=review.pmcid,
    )
    baseline = Baseline(
        published_date=review.published_date, references=tuple(references), trials=trials, itself=itself
    )
    for statement in review.statements:
        if statement.count and not counted_trials(statement.count, statement, baseline):
            raise ConfigError(
                f"{project.config_dir / 'reviews' / review.slug / 'statements.toml'}: statement {statement.id}:"
                f" count: printed_trials = {statement.count.printed_trials!r} names no trial of trials.csv; name those"
                " that the review counted"
            )
    return baseline


def _place(path: Path, line: int, word: str) -> str:
    if word not in ("", "table1", "text"):
        raise ConfigError(f"{path}, line {line}: place is {clip(word, 40)!r}; write table1 or text")
    return word or "table1"


def find_config_dir(given: Path | None) -> Path:
    """--config, else LIVINGREVIEW_CONFIG, else ./config."""
    if given is not None:
        return given
    return Path(os.environ.get("LIVINGREVIEW_CONFIG") or "config")
