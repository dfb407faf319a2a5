"""Material -> report: the head, the banners, and every section in its order."""

from typing import Any

from livingreview.records import Run
from livingreview.records.sanitize import clean
from livingreview.report.context import Frame
from livingreview.report.data import Material, Report, Section
from livingreview.report.sections import SECTIONS
from livingreview.text import wording
from livingreview.text.links import doi_url


def build(material: Material) -> Report:
    """The report of a run or a period. Equal material gives an equal report, whatever the order of its parts."""
    frame = Frame(material)
    sections = []
    for kind in SECTIONS:
        built = frame.once(kind.build)
        body = {name: value for name, value in built.items() if name != "summary"}
        sections.append(Section(slug=kind.slug, title=kind.title, summary=built["summary"], body=body))
    return Report(head=_head(material), banners=tuple(_banners(frame)), sections=tuple(sections))


def _head(material: Material) -> dict[str, Any]:
    review = material.review
    return {
        "review": {
            "slug": review.slug,
            "title": clean(review.title),
            "citation": clean(review.citation),
            "doi": review.doi,
            "url": doi_url(review.doi),
            "published_date": review.published_date.isoformat(),
        },
        "run": _run(material.run),
        "previous_run": _run(material.previous_run) if material.previous_run else None,
        "now_at": wording.moment(material.now),
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "name": clean(run.name),
        "channel": clean(run.channel),
        "status": clean(run.status),
        "now_at": wording.moment(run.now_at),
        "code_version": clean(run.code_version),
        "config_hash": clean(run.config_hash),
        "model": clean(run.model),
    }


def _banners(frame: Frame) -> list[dict[str, str]]:
    """What must be seen before anything else: silence of a source that failed is not the absence of news."""
    banners = [
        {
            "kind": "failed",
            "text": f"{wording.source_name(name)} COULD NOT BE READ: {reason.rstrip('.')}."
            " Nothing in this report speaks for it.",
        }
        for name, reason in frame.failures.items()
    ]
    banners += [
        {"kind": "incomplete", "text": f"Counts do not add up for {name}: what it gave may be incomplete."}
        for name in frame.unreconciled
    ]
    for name in frame.overdue:
        last = wording.moment(frame.material.status[name].searched_through_at)
        state = f"last read completely {last}" if last else "never read completely so far"
        banners.append({"kind": "overdue", "text": f"{wording.source_name(name)} is overdue: {state}."})
    return banners
