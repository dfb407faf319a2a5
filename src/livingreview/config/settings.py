"""config/settings.toml: how the program runs.

Every value can be set from the environment: ``LIVINGREVIEW_`` plus its path, ``__`` between levels. Secrets come only
from there.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from livingreview.config.base import SLUG, Frozen

ENV_PREFIX = "LIVINGREVIEW_"
MIN_SECRET_CHARS = 6
"""A shorter secret cannot be told from the letters of a text; NCBI's keys have 36."""
MAX_DAYS = 36_500
"""A century: what is added to a date must stay one."""


class ServiceSettings(Frozen):
    """How one service is asked; the defaults of each source stand in :class:`SourcesSettings`.

    Those of ``overlap_days`` and ``recount_weeks`` go together: what a service shows 40 days late, and hides for two
    readings more, is in the store two weekly runs after it was shown for the second time.
    """

    is_enabled: bool = True
    base_url: str
    requests_per_second: float = Field(gt=0)
    page_size: int = Field(gt=0)
    connect_timeout_seconds: float = Field(default=3.0, gt=0)
    read_timeout_seconds: float = Field(default=60.0, gt=0)
    max_attempts: int = Field(default=5, ge=1)
    max_wait_seconds: float = Field(default=120.0, ge=0)
    max_body_megabytes: float = Field(default=256.0, gt=0)
    lag_days: int = Field(default=2, ge=0, le=MAX_DAYS)
    overlap_days: int = Field(default=45, ge=0, le=MAX_DAYS)
    recount_weeks: int = Field(default=4, ge=1, le=MAX_DAYS // 7)
    overdue_after_days: int = Field(default=14, gt=0, le=MAX_DAYS)
    email: str = ""

    @property
    def allowed_per_second(self) -> float:
        """How many requests a second may be sent."""
        return self.requests_per_second


class PubmedSettings(ServiceSettings):
    """NCBI E-utilities: 3 requests a second, 10 with an API key (NBK25497); batches of 200 by POST."""

    base_url: str = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
    requests_per_second: float = 3.0
    requests_per_second_with_key: float = 10.0
    api_key: SecretStr = SecretStr("")
    page_size: int = 200

    @field_validator("api_key")
    @classmethod
    def _is_long_enough(cls, key: SecretStr) -> SecretStr:
        if 0 < len(key.get_secret_value().strip()) < MIN_SECRET_CHARS:
            raise ValueError(f"shorter than {MIN_SECRET_CHARS} letters, so it is no key; copy the whole of it")
        return key

    @property
    def allowed_per_second(self) -> float:
        """More with an API key."""
        has_key = bool(self.api_key.get_secret_value())
        return self.requests_per_second_with_key if has_key else self.requests_per_second


class ClinicalTrialsSettings(ServiceSettings):
    """ClinicalTrials.gov API v2: about 50 requests a minute; pages of at most 1,000."""

    base_url: str = "https://clinicaltrials.gov/api/v2"
    requests_per_second: float = 0.8
    page_size: int = Field(default=200, gt=0, le=1000)
    is_history_read: bool = False


class EuropepmcSettings(ServiceSettings):
    """Europe PMC REST search: pages of at most 1,000."""

    base_url: str = "https://www.ebi.ac.uk/europepmc/webservices/rest"
    requests_per_second: float = 5.0
    page_size: int = Field(default=500, gt=0, le=1000)


class CrossrefSettings(ServiceSettings):
    """Crossref REST API: lists may be asked for less often than single works; up to 100 dois fit into an address."""

    base_url: str = "https://api.crossref.org"
    requests_per_second: float = 3.0
    page_size: int = Field(default=50, gt=0, le=100)


class FeedsSettings(ServiceSettings):
    """RSS and Atom feeds: every feed has its own address, so ``base_url`` stays empty."""

    is_enabled: bool = False
    base_url: str = ""
    requests_per_second: float = 1.0
    page_size: int = 1
    max_body_megabytes: float = 16.0


class SourcesSettings(Frozen):
    """One table a source."""

    pubmed: PubmedSettings = PubmedSettings()
    clinicaltrials: ClinicalTrialsSettings = ClinicalTrialsSettings()
    europepmc: EuropepmcSettings = EuropepmcSettings()
    crossref: CrossrefSettings = CrossrefSettings()
    feeds: FeedsSettings = FeedsSettings()


class ScheduleSettings(Frozen):
    """When the jobs of ``livingreview schedule`` run, as cron fields in ``timezone``."""

    day_of_week: str = "mon"
    hour: int = Field(default=5, ge=0, le=23)
    minute: int = Field(default=0, ge=0, le=59)
    timezone: str = "UTC"
    is_digest_sent: bool = True


class MailSettings(Frozen):
    """Where digests go: an SMTP server, or a folder of .eml files when ``host`` is empty."""

    host: str = ""
    port: int = Field(default=587, gt=0, lt=65536)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: SecretStr = SecretStr("")
    sender: str = "livingreview@localhost"
    folder: str = "var/mail"
    timeout_seconds: float = Field(default=30.0, gt=0)


class ResolvingSettings(Frozen):
    """How thin records (items of feeds, lists of facts, citations) are followed up to the full one."""

    max_records_per_run: int = Field(default=500, ge=0)
    max_tries: int = Field(default=6, ge=1, le=12)
    days_between_tries: int = Field(default=7, ge=0, le=365)


class TrialsSettings(Frozen):
    """Thresholds of trial changes, in days."""

    notable_slip_days: int = Field(default=90, ge=0, le=MAX_DAYS)
    overdue_after_days: int = Field(default=365, gt=0, le=MAX_DAYS)


class Settings(BaseSettings):
    """config/settings.toml, overridden by the environment."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    review: str = Field(default="imsc-ev", pattern=f"^{SLUG}$")
    database_url: str = "sqlite:///var/{review}.db"
    archive_dir: str = "var/archive"
    models_dir: str = "var/models"
    out_dir: str = "out"
    inbox_dir: str = "inbox"
    lock_stale_after_minutes: int = Field(default=180, gt=0, le=MAX_DAYS * 24 * 60)
    sources: SourcesSettings = SourcesSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    mail: MailSettings = MailSettings()
    resolving: ResolvingSettings = ResolvingSettings()
    trials: TrialsSettings = TrialsSettings()

    @property
    def lock_stale_after(self) -> timedelta:
        """The age from which on a lock of another machine counts as left behind."""
        return timedelta(minutes=self.lock_stale_after_minutes)

    def service(self, name: str) -> ServiceSettings:
        """The settings of one source by its name."""
        found: ServiceSettings = getattr(self.sources, name)
        return found

    def services(self) -> dict[str, ServiceSettings]:
        """Every source by its name."""
        return {name: self.service(name) for name in SourcesSettings.model_fields}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, which is handed in as keywords."""
        return (env_settings, init_settings)


def secrets_of(settings: BaseModel) -> frozenset[str]:
    """Every secret value within some settings, and every password of an address such as ``database_url``."""
    return frozenset(
        secret
        for _, value in _leaves(settings)
        for secret in ([value.get_secret_value()] if isinstance(value, SecretStr) else _passwords(value))
        if secret
    )


def addresses_of(settings: BaseModel) -> frozenset[str]:
    """The operator's addresses, which services are told."""
    return frozenset(str(value) for name, value in _leaves(settings) if name == "email" and value)


def _leaves(settings: BaseModel) -> Iterator[tuple[str, object]]:
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            yield from _leaves(value)
        else:
            yield name, value


def _passwords(value: object) -> set[str]:
    if not isinstance(value, str) or "://" not in value:
        return set()
    try:
        password = urlsplit(value).password or ""
    except ValueError:
        return set()
    return {password, unquote(password)}
