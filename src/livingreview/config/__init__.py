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
    FacetValue,
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
    TrialsSettings,
)

__all__ = [
    "Area",
    "ClassifierParameters",
    "Facet",
    "FacetValue",
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
    "Statement",
    "TrialsSettings",
    "Variant",
    "find_config_dir",
    "load_baseline",
    "load_project",
    "read_csv",
    "unknown_variables",
]
