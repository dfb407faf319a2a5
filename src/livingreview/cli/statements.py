"""``statements list``, ``show``, ``test``, ``decide``."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any

import typer

from livingreview.cli.common import invocation, out, out_json, out_table, say_moment, store
from livingreview.config import Project, Rule, Statement, load_baseline
from livingreview.errors import UsageError
from livingreview.records.evidence import Evidence, RecordState, StatementDecision
from livingreview.statements import evaluate
from livingreview.statements.parts import Check
from livingreview.store.repository import Repository
from livingreview.text import wording
from livingreview.text.rule_words import watch_words

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
    project = invocation(context).project()
    with store(project) as repository:
        found = [one for one in _states(project, repository) if one.open or not is_open]
    if json:
        for one in found:
            out_json(_plain(one))
        return
    rows = [
        (
            one.statement.id,
            one.statement.section,
            ", ".join(one.accepted) or "as printed",
            ", ".join(f"{change.change.after['effect']} ({change.change.after['n_works']})" for change in one.open),
            one.statement.text,
        )
        for one in found
    ]
    columns = ("id", "section", "state", "proposed (works)", "statement")
    out_table(f"{len(rows)} statements of {project.review.slug}", columns, rows)


@app.command("show")
def show_command(context: typer.Context, statement_id: _Id, json: _Json = False) -> None:
    """One statement: its rules, the evidence that met them, what people said."""
    project = invocation(context).project()
    statement = evaluate.statement_of(project.review, statement_id)
    with store(project) as repository:
        (one,) = (one for one in _states(project, repository) if one.statement.id == statement.id)
        current = set(statement.rule_hashes)
        pieces = [piece for piece, _ in repository.evidence() if piece.rule_hash in current]
        titles = repository.titles([(piece.source, piece.source_id) for piece in pieces])
    if json:
        out_json(
            _plain(one)
            | {
                "rules": [rule.asked() for rule in statement.rules],
                "evidence": [_evidence(piece, titles) for piece in pieces],
                "decisions": [asdict(decision) for decision in one.decisions],
            }
        )
        return
    out(f"{statement.id} ({statement.section}): {statement.text}")
    if statement.note:
        out(f"Note: {statement.note}")
    out(watch_words(statement, project.review) or "No rule looks out for anything.")
    out(
        f"References: {', '.join(map(str, statement.refs)) or 'none'}; trials: {', '.join(statement.nct_ids) or 'none'}"
    )
    out(f"State: {', '.join(one.accepted) or 'as printed'}")
    for waiting in one.open:
        change = waiting.change
        out(f"Waits: {wording.change_words(change.type, change.before, change.after)}")
    rules = [(str(number), rule.effect, rule.why, _asked(rule)) for number, rule in enumerate(statement.rules, 1)]
    out_table("Rules", ("no.", "effect", "why", "asks"), rows=rules)
    _out_evidence("Evidence", pieces, titles)
    said = [
        (say_moment(word.decided_at), word.effect, word.verdict, word.person, word.reason) for word in one.decisions
    ]
    out_table("Decisions", ("when", "effect", "verdict", "by", "reason"), said)


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
            held = evaluate.near_misses(project, repository, load_baseline(project), asked, record)
        for state, statement, rules in held:
            _out_checks(state, statement, rules, is_json=json)
        return
    with store(project) as repository:
        pieces = evaluate.tried(project, repository, load_baseline(project), asked)
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
) -> None:
    """Accept or reject what is proposed for a statement; it stays so until new evidence comes."""
    call = invocation(context)
    project = call.project()
    statement = evaluate.statement_of(project.review, statement_id)
    if not person.strip():
        raise UsageError("--by: a decision needs a name")
    with store(project) as repository:
        (one,) = (one for one in _states(project, repository) if one.statement.id == statement.id)
        if effect not in {change.change.after["effect"] for change in one.open}:
            raise UsageError(
                f"{statement.id}: nothing waits that {effect} it; `livingreview statements show {statement.id}` says"
                " what does"
            )
        verdict = "accepted" if is_accepted else "rejected"
        repository.decide_statement(
            StatementDecision(
                statement_id=statement.id,
                effect=effect.value,
                verdict=verdict,
                person=person.strip(),
                decided_at=call.now,
                reason=reason.strip(),
            )
        )
    out(f"{statement.id}: {effect} {verdict} by {person.strip()}")


def _states(project: Project, repository: Repository) -> list[evaluate.StatementState]:
    return evaluate.statement_states(
        project.review, repository.changes(source="review"), repository.statement_decisions()
    )


def _plain(one: evaluate.StatementState) -> dict[str, Any]:
    statement = one.statement
    return {
        "id": statement.id,
        "section": statement.section,
        "text": statement.text,
        "note": statement.note,
        "kind": statement.kind,
        "refs": list(statement.refs),
        "nct_ids": list(statement.nct_ids),
        "accepted": list(one.accepted),
        "open": [
            {"type": found.change.type, "severity": found.change.severity, "at": found.change.at, "run": found.run}
            | {name: found.change.after[name] for name in ("effect", "n_new", "n_works", "evidence")}
            | {"count": found.change.after.get("count")}
            for found in one.open
        ],
    }


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
