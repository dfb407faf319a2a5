"""config/ and data/ -> frozen models; unknown keys are errors."""

from livingreview.config.project import (
    Project,
    find_config_dir,
    load_baseline,
    load_project,
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
    CrossrefSettings,
    FeedsSettings,
    MailSettings,
    PubmedSettings,
    ResolvingSettings,
    ScheduleSettings,
    ServiceSettings,
    Settings,
    TrialsSettings,
)

__all__ = [
    "Area",
    "CrossrefSettings",
    "ClassifierParameters",
    "Facet",
    "Feed",
    "FeedsSettings",
    "MailSettings",
    "Project",
    "PubmedSettings",
    "Query",
    "ResolvingSettings",
    "Review",
    "ScheduleSettings",
    "Scope",
    "ServiceSettings",
    "Settings",
    "Statement",
    "TrialsSettings",
    "Variant",
    "find_config_dir",
    "load_baseline",
    "load_project",
    "read_csv",
    "unknown_variables",
]
