"""Configuration: what is wrong is said in one line that names the place."""

import shutil
from pathlib import Path

import pytest

from livingreview.config import find_config_dir, load_baseline, load_project, unknown_variables
from livingreview.errors import ConfigError

ROOT = Path(__file__).resolve().parents[3]


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
    assert len(project.review.statements) == 96
    baseline = load_baseline(project)
    assert (len(baseline.references), len(baseline.trials)) == (74, 36)


def test_an_unknown_setting_is_named(config: Path) -> None:
    change(config / "settings.toml", "page_size = 200", "pagesize = 200")
    assert "settings.toml" in (words := refused(config)) and "sources.pubmed.pagesize: unknown key" in words


def test_an_unknown_key_of_the_review_is_named(config: Path) -> None:
    change(config / "reviews/imsc-ev/review.toml", 'slug = "imsc-ev"', 'slug = "imsc-ev"\nslogan = "x"')
    assert "slogan: unknown key" in refused(config)


def test_a_value_of_the_wrong_kind_is_named(config: Path) -> None:
    change(config / "settings.toml", "hour = 5", "hour = 25")
    assert "schedule.hour" in refused(config)


@pytest.mark.parametrize("value", ['"soon"', "5.5", "[5]", "-1"])
def test_a_value_of_another_type_is_named(config: Path, value: str) -> None:
    change(config / "settings.toml", "hour = 5", f"hour = {value}")
    assert "schedule.hour: " in (words := refused(config)) and "settings.toml" in words


def test_a_malformed_date_is_named(config: Path) -> None:
    change(config / "reviews/imsc-ev/review.toml", "published_date = 2022-09-14", 'published_date = "last week"')
    assert "published_date" in refused(config)


def test_broken_toml_is_named(config: Path) -> None:
    (config / "settings.toml").write_text("review = ", encoding="utf-8")
    assert "settings.toml: cannot be read" in refused(config)


def test_a_secret_in_the_file_is_refused(config: Path) -> None:
    change(config / "settings.toml", 'email = ""', 'email = ""\napi_key = "hunter2"')
    words = refused(config)
    assert "LIVINGREVIEW_SOURCES__PUBMED__API_KEY" in words and "hunter2" not in words


def test_the_password_in_the_file_is_refused(config: Path) -> None:
    change(config / "settings.toml", 'username = ""', 'username = ""\npassword = "hunter2"')
    words = refused(config)
    assert "mail.password is a secret" in words and "LIVINGREVIEW_MAIL__PASSWORD" in words and "hunter2" not in words


def test_a_secret_of_the_environment_is_shown_nowhere(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVINGREVIEW_SOURCES__PUBMED__API_KEY", "hunter2")
    project = load_project(config)
    assert project.settings.sources.pubmed.api_key.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(project) + str(project.settings.model_dump()) + project.settings.model_dump_json()


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


@pytest.mark.parametrize("name", ["archive_dir", "models_dir", "out_dir"])
def test_folders_start_at_the_project_and_may_name_the_review(
    config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"LIVINGREVIEW_{name.upper()}", "there/{review}")
    assert load_project(config).path(name) == config.parent / "there" / "imsc-ev"  # type: ignore[arg-type]
    monkeypatch.setenv(f"LIVINGREVIEW_{name.upper()}", "/elsewhere")
    assert load_project(config).path(name) == Path("/elsewhere")  # type: ignore[arg-type]


def test_a_server_is_taken_as_it_is_named(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVINGREVIEW_DATABASE_URL", "postgresql://user@host/{review}")
    assert load_project(config).database_url == "postgresql://user@host/imsc-ev"


def test_relative_paths_start_at_the_project(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIVINGREVIEW_DATABASE_URL", raising=False)
    project = load_project(config)
    assert project.database_url == f"sqlite:///{config.parent}/var/imsc-ev.db"
    monkeypatch.setenv("LIVINGREVIEW_DATABASE_URL", "sqlite:////elsewhere/{review}.db")
    assert load_project(config).database_url == "sqlite:////elsewhere/imsc-ev.db"


def test_a_statement_of_an_unknown_area_is_named(config: Path) -> None:
    change(config / "reviews/imsc-ev/statements.toml", 'areas = ["', 'areas = ["nowhere", "')
    assert "names an unknown area: nowhere" in refused(config)


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("areas.toml", 'slug = "skin"', 'slug = "kidney"', "area given twice: kidney"),
        ("areas.toml", 'slug = "osteoporosis"', 'slug = "meniscus"', "area given twice: meniscus"),
        ("areas.toml", 'aliases = ["tendon"]', 'aliases = ["disc"]', "area alias given twice: disc"),
        ("review.toml", 'slug = "imsc"', 'slug = "imsc_ev"', "scope given twice: imsc_ev"),
        ("review.toml", 'name = "context-imsc"', 'name = "core"', "query given twice: pubmed/core"),
        ("statements.toml", 'id = "S02"', 'id = "S01"', "statement given twice: S01"),
        ("facets.toml", '[[facets]]\nslug = "ev_source"', '[[facets]]\nslug = "species"', "facet given twice: species"),
        ("review.toml", "is_core = false", "is_core = true", "exactly one scope must have is_core = true"),
        ("review.toml", "is_relevant = false", "is_relevant = true", "exactly one scope must have is_relevant = false"),
        ("review.toml", 'source = "europepmc"', 'source = "scopus"', "names an unknown source: scopus"),
    ],
)
def test_what_does_not_fit_together_is_named(config: Path, file: str, old: str, new: str, words: str) -> None:
    change(config / "reviews/imsc-ev" / file, old, new)
    assert words in refused(config)


@pytest.mark.parametrize("file", ["areas.toml", "facets.toml", "statements.toml", "models.toml", "review.toml"])
def test_a_missing_file_is_named(config: Path, file: str) -> None:
    (config / "reviews/imsc-ev" / file).unlink()
    assert f"{file}: no such file" in refused(config)


def test_only_what_the_review_says_is_its_identity(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = load_project(config).config_hash()
    monkeypatch.setenv("LIVINGREVIEW_SCHEDULE__HOUR", "7")
    assert load_project(config).config_hash() == before
    change(config / "reviews/imsc-ev/models.toml", "min_df = 1", "min_df = 2")
    assert load_project(config).config_hash() != before


def test_a_reference_without_a_number_is_named(config: Path) -> None:
    shutil.copytree(ROOT / "data", config.parent / "data")
    path = config.parent / "data/imsc-ev/baseline/references.csv"
    change(path, "\n2,", "\ntwo,")
    with pytest.raises(ConfigError, match=r"references\.csv, line 3: .*two"):
        load_baseline(load_project(config))


def test_a_baseline_without_a_column_is_named(config: Path) -> None:
    shutil.copytree(ROOT / "data", config.parent / "data")
    change(config.parent / "data/imsc-ev/baseline/trials.csv", "nct_id", "number")
    with pytest.raises(ConfigError, match=r"trials\.csv: column missing: nct_id"):
        load_baseline(load_project(config))


def test_the_table_of_trials_is_told_from_the_trials_of_the_text(config: Path) -> None:
    shutil.copytree(ROOT / "data", config.parent / "data")
    baseline = load_baseline(load_project(config))
    assert (len(baseline.table), len(baseline.trials)) == (33, 36)
    assert {trial.nct_id for trial in baseline.trials} - {trial.nct_id for trial in baseline.table} == {
        "NCT02923375",
        "NCT04537351",
        "",
    }


def test_a_place_of_a_trial_that_is_none_is_named(config: Path) -> None:
    shutil.copytree(ROOT / "data", config.parent / "data")
    change(config.parent / "data/imsc-ev/baseline/trials.csv", "msc_ev_trial,table1", "msc_ev_trial,table9")
    with pytest.raises(ConfigError, match=r"trials\.csv, line 2: place is 'table9'; write table1 or text"):
        load_baseline(load_project(config))


def test_where_the_configuration_is_looked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LIVINGREVIEW_CONFIG", raising=False)
    assert find_config_dir(None) == Path("config")
    monkeypatch.setenv("LIVINGREVIEW_CONFIG", "/elsewhere")
    assert find_config_dir(None) == Path("/elsewhere")
    assert find_config_dir(tmp_path) == tmp_path


def test_a_pattern_that_is_none_is_named(config: Path) -> None:
    change(config / "reviews/imsc-ev/facets.toml", "patterns = [", "patterns = ['(', ")
    assert "not a regular expression" in refused(config)


def test_a_missing_review_names_those_that_are_there(config: Path) -> None:
    with pytest.raises(ConfigError, match="no such review; there are: imsc-ev"):
        load_project(config, "other")


def test_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="livingreview init"):
        load_project(tmp_path / "nothing")
