"""``works list``, ``show``, ``join`` and ``split``: which records are one work, why, and what a person says of it."""

from typing import Annotated, Any

import typer

from livingreview.cli.common import invocation, locked_store, out, out_json, out_table, say_moment, store
from livingreview.records import Record, Work, WorkLink

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

_Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
_By = Annotated[str, typer.Option("--by", help="Who says so.")]
_Reason = Annotated[str, typer.Option("--reason", help="Why, in a few words.")]


@app.command("list")
def list_command(
    context: typer.Context,
    merged: Annotated[bool, typer.Option("--merged", help="Only works of more than one record.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Every work with its records."""
    rows = []
    with store(invocation(context).project()) as repository:
        for work in repository.works(is_merged=merged):
            names = [_name(stored.record) for stored in work.records]
            if json:
                out_json({"work_id": work.id, "records": names, "title": _title(work)})
            else:
                rows.append((work.id, " ".join(name for name in names if name != work.id), _title(work)))
    if not json:
        out_table(f"{len(rows)} works", ("work", "other records", "title"), rows)


@app.command("show")
def show_command(
    context: typer.Context,
    work: Annotated[str, typer.Argument(help="A work or any record of it, like pubmed:31000001.")],
    json: _Json = False,
) -> None:
    """The records of a work, every link between them, those undone too, and what people decided."""
    with store(invocation(context).project()) as repository:
        _show(repository.work(work), is_json=json)


@app.command("join")
def join_command(
    context: typer.Context,
    one: Annotated[str, typer.Argument(help="A record, like pubmed:31000001.")],
    other: Annotated[str, typer.Argument(help="A record of the other work.")],
    by: _By,
    reason: _Reason,
) -> None:
    """Make one work of two, whatever the rules say."""
    call = invocation(context)
    with locked_store(call.project()) as repository:
        _show(repository.join_works(one, other, person=by, reason=reason, now=call.now), is_json=False)


@app.command("split")
def split_command(
    context: typer.Context,
    record: Annotated[str, typer.Argument(help="The record that does not belong, like pubmed:31000001.")],
    by: _By,
    reason: _Reason,
) -> None:
    """Take a record out of its work; it stays out, whatever the rules say later."""
    call = invocation(context)
    with locked_store(call.project()) as repository:
        works = repository.split_work(record, person=by, reason=reason, now=call.now)
    rows = [(work.id, " ".join(_name(stored.record) for stored in work.records), _title(work)) for work in works]
    out_table(f"{len(rows)} works in the place of one", ("work", "records", "title"), rows)


def _show(work: Work, *, is_json: bool) -> None:
    if is_json:
        out_json(
            {
                "work_id": work.id,
                "records": [_facts(stored.record) for stored in work.records],
                "links": [{name: getattr(link, name) for name in WorkLink.__dataclass_fields__} for link in work.links],
                "decisions": [
                    {
                        "stage": said.stage,
                        "decision": said.decision,
                        "reason": said.reason,
                        "person": said.person,
                        "decided_at": said.decided_at,
                    }
                    for said in work.decisions
                ],
            }
        )
        return
    facts = [_facts(stored.record) for stored in work.records]
    out_table(work.id, tuple(facts[0]), [tuple(one.values()) for one in facts])
    links = [(link.record, link.other, link.reason, _state_of(link)) for link in work.links]
    out_table("Links", ("record", "other", "why", "state"), links)
    for said in work.decisions:
        out(f"{said.stage}: {said.decision} by {said.person}, {say_moment(said.decided_at)} {said.reason}".rstrip())


def _state_of(link: WorkLink) -> str:
    maker = link.made_by or f"run {link.run}" if link.made_by or link.run else "the rules"
    if link.undone_at is None:
        return f"since {say_moment(link.made_at)}, by {maker}"
    undoer = link.undone_by or "the rules"
    return f"undone {say_moment(link.undone_at)} by {undoer}: {link.undone_reason}"


def _facts(record: Record) -> dict[str, Any]:
    return {
        "record": _name(record),
        "kind": str(record.kind),
        "date": record.publication_date,
        "doi": record.doi,
        "title": record.title or record.vernacular_title,
    }


def _name(record: Record) -> str:
    return f"{record.source}:{record.source_id}"


def _title(work: Work) -> str:
    return next((text for one in work.records if (text := one.record.title or one.record.vernacular_title)), "")
