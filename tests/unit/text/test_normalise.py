"""Normal text and folded name variants."""

import importlib
import re
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.config import load_project
from livingreview.records import Record, Section, TrialFacts
from livingreview.text.normalise import FIELDS, Folder, fields, normal_text, plain_text, record_text, required_literals

VARIANTS = [
    (r"(?<![a-z0-9])(?:red|crimson)[ -]+pand(?:a|as)(?![a-z0-9])", "redtoken"),
    (r"(?<![a-z0-9])pandas?(?![a-z0-9])", "pandatoken"),
    (r"(?<=token)[-/]+", " "),
]
WORDS = st.sampled_from(["red", "crimson", "panda", "pandas", "-", "/", " ", "the", "expand", "redtoken", "PANDA", "β"])


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("IFN-γ", "ifn-gamma"),
        ("TGF\u2011β1 \u2212 IL\u20131β", "tgf-beta1 - il-1beta"),
        ("10 µg and 10 μg", "10 ug and 10 ug"),
        ("Ca²⁺", "ca2+"),
        ("Sjögren’s", "sjogren's"),
        ("ﬁbrosis\u00a0 of\tthe\n lung", "fibrosis of the lung"),
        ("exo\u00adsome\u200bs", "exosomes"),
        ("STRASSE straße", "strasse strasse"),
        ("", ""),
    ],
)
def test_normal_text(raw, normal):
    assert normal_text(raw) == normal


def test_plain_text_keeps_case_and_greek_letters():
    assert plain_text("TGF‐β1\u2009and  “NF-κB”") == 'TGF-β1 and "NF-κB"'


@given(st.text())
def test_texts_are_idempotent_and_never_fail(text):
    assert normal_text(normal_text(text)) == normal_text(text)
    assert plain_text(plain_text(text)) == plain_text(text)


def test_every_letter_with_another_form_has_a_stable_one():
    letters = [chr(code) for code in range(sys.maxunicode + 1)]
    changing = [letter for letter in letters if unicodedata.normalize("NFKD", letter.casefold()) != letter]
    hangul = range(0xAC00, 0xD7A4)
    tried = [letter for letter in changing if ord(letter) not in hangul or ord(letter) % 97 == 0]
    assert [letter for letter in tried if normal_text(normal_text(letter)) != normal_text(letter)] == []


@given(st.lists(WORDS).map("".join))
def test_folding_is_idempotent_and_leaves_no_variant(text):
    folder = Folder(VARIANTS)
    folded = folder(text)
    assert folder(folded).split() == folded.split()
    assert not re.search(r"\bpandas?\b", folded)


def test_the_longest_name_wins_when_it_comes_first():
    folder = Folder(VARIANTS)
    assert folder("Crimson\u2010pandas expand; a panda/cub") == "redtoken expand; a pandatoken cub"


def test_a_replacement_is_taken_literally():
    assert Folder([(r"(a)(b)", r"\1")])("xaby") == r"x\1y"


@given(st.lists(WORDS).map("".join))
def test_required_literals_change_no_result(text):
    normal = normal_text(text)
    naive = normal
    for pattern, replacement in VARIANTS:
        naive = re.sub(pattern, replacement, naive)
    assert Folder(VARIANTS).fold(normal) == naive


@pytest.mark.parametrize(
    ("pattern", "sets"),
    [
        ("abc", (("abc",),)),
        ("ab?c+d*", (("a",), ("c",))),
        ("(?:one|two)x", (("one", "two"), ("x",))),
        ("m(?:other|ilk)", (("milk", "mother"),)),
        ("[abc]*", ()),
        ("(?:x|)", ()),
        ("(?<=token)-", (("token",), ("-",))),
        (r"ad[-\u2010-\u2015]sc", (("ad-sc",),)),
        ("(?!no)yes", (("yes",),)),
        ("a[- ]b", (("a",), ("b",))),
        ("a[-β]b", (("a",), ("b",))),
        ("a[bB]c", (("abc",),)),
        ("a[^b]c", (("a",), ("c",))),
    ],
)
def test_required_literals(pattern, sets):
    assert required_literals(pattern) == sets


def test_without_the_parse_tree_patterns_still_work(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    assert required_literals("abc") == ()
    assert Folder([("abc", "x")])("ABCd") == "xd"


def test_capitals_in_a_pattern_do_not_matter():
    assert Folder([(r"MSC\S", "cell")])("an MSCs") == "an cell"


def test_fields_and_record_text():
    record = Record(
        source="clinicaltrials",
        source_id="NCT1",
        vernacular_title="Ein Panda",
        abstract=(Section(label="AIM", text="Feed it."), Section(text="Red")),
        keywords=("panda", "zoo"),
        mesh=("Ursidae",),
        chemicals=("Bamboo",),
        trial=TrialFacts(conditions=("Hunger",), interventions=("Pandas",)),
    )
    parts = fields(record)
    assert tuple(parts) == FIELDS
    assert parts["title"] == "Ein Panda"
    assert parts["abstract"] == "AIM: Feed it.\nRed"
    assert parts["mesh"] == "Ursidae; Bamboo"
    text = record_text(record, Folder(VARIANTS))
    assert text == ("ein pandatoken . aim: feed it. red . pandatoken; zoo . ursidae; bamboo . hunger . pandatoken")
    assert record_text(record, Folder(VARIANTS), ("title", "mesh")) == "ein pandatoken . ursidae; bamboo"


@pytest.fixture(scope="module")
def shipped():
    review = load_project(Path(__file__).parents[3] / "config", "imsc-ev").review
    return Folder((pattern, item.replacement, item.context) for item in review.variants for pattern in item.patterns)


@pytest.mark.parametrize(
    "name",
    [
        "iMSC",
        "iMSCs",
        "hiPSC-MSCs",
        "iPS-MSC",
        "iPSCMSC",
        "iPSC-derived MSCs",
        "PSC\u2010MSC",
        "induced pluripotent stem cell-derived mesenchymal stromal cells",
        "human-induced pluripotent stem cell (hiPSC)-derived mesenchymal stem cells",
        "mesenchymal stem cells derived from human induced pluripotent stem cells",
        "mesenchymal stem cells differentiated from human induced pluripotent stem cells",
    ],
)
def test_shipped_names_of_the_review_s_cells(shipped, name):
    tokens = re.findall(r"\w+token", shipped(f"Vesicles of {name} heal"))
    assert tokens == ["evtoken", "imsctoken"]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("MSCs induced from iPSCs", "imsctoken"),
        ("MSCs derived via the neural crest from patient iPSCs", "imsctoken"),
        ("Differentiation of hiPSCs into functional MSCs", "imsctoken"),
        ("hESC-MSC-derived EVs", "imsctoken evtoken"),
        ("embryonic stem cell-derived exosomes", "ipsctoken evtoken"),
        ("MSC-like cells from hiPSCs", "imsctoken"),
        ("CYP-004", "imsctoken"),
        ("adult pluripotent mesenchymal stem cells", "msctoken"),
        ("iPSC and MSC", "ipsctoken msctoken"),
        ("IL-1-induced mesenchymal stem cells", "msctoken"),
        ("osteogenically induced mesenchymal stem cells", "msctoken"),
        ("exosomes by induced mesenchymal stem cells", "evtoken imsctoken"),
        ("stem cells from human exfoliated deciduous teeth", "msctoken"),
        ("umbilical cord stem cell-derived exosomes", "msctoken evtoken"),
        ("bone marrow stem cell exosomes", "msctoken evtoken"),
        ("bone marrow stem cell transplantation in leukaemia", ""),
    ],
)
def test_shipped_names_put_together(shipped, text, tokens):
    assert " ".join(re.findall(r"\w+token", shipped(text))) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("MSC-EV", "msctoken evtoken"),
        ("EV products of iPSCs", "evtoken ipsctoken"),
        ("Vesicles are many. We call them EV here", "evtoken"),
        ("EVs as vesicles", "evtoken"),
        ("hucMSC-sEV and sevoflurane", "msctoken evtoken"),
        ("vesicles of umbilical cord MSCs", "evtoken msctoken"),
        ("EV-A71 in children", ""),
        ("enterovirus EV71, MSC therapy", "msctoken"),
        ("EV-D68 and MSCs", "msctoken"),
        ("enfortumab vedotin (EV) after EV-301", ""),
        ("a gap of 2.1 eV at 10 MeV", ""),
        ("MSCs under a beam of 6 MeV", "msctoken"),
        ("electric vehicles (EVs) on the road", ""),
        ("bleeding from EV (oesophageal varices)", ""),
        ("sevoflurane (SEV) on iPS cells", "ipsctoken"),
        ("synaptic vesicles and vesicles", ""),
        ("synaptic vesicles of iPSC-derived neurons", "ipsctoken"),
        ("the RNA exosome and the exosome complex", ""),
        ("exo-selective cycloaddition", ""),
    ],
)
def test_what_ev_means_depends_on_its_neighbours(shipped, text, tokens):
    assert " ".join(dict.fromkeys(re.findall(r"\w+token", shipped(text)))) == tokens


def test_a_variant_with_a_context_counts_only_beside_it():
    folder = Folder([(r"\bcub\b", "cubtoken", ("panda", "bear")), (r"\bpanda\b", "pandatoken", ())])
    assert folder("a cub") == "a cub"
    assert folder("a cub and its panda") == "a cubtoken and its pandatoken"


@pytest.mark.parametrize("name", ["exosomes", "sEVs", "small extracellular vesicles", "nanovesicles", "Small EVs"])
def test_shipped_names_of_vesicles(shipped, name):
    assert shipped(f"{name} of the liver") == "evtoken of the liver"


@pytest.mark.parametrize(
    "text", ["levels of evidence", "a scheme for mscape", "exodus", "epithelial-mesenchymal transition"]
)
def test_shipped_variants_leave_other_words_alone(shipped, text):
    assert "token" not in shipped(text)
