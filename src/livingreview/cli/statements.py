"""``statements list``, ``show``, ``test``, ``decide``, ``export``, ``import``."""

import sys
from collections import defaultdict
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from livingreview.acquisition.references import known_baseline
from livingreview.cli.common import (
    invocation,
    locked_store,
    out,
    out_json,
    out_table,
    rows_that_came_back,
    say_moment,
    store,
    tell,
)
from livingreview.config import Project, Rule, Statement
from livingreview.errors import StoreError, UsageError
from livingreview.records.evidence import Evidence, RecordState, StatementDecision, WaitingProposal
from livingreview.statements import evaluate
from livingreview.statements.csv_export import export_proposals
from livingreview.statements.csv_import import import_decisions
from livingreview.statements.parts import Check
from livingreview.store.repository import Repository
from livingreview.text.published import PublishedText, published_text, shown
from livingreview.text.rule_words import watch_words
from livingreview.text.wording import based_on, counted, effect_heading

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
_Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
_Id = Annotated[str, typer.Argument(help="A statement, as S45.")]


class Effect(StrEnum):
    """What evidence does to a statement."""

    CONFIRMS = "confirms"
    EXTENDS = "extends"
    CHALLENGES = "challenges"
    OUTDATES = "outdates"
    ALREADY_SO = "already_so"


@app.command("list")
def list_command(
    context: typer.Context,
    is_open: Annotated[bool, typer.Option("--open", help="Only those that a proposal waits on.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Every statement: what people accepted, what is proposed and waits."""
    call = invocation(context)
    project = call.project()
    with store(project) as repository:
        found = [one for one in _states(project, repository) if one.open or not is_open]
        published = published_text(project.review, repository.review_sentences())
    if json:
        for one in found:
            out_json(_plain(one, published, call.now))
        return
    said = {one.statement.id: shown(one.statement, published) for one in found}
    rows = [
        (
            said[one.statement.id].words,
            ", ".join(one.accepted) or "as printed",
            "\n".join(_waiting(proposal, project, call.now) for proposal in one.open),
            said[one.statement.id].section,
            one.statement.id,
        )
        for one in found
    ]
    columns = ("statement", "state", "waits for a decision", "section", "id")
    out_table(f"{len(rows)} statements of {project.review.slug}", columns, rows)


@app.command("show")
def show_command(context: typer.Context, statement_id: _Id, json: _Json = False) -> None:
    """One statement: its rules, the evidence that met them, what people said."""
    call = invocation(context)
    project = call.project()
    statement = evaluate.statement_of(project.review, statement_id)
    with store(project) as repository:
        (one,) = (one for one in _states(project, repository) if one.statement.id == statement.id)
        current = set(statement.rule_hashes)
        pieces = [piece for piece, _ in repository.evidence() if piece.rule_hash in current]
        titles = repository.titles([(piece.source, piece.source_id) for piece in pieces])
        published = published_text(project.review, repository.review_sentences())
    if json:
        out_json(
            _plain(one, published, call.now)
            | {
                "rules": [rule.asked() for rule in statement.rules],
                "evidence": [_evidence(piece, titles) for piece in pieces],
                "decisions": [asdict(decision) for decision in one.decisions],
            }
        )
        return
    says = shown(statement, published)
    out(f"{statement.id} ({says.section}): {says.words}")
    if says.is_own:
        out(f"In our words: {statement.text}")
    if statement.note:
        out(f"Note: {statement.note}")
    out(watch_words(statement, project.review) or "No rule looks out for anything.")
    out(
        f"References: {', '.join(map(str, statement.refs)) or 'none'}; trials: {', '.join(statement.nct_ids) or 'none'}"
    )
    out(f"State: {', '.join(one.accepted) or 'as printed'}")
    for proposal in one.open:
        out(f"Waits: {_waiting(proposal, project, call.now)}")
    rules = [(str(number), rule.effect, rule.why, _asked(rule)) for number, rule in enumerate(statement.rules, 1)]
    out_table("Rules", ("no.", "effect", "why", "asks"), rows=rules)
    _out_evidence("Evidence", pieces, titles)
    said = [
        (say_moment(word.decided_at), word.effect, word.verdict, word.person, word.reason, word.wording)
        for word in one.decisions
    ]
    out_table("Decisions", ("when", "effect", "verdict", "by", "reason", "new wording"), said)


@app.command("test")
def test_command(
    context: typer.Context,
    statement_ids: Annotated[list[str] | None, typer.Argument(help="These statements; without any, all.")] = None,
    record: Annotated[
        str, typer.Option(help="Hold each part of the rules against this record: pubmed:123, an NCT number, a doi.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Which stored records meet the rules today, and why; nothing is stored."""
    project = invocation(context).project()
    asked = statement_ids or [statement.id for statement in project.review.statements]
    if record:
        with store(project) as repository:
            held = evaluate.near_misses(project, repository, known_baseline(project, repository), asked, record)
        for state, statement, rules in held:
            _out_checks(state, statement, rules, is_json=json)
        return
    with store(project) as repository:
        pieces = evaluate.tried(project, repository, known_baseline(project, repository), asked)
        titles = repository.titles(sorted({(piece.source, piece.source_id) for piece in pieces}))
    pieces.sort(key=lambda piece: (piece.statement_id, piece.rule, piece.source, piece.source_id))
    if json:
        for piece in pieces:
            out_json(_evidence(piece, titles))
        return
    by_statement: dict[str, list[Evidence]] = defaultdict(list)
    for piece in pieces:
        by_statement[piece.statement_id].append(piece)
    for name, found in by_statement.items():
        _out_evidence(f"{name}: {evaluate.statement_of(project.review, name).text}", found, titles)
    out(f"{len(pieces)} pieces of evidence for {len(by_statement)} of {len(asked)} statements")


@app.command("decide")
def decide_command(
    context: typer.Context,
    statement_id: _Id,
    effect: Annotated[Effect, typer.Option(help="Which proposal: its effect.")],
    person: Annotated[str, typer.Option("--by", help="Who decides.")],
    is_accepted: Annotated[
        bool, typer.Option("--accept/--reject", help="Whether the proposal holds.", show_default=False)
    ],
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    wording: Annotated[str, typer.Option(help="How the statement should read from now on.")] = "",
) -> None:
    """Accept or reject what is proposed for a statement; it stays so until new evidence comes."""
    call = invocation(context)
    project = call.project()
    statement = evaluate.statement_of(project.review, statement_id)
    if not person.strip():
        raise UsageError("--by: a decision needs a name")
    with locked_store(project) as repository:
        (one,) = (one for one in _states(project, repository) if one.statement.id == statement.id)
        if effect not in {proposal.effect for proposal in one.open}:
            raise UsageError(
                f"{statement.id}: nothing waits that {effect} it; `livingreview statements show {statement.id}` says"
                " what does"
            )
        verdict = "accepted" if is_accepted else "rejected"
        decision = StatementDecision(
            statement_id=statement.id,
            effect=effect.value,
            verdict=verdict,
            person=person.strip(),
            decided_at=call.now,
            reason=reason.strip(),
            wording=wording.strip(),
        )
        repository.add_statement_decisions([decision])
    out(f"{statement.id}: {effect} {verdict} by {person.strip()}")


@app.command("export")
def export_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file; - is standard output.", allow_dash=True)],
) -> None:
    """What waits for a decision as CSV, one row a study and proposal, to fill in `verdict`, `by` and more."""
    call = invocation(context)
    project = call.project()
    with store(project) as repository:
        try:
            is_stdout = str(file) == "-"
            opened = nullcontext(sys.stdout) if is_stdout else file.open("w", encoding="utf-8", newline="")
            with opened as target:
                count, studies = export_proposals(repository, project.review, target, call.now)
        except OSError as error:
            raise StoreError(f"{file}: cannot be written to ({error.strerror or error}); name another file") from error
    words = f"{counted(count, 'proposal')}, based on {counted(studies, 'study', 'studies')}"
    tell(words if is_stdout else f"{words}, in {file}")


@app.command("import")
def import_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The CSV file that came back.")],
    person: Annotated[str, typer.Option("--by", help="Who decided, for rows that name nobody.")] = "",
) -> None:
    """Take decisions on statements back; all of the file or, if a row is wrong, nothing of it."""
    call = invocation(context)
    project = call.project()
    with locked_store(project) as repository, rows_that_came_back(file) as source:
        done = import_decisions(repository, project.review, source, name=str(file), person=person, decided_at=call.now)
    for note in done.notes:
        tell(note)
    out(f"{done.added} decisions added, {done.repeated} known already, {done.undecided} rows without a verdict")


def _states(project: Project, repository: Repository) -> list[evaluate.StatementState]:
    return evaluate.statement_states(
        project.review,
        repository.changes(source="review"),
        repository.statement_decisions(),
        evaluate.fallen_records(repository),
    )


def _waiting(proposal: WaitingProposal, project: Project, now: datetime) -> str:
    """``Out of date? Based on 1 study, for 21 days``."""
    heading = effect_heading(proposal.effect, project.review.published_date.year)
    days = counted(proposal.days(now), "day")
    return f"{heading}{'' if heading.endswith('?') else ':'} {based_on(proposal.found.change.after)}, for {days}"


def _plain(one: evaluate.StatementState, published: PublishedText, now: datetime) -> dict[str, Any]:
    statement = one.statement
    says = shown(statement, published)
    return {
        "id": statement.id,
        "section": says.section,
        "text": statement.text,
        "sentence": says.text,
        "is_paraphrase": not says.is_own,
        "note": statement.note,
        "kind": statement.kind,
        "refs": list(statement.refs),
        "nct_ids": list(statement.nct_ids),
        "accepted": list(one.accepted),
        "open": [_open(proposal, now) for proposal in one.open],
    }


def _open(proposal: WaitingProposal, now: datetime) -> dict[str, Any]:
    found = proposal.found
    return (
        {"type": found.change.type, "severity": found.change.severity, "at": found.change.at, "run": found.run}
        | {"since": proposal.since, "days": proposal.days(now)}
        | {name: found.change.after[name] for name in ("effect", "n_new", "n_works", "evidence")}
        | {"count": found.change.after.get("count")}
    )


def _evidence(piece: Evidence, titles: dict[tuple[str, str], str]) -> dict[str, Any]:
    return asdict(piece) | {"title": titles.get((piece.source, piece.source_id), "")}


def _out_checks(
    state: RecordState, statement: Statement, rules: Sequence[tuple[Rule, tuple[Check, ...]]], *, is_json: bool
) -> None:
    """Which parts of each rule a record does not meet, and what it has there."""
    record = state.record
    if is_json:
        told = [
            {
                "rule": number,
                "effect": rule.effect,
                "why": rule.why,
                "is_met": all(check.is_met for check in checks),
                "parts": [asdict(check) for check in checks],
            }
            for number, (rule, checks) in enumerate(rules, start=1)
        ]
        values = {"statement_id": statement.id, "source": record.source, "source_id": record.source_id}
        out_json(values | {"title": record.title, "rules": told})
        return
    out(f"{statement.id} and {record.source} {record.source_id}: {record.title}")
    for number, (rule, checks) in enumerate(rules, start=1):
        failed = [check for check in checks if not check.is_met]
        out(f"  rule {number}, {rule.effect} ({rule.why}): {'not met' if failed else 'met'}")
        for check in failed:
            out(f"    {check.name}: asks {check.asks}; the record has {check.has}")


def _out_evidence(title: str, pieces: Sequence[Evidence], titles: dict[tuple[str, str], str]) -> None:
    rows = [
        (
            f"{piece.effect} (rule {piece.rule})",
            f"{piece.source} {piece.source_id}",
            titles.get((piece.source, piece.source_id), ""),
            piece.why,
            "\n".join([*piece.facts, *(f"“{quote}”" for quote in piece.quotes)]),
        )
        for piece in pieces
    ]
    out_table(title, ("effect", "record", "title", "why", "rests on"), rows)


def _asked(rule: Rule) -> str:
    """What a rule asks, in one line; what it leaves open is left out."""
    parts = []
    for name, value in rule.asked().items():
        if name not in ("effect", "why"):
            parts.append(f"{name}: {' | '.join(map(str, value)) if isinstance(value, list) else value}")
    return "; ".join(parts)
