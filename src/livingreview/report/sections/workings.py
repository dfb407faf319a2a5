"""The model and the method behind a report, and what its data lack."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from livingreview.records import Kind, QueryLog, SourceStatus
from livingreview.records.sanitize import clean
from livingreview.report.context import Frame
from livingreview.report.numbers import numbers
from livingreview.report.versions import method_words
from livingreview.text import wording

CAP = 50
"""Rows of a list of gaps that are printed; the JSON holds them all."""


def model(frame: Frame) -> dict[str, Any]:
    """The classifier's card in short and whole, and what changed in the method since the previous run."""
    card = frame.material.model_card
    name = clean(card.get("id") or frame.material.run.model)
    drift = frame.material.run.drift
    warned = "; its records differ from those it learnt from" if drift.get("warnings") else ""
    return {
        "summary": (name or "no model in this run") + warned,
        "id": name,
        "facts": [{"label": label, "value": value} for label, value in (*_drift(drift), *_facts(card))],
        "scopes": _scope_rows(frame, card),
        "method_changes": _method_changes(frame),
        "card": ordered(card),
    }


def _drift(drift: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How the run's records compare with the training set; warnings first."""
    facts = [("WARNING", clean(warning)) for warning in drift.get("warnings", ())]
    if "stability_index" in drift:
        facts += [
            ("Scores beside training, stability index", f"{figure(drift['stability_index'])} ({drift['n_records']:,})"),
            (
                "Title words unknown, in training",
                f"{figure(drift['unknown_share'])}, {figure(drift['unknown_share_of_training'])}",
            ),
        ]
    return facts


def _facts(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    evaluation = _mapping(card.get("evaluation"))
    relevance = _mapping(evaluation.get("relevance"))
    facts = [
        ("Trained at", clean(card.get("trained_at") or "")),
        ("Labelled records", f"{card['n_examples']:,}" if isinstance(card.get("n_examples"), int) else ""),
        ("Evaluation", clean(evaluation.get("method") or "")),
        ("Macro-F1, scopes", figure(_mapping(evaluation.get("scopes")).get("macro_f1"))),
        ("Macro-F1, top-level areas", figure(_mapping(evaluation.get("areas")).get("macro_f1"))),
        ("Recall of relevant records", figure(relevance.get("recall"))),
        ("Precision of relevant records", figure(relevance.get("precision"))),
        ("Note on both", clean(relevance.get("note") or "")),
    ]
    return [(label, value) for label, value in facts if value]


def _scope_rows(frame: Frame, card: Mapping[str, Any]) -> list[dict[str, str]]:
    labels = _mapping(_mapping(card.get("labels")).get("scopes"))
    classes = _mapping(_mapping(_mapping(card.get("evaluation")).get("scopes")).get("classes"))
    rows = []
    for slug, label in frame.scope_labels.items():
        if slug not in labels and slug not in classes:
            continue
        measured = _mapping(classes.get(slug))
        rows.append(
            {
                "slug": slug,
                "label": label,
                "labels": wording.plain_value(labels.get(slug, measured.get("n"))),
                "precision": figure(measured.get("precision")),
                "recall": figure(measured.get("recall")),
                "note": clean(measured.get("note") or ""),
            }
        )
    return rows


def figure(value: Any) -> str:
    """A share with two decimals, with its interval where there is one; empty for anything else."""
    if isinstance(value, Mapping):
        middle = figure(value.get("value", value.get("estimate")))
        low, high = figure(value.get("low")), figure(value.get("high"))
        return f"{middle} ({low} to {high})" if middle and low and high else middle
    if isinstance(value, list | tuple) and len(value) == 3:
        return figure({"value": value[0], "low": value[1], "high": value[2]})
    return f"{value:.2f}" if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def ordered(value: Any) -> Any:
    """JSON-ready values with every key in order."""
    if isinstance(value, Mapping):
        return {str(name): ordered(value[name]) for name in sorted(value, key=str)}
    return [ordered(part) for part in value] if isinstance(value, list | tuple) else value


def _method_changes(frame: Frame) -> list[str]:
    """What changed in the method since the previous reported run: program, configuration, model, searches."""
    run, previous = frame.material.run, frame.material.previous_run
    return [] if previous is None else method_words(previous, run) + search_changes(frame)


def search_changes(frame: Frame) -> list[str]:
    """Searches that were edited, added or left out since the last run that asked services, with both texts."""
    before, after = _searches(frame.material.previous_queries), _searches(frame.material.queries)
    if not before or not after:
        return []
    day = frame.material.run.now_at.date()
    parts = []
    for key in sorted({*before, *after}):
        name = f"search {wording.source_name(key[0])} / {clean(key[1])}"
        old, new = before.get(key), after.get(key)
        if old is None and new is not None:
            parts.append(f"{name} added on {day}, read from {new.since}: {clean(new.text)}")
        elif new is None and old is not None:
            parts.append(f"{name} no longer asked from {day} on; it was: {clean(old.text)}")
        elif old is not None and new is not None and old.query_hash != new.query_hash:
            texts = f"{clean(old.text)} {wording.ARROW} {clean(new.text)}"
            parts.append(f"{name} edited on {day}, read again from {new.since}: {texts}")
    return parts


def _searches(logs: Iterable[QueryLog]) -> dict[tuple[str, str], QueryLog]:
    return {(log.source, log.name): log for log in logs if log.query_hash}


def gaps(frame: Frame) -> dict[str, Any]:
    """What is missing: identifiers, references and trials that are not in the store, abstracts, scores, sources."""
    baseline = frame.material.baseline
    counts = _record_counts(frame)
    unchecked = frame.once(numbers).unchecked
    absent = [reference for reference in baseline.references if reference.ref_no not in counts["references"]]
    no_abstract = counts["no_abstract"]
    facts = [
        (
            "Baseline references without pmid and doi",
            len(unchecked),
            len(baseline.references),
            "a notice on them cannot be found by number; every run looks them up",
        ),
        ("Baseline references not in the store", len(absent), len(baseline.references), ""),
        (
            "Printed trials not in the store",
            len([nct_id for nct_id in baseline.nct_ids if ("clinicaltrials", nct_id) not in frame.by_key]),
            len(baseline.nct_ids),
            "",
        ),
        (
            "Relevant publications without an abstract",
            sum(no_abstract.values()),
            counts["papers"],
            "; ".join(f"{wording.source_name(source)} {count:,}" for source, count in sorted(no_abstract.items())),
        ),
        (
            "Records not classified yet",
            counts["unscored"],
            counts["records"],
            "",
        ),
    ]
    clocks = [
        _clock(name, frame.material.status.get(name), frame.material.counts.get(name, 0), frame.failures)
        for name in sorted({*frame.material.status, *frame.material.counts})
    ]
    n_open = sum(count > 0 for _, count, _, _ in facts)
    late = len(frame.overdue)
    return {
        "summary": f"{wording.counted(n_open, 'kind')} of gap"
        + (f", {wording.counted(late, 'source')} overdue" if late else ""),
        "facts": [{"label": label, "n": n, "of": of, "note": note} for label, n, of, note in facts],
        "references_without_id": list(unchecked),
        "references_not_stored": [reference.ref_no for reference in absent],
        "sources": clocks,
        "failures": frame.failures,
        "cap": CAP,
    }


def _record_counts(frame: Frame) -> dict[str, Any]:
    """What the gaps are counted from: of publications, those without an abstract by source, and references found."""
    stored = frame.material.records
    papers = [one.record for one in stored if one.record.kind != Kind.TRIAL and not one.is_withdrawn]
    return {
        "records": len(stored),
        "unscored": sum(one.score is None for one in stored),
        "papers": len(papers),
        "no_abstract": dict(Counter(record.source for record in papers if not record.abstract)),
        "references": sorted({reference.ref_no for record in papers if (reference := frame.reference_of(record))}),
    }


def _state(name: str, status: SourceStatus | None, failures: Mapping[str, str]) -> str:
    if name in failures:
        return "failed"
    if status and status.is_overdue:
        return "overdue"
    if status and (status.last_run or {}).get("error"):
        return "last_failed"
    return "in_time" if status and status.searched_through_at else "not_searched"


def _clock(name: str, status: SourceStatus | None, count: int, failures: Mapping[str, str]) -> dict[str, Any]:
    last = (status.last_run or {}) if status else {}
    return {
        "source": name,
        "label": wording.source_name(name),
        "records": count or (status.records if status else 0),
        "searched_through_at": wording.moment(status.searched_through_at) if status else "",
        "triaged_through_at": wording.moment(status.triaged_through_at) if status else "",
        "state": _state(name, status, failures),
        "is_overdue": bool(status and status.is_overdue),
        "last_error": clean(last.get("error") or ""),
    }
