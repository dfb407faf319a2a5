"""Configuration: what is wrong is said in one line that names the place."""

import shutil
from pathlib import Path

import pytest

from livingreview.config import load_project, unknown_variables
from livingreview.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return tmp_path / "config"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def refused(config: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_project(config)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_shipped_configuration_loads() -> None:
    project = load_project(ROOT / "config")
    assert project.review.core_scope == "imsc_ev" and project.review.other_scope == "other"
    assert len(project.review.statements) == 82


def test_an_unknown_setting_is_named(config: Path) -> None:
    change(config / "settings.toml", "page_size = 200", "pagesize = 200")
    assert "settings.toml" in (words := refused(config)) and "sources.pubmed.pagesize: unknown key" in words


def test_an_unknown_key_of_the_review_is_named(config: Path) -> None:
    change(config / "reviews/imsc-ev/review.toml", 'slug = "imsc-ev"', 'slug = "imsc-ev"\nslogan = "x"')
    assert "slogan: unknown key" in refused(config)


def test_a_value_of_the_wrong_kind_is_named(config: Path) -> None:
    change(config / "settings.toml", "hour = 5", "hour = 25")
    assert "schedule.hour" in refused(config)


def test_broken_toml_is_named(config: Path) -> None:
    (config / "settings.toml").write_text("review = ", encoding="utf-8")
    assert "settings.toml: cannot be read" in refused(config)


def test_a_secret_in_the_file_is_refused(config: Path) -> None:
    change(config / "settings.toml", 'email = ""', 'email = ""\napi_key = "hunter2"')
    words = refused(config)
    assert "LIVINGREVIEW_SOURCES__PUBMED__API_KEY" in words and "hunter2" not in words


def test_the_environment_wins(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVINGREVIEW_SOURCES__PUBMED__BASE_URL", "http://127.0.0.1:1/x")
    monkeypatch.setenv("LIVINGREVIEW_SOURCES__EUROPEPMC__IS_ENABLED", "false")
    settings = load_project(config).settings
    assert settings.sources.pubmed.base_url == "http://127.0.0.1:1/x"
    assert settings.sources.pubmed.page_size == 200
    assert not settings.sources.europepmc.is_enabled


def test_a_wrong_value_in_the_environment_is_named(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVINGREVIEW_MAIL__PORT", "many")
    assert "mail.port" in refused(config)


def test_a_misspelt_nested_variable_is_an_error(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVINGREVIEW_MAIL__PASSWRD", "x")
    assert "mail.passwrd: unknown key" in refused(config)


def test_variables_that_set_nothing_are_listed() -> None:
    environ = {
        "LIVINGREVIEW_DATABSE_URL": "x",
        "LIVINGREVIEW_DATABASE_URL": "x",
        "LIVINGREVIEW_CONFIG": "x",
        "HOME": "x",
    }
    assert unknown_variables(environ) == ["LIVINGREVIEW_DATABSE_URL"]


def test_relative_paths_start_at_the_project(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIVINGREVIEW_DATABASE_URL", raising=False)
    project = load_project(config)
    assert project.database_url == f"sqlite:///{config.parent}/var/imsc-ev.db"
    monkeypatch.setenv("LIVINGREVIEW_DATABASE_URL", "sqlite:////elsewhere/{review}.db")
    assert load_project(config).database_url == "sqlite:////elsewhere/imsc-ev.db"


def test_a_statement_of_an_unknown_area_is_named(config: Path) -> None:
    change(config / "reviews/imsc-ev/statements.toml", 'areas = ["', 'areas = ["nowhere", "')
    assert "names an unknown area: nowhere" in refused(config)


def test_a_slug_given_twice_is_named(config: Path) -> None:
    change(config / "reviews/imsc-ev/areas.toml", 'slug = "skin"', 'slug = "kidney"')
    assert "area given twice: kidney" in refused(config)


def test_a_pattern_that_is_none_is_named(config: Path) -> None:
    change(config / "reviews/imsc-ev/facets.toml", "patterns = [", "patterns = ['(', ")
    assert "not a regular expression" in refused(config)


def test_a_missing_review_names_those_that_are_there(config: Path) -> None:
    with pytest.raises(ConfigError, match="no such review; there are: imsc-ev"):
        load_project(config, "other")


def test_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="livingreview init"):
        load_project(tmp_path / "nothing")
