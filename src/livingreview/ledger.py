"""Holds the statement ledger against the store: new evidence, and what it proposes for the statements of the review.

Each rule remembers up to which stored version it has been held, and with the scores of which model. So a run looks at
new states only, an edited rule and a new model at all of them, and a run without news at nothing.
"""

from collections import defaultdict
from datetime import datetime

from livingreview import changes
from livingreview.config import Project
from livingreview.evidence import Evidence, Mark
from livingreview.records import Baseline
from livingreview.store.repository import Repository
from livingreview.views import Run

_KEPT_AT_ONCE = 2_000


def weigh(project: Project, repository: Repository, baseline: Baseline, run: Run, now: datetime) -> int:
    """Finds evidence in every state that a rule has not seen, and stores the proposals that it makes ripe.

    Args:
        project: its review holds the ledger.
        repository: the store; must be locked by the caller.
        baseline: what the review printed and cited.
        run: the run that proposes.
        now: the moment that the proposals bear.

    Returns:
        How many proposals were made.
    """
    review, ledger = project.review, repository.ledger
    last, model = ledger.last_scored()
    known = ledger.marks()
    hashes = [rule_hash for statement in review.statements for rule_hash in statement.rule_hashes]
    behind: dict[int, set[str]] = defaultdict(set)
    for rule_hash in hashes:
        mark = known.get(rule_hash)
        through = mark.through_version_id if mark and mark.model == model else 0
        if through < last:
            behind[through].add(rule_hash)
    if not behind:
        return 0
    rules = changes.Ledger(changes.Context.of(review, baseline, project.settings.trials, now), baseline)
    cited = sorted(baseline.nct_ids | baseline.pmids | baseline.dois)
    pieces: list[Evidence] = []
    for through, waiting in sorted(behind.items()):
        for state in ledger.states(through, scopes=rules.wanted_scopes(waiting), ids=cited):
            pieces.extend(rules.evidence(state, waiting))
            if len(pieces) >= _KEPT_AT_ONCE:
                ledger.add(run, pieces)
                pieces = []
    ledger.add(run, pieces)
    evidence = ledger.evidence()
    titles = ledger.titles(sorted({(piece.source, piece.source_id) for piece, _ in evidence}))
    proposals, spoke = changes.propose(review, evidence, titles, now)
    marks = [Mark(rule_hash=rule_hash, model=model, through_version_id=last) for rule_hash in hashes]
    ledger.tell(run, proposals, spoke, marks)
    return len(proposals)
