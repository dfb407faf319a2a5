"""``digest``: the mail of changes that nobody has been sent yet."""

from collections.abc import Sequence
from typing import Annotated

import typer

from livingreview.cli.common import invocation, out, out_text, store
from livingreview.deliver.digest import Outcome, preview_digest
from livingreview.pipeline import digest

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command("preview")
def digest_preview(context: typer.Context) -> None:
    """Print the mail as it would be sent, without its picture; nothing is sent and nothing noted."""
    call = invocation(context)
    project = call.project()
    with store(project) as repository:
        facts = digest.facts(project, repository, call.now)
        message = preview_digest(repository, project.review, project.settings.mail, now=call.now, facts=facts)
    out_text(message.as_string())


@app.command("send")
def digest_send(
    context: typer.Context,
    quiet: Annotated[bool, typer.Option("--even-if-quiet", help="Also when nothing is new and nothing waits.")] = False,
) -> None:
    """Send every change that no accepted mail has carried yet."""
    call = invocation(context)
    project = call.project()
    with store(project) as repository:
        out_mailed(digest.send(project, repository, call.now, is_quiet_sent=quiet))


def out_mailed(sent: Sequence[Outcome]) -> None:
    """Prints what became of each mail."""
    for outcome in sent:
        out(str(outcome))
    if not sent:
        out("Nothing to send: every change has been delivered.")
