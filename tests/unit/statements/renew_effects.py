"""Writes the table of docs/statements.md anew: which effects the rules of each statement can have."""

import re
from pathlib import Path

from livingreview.config import Review, load_review

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "statements.md"
EFFECTS = ("challenges", "outdates", "already_so", "confirms", "extends")
_TABLE = re.compile(r"(<!-- effects: [^\n]*-->\n).*?(<!-- end of effects -->)", re.DOTALL)


def table(review: Review) -> str:
    """The rows, in the order of the review; the rule on its references is left out."""
    head = [f"| statement | {' | '.join(f'`{effect}`' for effect in EFFECTS)} | references |", "|---" * 7 + "|"]
    rows = []
    for statement in review.statements:
        rules = [rule for rule in statement.rules if not (rule.cited == "refs" and rule.is_about_discredit)]
        effects = {rule.effect for rule in rules}
        marks = ["yes" if effect in effects else "" for effect in EFFECTS]
        watches = "watched" if len(rules) < len(statement.rules) else ""
        rows.append("".join(f"| {cell} " if cell else "| " for cell in (statement.id, *marks, watches)) + "|")
    return "\n".join([*head, *rows]) + "\n"


def renewed(page: str, review: Review) -> str:
    """The page with the table of this review."""
    return _TABLE.sub(lambda found: f"{found[1]}{table(review)}{found[2]}", page)


if __name__ == "__main__":
    PAGE.write_text(
        renewed(PAGE.read_text(encoding="utf-8"), load_review(ROOT / "config", "imsc-ev")), encoding="utf-8"
    )
