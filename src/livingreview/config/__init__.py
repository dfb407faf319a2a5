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
from livingreview.config.statement import Effect, Rule, Statement

__all__ = [
    "Area",
    "ClassifierParameters",
    "Effect",
    "Facet",
    "Feed",
    "FeedsSettings",
    "MailSettings",
    "Project",
    "PubmedSettings",
    "Query",
    "Review",
    "Rule",
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
