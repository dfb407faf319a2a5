"""What a rule of a statement asks for, in words: part by part, and as one sentence a statement."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from livingreview.config import Review, Rule, Statement
from livingreview.config.words import concept_of, is_regex
from livingreview.records import Kind
from livingreview.records.change_types import FIRST_STORED_TYPES, ChangeType
from livingreview.records.sanitize import clean
from livingreview.text import wording

EFFECTS: Final = {
    "challenges": "challenged",
    "outdates": "outdated",
    "already_so": "already so at publication",
    "confirms": "confirmed",
    "extends": "extended",
}
_CHANGED: Final = {
    ChangeType.RETRACTED: "was retracted",
    ChangeType.CONCERN_EXPRESSED: "was doubted",
    ChangeType.WITHDRAWN: "was withdrawn",
    ChangeType.CORRECTED: "was corrected",
    ChangeType.REINSTATED: "was reinstated",
    ChangeType.STATUS_CHANGED: "changed its status",
    ChangeType.RESULTS_POSTED: "posted results",
    ChangeType.RESULTS_PUBLISHED: "published results",
}
_CITED: Final = {
    "refs": "that the statement cites",
    "nct_ids": "that the statement names",
    "table1": "of the review's table",
    "printed": "that the review prints",
}
_STANDING: Final = {
    "changed": "changed since publication",
    "undated": "differs, undated",
    "already_so": "was already another at publication",
}
_FINDINGS: Final = {"no_benefit": "no benefit", "benefit": "a benefit", "harm": "harm"}
_MOST_OBJECTS: Final = 4
"""Outcomes of a finding that a sentence names; ``statements show`` and ``test --record`` name them all."""


def _any(values: Iterable[object]) -> str:
    return wording.joined((str(value) for value in values), "or")


def _quoted(entries: Sequence[str]) -> list[str]:
    said = {entry: f"any name of {name}" for entry in entries if (name := concept_of(entry))}
    return [said.get(entry) or (entry if is_regex(entry) else f"“{entry}”") for entry in entries]


def _facets(rule: Rule) -> str:
    return "; ".join(f"{name}: {_any(values)}" for name, values in rule.facets.items())


def _cited(rule: Rule) -> str:
    if rule.cited or rule.standing:
        return f"what is one {_CITED[rule.cited or 'printed']}"
    since = "" if rule.effect == "already_so" else ", and no paper from before it"
    return f"nothing that the review itself cites or prints{since}"


def _finding(rule: Rule) -> str:
    objects = _any(_quoted((*rule.about, *rule.about_more)))
    return f"a sentence that reports {_FINDINGS[rule.finding]} on {objects}" if rule.finding else ""


ASKS: Final[dict[str, Callable[[Rule], str]]] = {
    "kinds": lambda rule: _any(rule.kinds),
    "scopes": lambda rule: _any(rule.scopes),
    "cited": _cited,
    "areas": lambda rule: _any(rule.areas),
    "facets": _facets,
    "changes": lambda rule: _any(rule.changes),
    "status": lambda rule: _any(rule.status),
    "standing": lambda rule: _any(_STANDING[one] for one in rule.standing),
    "phases": lambda rule: _any(rule.phases),
    "has_results": lambda rule: {True: "posted results", False: "no posted results", None: ""}[rule.has_results],
    "is_interventional": lambda rule: {True: "interventional", False: "observational", None: ""}[
        rule.is_interventional
    ],
    "results": lambda rule: rule.results and f"results posted {rule.results.replace('_', ' the ')}",
    "posted": lambda rule: rule.posted.replace("_", " the "),
    "retracted": lambda rule: "" if rule.is_about_discredit else "not retracted or withdrawn",
    "publication_types": lambda rule: "" if rule.is_about_discredit else _any(rule.publication_types or ("study",)),
    "intervention": lambda rule: wording.joined(_quoted(rule.intervention)),
    "without_text": lambda rule: f"none of {_any(_quoted(rule.without_text))}" if rule.without_text else "",
    "text": lambda rule: _any(_quoted(rule.text)),
    "every_text": lambda rule: wording.joined(_quoted(rule.every_text)),
    "finding": _finding,
}
"""Part of a rule -> what it asks of a record, empty where it asks nothing; in the order in which they are looked at."""


def watch_words(statement: Statement, review: Review) -> str:
    """What its rules look out for, rule by rule; empty for a statement without rules."""
    parts = list(dict.fromkeys(rule_words(rule, review) for rule in statement.rules))
    words = "; ".join(parts)
    return f"{words[0].upper()}{words[1:]}." if words else ""


def rule_words(rule: Rule, review: Review) -> str:
    """``challenged by a study of EVs from iPSC-derived MSCs in tendinopathy that reports no benefit on “pain”``."""
    areas = {area.slug: _small(area.label) for area in review.every_area()}
    scopes = {scope.slug: _small(scope.label) for scope in review.scopes}
    facets = {(facet.slug, one.slug): one.label or one.slug for facet in review.facets for one in facet.values}
    if rule.cited == "refs" and rule.is_about_discredit:
        fate = _any(dict.fromkeys(_CHANGED.get(change.bare, change).removeprefix("was ") for change in rule.changes))
        return f"{EFFECTS[rule.effect]} when one of its references is {fate}"
    parts = [_noun(rule)]
    if rule.scopes:
        parts.append(f"of {_any(scopes.get(slug, slug) for slug in rule.scopes)}")
    if rule.areas:
        parts.append(f"in {_any(areas.get(slug, slug) for slug in rule.areas)}")
    if rule.facets:
        named = [_small(facets.get((name, value), value)) for name, values in rule.facets.items() for value in values]
        parts.append(f"tagged {_any(named)}")
    if rule.phases:
        parts.append(f"in {_any(wording.enum_words(phase) for phase in rule.phases)}")
    if rule.cited or rule.standing:
        parts.append(_CITED[rule.cited or "printed"])
    parts.extend(_clauses(rule))
    return clean(f"{EFFECTS[rule.effect]}{':' if rule.effect == 'already_so' else ' by'} {' '.join(parts)}")


def _noun(rule: Rule) -> str:
    if rule.publication_types:
        nouns = [("an " if name[0] in "aeiou" else "a ") + name for name in rule.publication_types]
    elif rule.is_about_discredit and Kind.TRIAL not in rule.kinds:
        nouns = ["a text"]
    else:
        trial = {None: "a trial", True: "an interventional trial", False: "an observational trial"}[
            rule.is_interventional
        ]
        nouns = ["a study"] * (not rule.kinds or set(rule.kinds) != {Kind.TRIAL}) if _takes_papers(rule) else []
        nouns += [trial] * (not rule.kinds or Kind.TRIAL in rule.kinds)
    return (f"{rule.at_least} or more, each " if rule.at_least > 1 else "") + _any(nouns)


def _takes_papers(rule: Rule) -> bool:
    """Whether a paper can meet it: what only a registry says, a paper never does."""
    has_registry_part = bool(rule.status or rule.phases or rule.results or rule.posted or rule.standing)
    return not has_registry_part and rule.has_results is None and rule.is_interventional is None


def _clauses(rule: Rule) -> list[str]:
    clauses = []
    if rule.status:
        clauses.append(f"that is {_any(wording.status_words(status) for status in rule.status)}")
    if rule.standing:
        clauses.append(f"whose status {_any(_STANDING[one] for one in rule.standing)}")
    if rule.has_results is not None:
        clauses.append("with posted results" if rule.has_results else "without posted results")
    if rule.results:
        clauses.append(f"with results posted {rule.results.replace('_', ' the ')}")
    if rule.posted:
        clauses.append(f"first posted {rule.posted.replace('_', ' the ')}")
    changes = dict.fromkeys(
        "is new" if change in FIRST_STORED_TYPES else _CHANGED.get(change.bare, f"brought a {change.replace('_', ' ')}")
        for change in rule.changes
    )
    if changes:
        clauses.append(f"that {_any(changes)}")
    if rule.intervention:
        clauses.append(f"that gives {wording.joined(_quoted(rule.intervention))}")
    if rule.finding:
        named = _quoted((*rule.about, *rule.about_more))
        if len(named) > _MOST_OBJECTS:
            named = [*named[: _MOST_OBJECTS - 1], f"{len(named) - _MOST_OBJECTS + 1} other outcomes"]
        clauses.append(f"that reports {_FINDINGS[rule.finding]} on {_any(named)}")
    if rule.text or rule.every_text:
        entries = (*rule.text, *rule.every_text)
        if any(is_regex(entry) for entry in entries):
            clauses.append(f"in words of: {rule.why}")
        else:
            said = [_any(_quoted(rule.text))] * bool(rule.text) + _quoted(rule.every_text)
            clauses.append(f"that says {wording.joined(said)}")
    return clauses


def _small(label: str) -> str:
    """A label inside a sentence; abbreviations and names of people keep their capitals."""
    is_name = "'s" in label.split(" ")[0] or not label[1:2].islower()
    return label if is_name else label[0].lower() + label[1:]
