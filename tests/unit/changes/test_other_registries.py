"""The announced third trial of the review is registered where ClinicalTrials.gov does not have it."""

from pathlib import Path

from livingreview.changes import Context, derive
from livingreview.config import load_baseline, load_project
from livingreview.records import Record, Score, Severity, Underived
from livingreview.sources.formats import files
from support.records import NOW, trial

EXPORTS = Path(__file__).parents[2] / "fixtures"
NUMBER = "ACTRN12620000870954"


def test_an_export_brings_it_and_the_baseline_knows_it(config_dir: Path) -> None:
    project = load_project(config_dir)
    baseline = load_baseline(project)
    assert ("anzctr", NUMBER) in baseline.trial_keys
    assert len(baseline.trial_keys) == len(baseline.nct_ids) + 1
    context = Context.of(project.review, baseline, project.settings.trials, NOW)
    for path in (EXPORTS / "anzctr_xml" / f"{NUMBER}.xml", EXPORTS / "ictrp_xml" / "export.xml"):
        record = next(item for item in files.parse_file(path) if item.source_id == NUMBER)
        assert isinstance(record, Record)
        assert record.source == "anzctr"
        assert record.trial is not None
        # Facts of the registry: registered on 2020-08-31, phase III, recruiting from November 2020.
        assert (record.trial.status, record.trial.phases) == ("RECRUITING", ("PHASE3",))
        assert (record.trial.first_posted_date, record.trial.start_date) == ("2020-08-31", "2020-11-11")
        assert context.is_baseline(record)
        (change,) = derive(first_version(record), Score(scope="imsc", probabilities={"imsc": 1.0}), context)
        assert (change.type, change.source, change.severity) == ("trial_read", "anzctr", Severity.ROUTINE)
        assert change.after["is_baseline"]


def test_the_same_number_in_another_registry_is_another_trial(config_dir: Path) -> None:
    project = load_project(config_dir)
    baseline = load_baseline(project)
    context = Context.of(project.review, baseline, project.settings.trials, NOW)
    assert not context.is_baseline(trial(NUMBER))
    assert context.is_baseline(trial(min(baseline.nct_ids)))


def first_version(record: Record) -> Underived:
    return Underived(
        version_id=1,
        number=1,
        record=record,
        work_id="work",
        before=None,
        before_number=0,
        is_withdrawal=False,
        was_withdrawn=False,
    )
