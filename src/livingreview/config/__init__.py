"""config/ and data/ -> frozen models; unknown keys are errors."""

from livingreview.config.project import (
    Project,
    find_config_dir,
    load_baseline,
    load_project,
    load_review,
    read_csv,
    unknown_variables,
)
from livingreview.config.review import (
    Area,
    ClassifierParameters,
    Facet,
    Feed,
    Query,
    Review,
    Scope,
    Statement,
    Variant,
)
from livingreview.config.settings import (
    FeedsSettings,
    MailSettings,
    PubmedSettings,
    ScheduleSettings,
    ServiceSettings,
    Settings,
    SourcesSettings,
    TrialsSettings,
)

__all__ = [
    "Area",
    "ClassifierParameters",
    "Facet",
    "Feed",
    "FeedsSettings",
    "MailSettings",
    "Project",
    "PubmedSettings",
    "Query",
    "Review",
    "ScheduleSettings",
    "Scope",
    "ServiceSettings",
    "Settings",
    "SourcesSettings",
    "Statement",
    "TrialsSettings",
    "Variant",
    "find_config_dir",
    "load_baseline",
    "load_project",
    "load_review",
    "read_csv",
    "unknown_variables",
]
