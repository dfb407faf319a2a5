"""A model's card for people: what it was made of, how good it is, where it fails; as Markdown."""

from collections.abc import Iterator, Mapping
from typing import Any

_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\`*_[]<>|"})


def facts(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The card in short: what, from what, how good."""
    evaluation = card["evaluation"]
    relevance = evaluation["relevance"]
    return [
        ("model", f"{card['name']} {card['id']}"),
        ("trained at", card["trained_at"]),
        ("labels", ", ".join(f"{count} {origin}" for origin, count in card["labels"]["origins"].items())),
        ("macro-F1 of scopes", figure(evaluation["scopes"]["macro_f1"])),
        ("macro-F1 of areas", figure(evaluation["areas"]["macro_f1"])),
        ("recall and precision of relevance", f"{_plain(relevance['recall'])}, {_plain(relevance['precision'])}"),
        ("thresholds", f"relevance {card['thresholds']['relevance']:.3f}, area {card['thresholds']['area']:.3f}"),
        ("how it was measured", evaluation["method"]),
    ]


def markdown(card: Mapping[str, Any], evaluation: Mapping[str, Any], pictures: Mapping[str, str]) -> str:
    """The whole card.

    Args:
        card: of the model.
        evaluation: what :func:`~livingreview.classify.evaluate` gave for its labels.
        pictures: title -> file name, beside the card.
    """
    return "\n".join(_lines(card, evaluation, pictures)) + "\n"


def _lines(card: Mapping[str, Any], evaluation: Mapping[str, Any], pictures: Mapping[str, str]) -> Iterator[str]:
    yield f"# Model card: {card['review']}, {card['name']} ({card['id']})"
    yield ""
    for label, value in facts(card)[1:]:
        yield f"- {label}: {value}"
    yield f"- code {card['code_version']}, configuration {card['config_hash'][:12]}, labels {card['data_hash'][:12]}"
    nested = evaluation["nested"]
    yield from _section("Scopes, nested cross-validation", f"{evaluation['method']}; {nested['method']}.")
    yield from _table(nested["scopes"])
    yield from _section(
        "Relevance",
        "A record counts as relevant when 1 - p(other) reaches the threshold; here chosen inside each fold.",
    )
    yield f"Recall {_plain(nested['relevance']['recall'])}, precision {_plain(nested['relevance']['precision'])}."
    yield from _section("Top-level areas, nested cross-validation", "Areas that nobody labelled are not measured.")
    yield from _table(nested["areas"])
    temporal = evaluation["temporal"]
    yield from _section("Learnt from the past, measured on what came after", "")
    if "note" in temporal:
        yield f"No figure: {temporal['note']}."
    else:
        yield f"Learnt from {temporal['n_train']} labels before {temporal['learnt_before']} (the background, undated,"
        yield f"among them), measured on {temporal['n_test']} labels of that year and later."
        for title, part in (("scope", temporal["scopes"]), ("area", temporal["areas"])):
            yield ""
            yield from _table(part, title, has_train=True)
    yield from _section("Learning curve", "")
    yield "| labels | macro-F1 of scopes |"
    yield "|---|---|"
    for point in evaluation["learning_curve"]:
        yield f"| {point['n_labels']} | {figure(point['macro_f1'])} |"
    yield from _section("The worst mistakes", "Least probability for what the record is.")
    yield "| title | is | said | probability |"
    yield "|---|---|---|---|"
    for one in evaluation["mistakes"]:
        yield f"| {one['title'].translate(_SPECIAL)} | {one['is']} | {one['said']} | {one['probability']:.3f} |"
    for title, name in pictures.items():
        yield from _section(title, f"![{title}]({name})")


def _section(title: str, text: str) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
    if text:
        yield text
        yield ""


def _table(found: Mapping[str, Any], title: str = "class", *, has_train: bool = False) -> Iterator[str]:
    """One row a class; "too few (n)" where a figure would mean nothing."""
    train = " learnt from |" if has_train else ""
    yield f"| {title} | labels |{train} precision | recall | F1 |"
    yield "|---" * (6 if has_train else 5) + "|"
    for name, values in found["classes"].items():
        counts = f"{values['n']} | {values['n_train']}" if has_train else str(values["n"])
        if "f1" in values:
            cells = " | ".join(figure(values[key]) for key in ("precision", "recall", "f1"))
        else:
            cells = f"{values['note']} | | "
        yield f"| {name} | {counts} | {cells} |"
    blanks = " |" * (4 if has_train else 3)
    yield f"| macro, without those with too few |{blanks} {figure(found['macro_f1'])} |"


def figure(value: Mapping[str, float] | None) -> str:
    """A figure with its interval, two decimals; "too few" where there is none."""
    if not value:
        return "too few"
    if "low" not in value:
        return f"{value['value']:.2f}"
    return f"{value['value']:.2f} ({value['low']:.2f} to {value['high']:.2f})"


def _plain(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"
