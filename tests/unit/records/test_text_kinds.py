"""What kind of text a record is, by its publication types, its notices and its title."""

from dataclasses import replace

import pytest

from livingreview.records import Kind, Notice
from livingreview.records.text_kinds import TextKind, is_marked_retracted, text_kind, titled_kind
from support.records import article, trial


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("study", "Vesicles of loom cells attenuate pain in mice"),
        ("notice", "Retraction Note: Vesicles of loom cells"),
        ("notice", "Retraction of: Vesicles of loom cells"),
        ("study", "Adherence to guidelines on vesicles"),
        ("study", "Vesicles in a child: a rare case and review of the literature"),
        ("study", "Image guidance for the injection of vesicles"),
        ("study", "Correspondence between vesicles and cells"),
        ("study", "A protocol of single vesicles to study their cells"),
        ("study", "Pain of the hand: perspective of partners"),
        ("review", "Vesicles of loom cells: a clinical perspective"),
        ("notice", "Retraction: Vesicles of X"),
        ("notice", "RETRACTION TO: X"),
        ("notice", 'Retraction notice to "Vesicles" [J Foo 12 (2020)]'),
        ("notice", "Expression of Concern: X"),
        ("notice", "Editorial Expression of Concern: X"),
        ("notice", "Statement of Retraction: X"),
        ("notice", "WITHDRAWN: X of Y"),
        ("study", "RETRACTED: X attenuates Y"),
        ("study", "[Retracted Article] X attenuates Y"),
        ("study", "Retraction of the tendon after injury and its treatment by EVs"),
        ("study", "Withdrawal of corticosteroids after EVs"),
        ("erratum", "Correction to: X"),
        ("erratum", "Correction: X"),
        ("erratum", "Corrigendum to “X”"),
        ("erratum", "Erratum: X"),
        ("erratum", "Erratum to X"),
        ("erratum", "Author Correction: X"),
        ("erratum", "Publisher Correction: X"),
        ("erratum", "Correction for Lee et al., X"),
        ("erratum", "Addendum: X"),
        ("study", "Correction of a gene in iPSC-derived MSCs"),
        ("comment", 'Comment on "X"'),
        ("comment", "Comment on: X"),
        ("comment", "Commentary: X"),
        ("comment", "Re: X"),
        ("comment", "Response to “X”"),
        ("comment", "Response to the letter by A"),
        ("comment", "Reply to: X"),
        ("comment", "Authors' reply"),
        ("comment", "Response to Smith et al."),
        ("study", "Response to hypoxia of iMSCs"),
        ("study", "Response to treatment with EVs in rats"),
        ("letter", "Letter to the Editor: X"),
        ("letter", 'Letter to the editor regarding "X"'),
        ("editorial", "Editorial: X"),
        ("editorial", "Editorial"),
        ("review", "X: a systematic review"),
        ("review", "X: A review"),
        ("review", "A review of Y"),
        ("review", "Systematic review and meta-analysis of EVs"),
        ("review", "Recent advances in EVs"),
        ("review", "EVs in stroke: current perspectives"),
        ("review", "EVs: challenges and opportunities"),
        ("review", "Emerging role of exosomes"),
        ("review", "Extracellular vesicles in osteoarthritis: an overview"),
        ("study", "Case report and review of the literature: X"),
        ("study", "A retrospective review of charts"),
        ("study", "Peer reviewed protocol: we reviewed X"),
        ("study", "A prospective study of EVs"),
        ("protocol", "X: study protocol for a randomised trial"),
        ("protocol", "Protocol for a phase 1 trial of X"),
        ("protocol", "EVs for tendinopathy: a systematic review protocol"),
        ("protocol", "Rationale and design of the X trial"),
        ("study", "A modified protocol for differentiation of iPSCs into MSCs"),
        ("study", "A differentiation protocol for iMSCs improves yield"),
        ("study", "An optimized protocol for the isolation of exosomes for use in a clinical trial"),
        ("study", "A GMP-compliant protocol of production"),
        ("study", "Protocol of iMSC induction"),
        ("guideline", "Minimal information for studies of extracellular vesicles 2023"),
        ("review", "Guidelines on EVs: a systematic review"),
        ("guideline", "EVs: an ISEV position paper"),
        ("guideline", "Guideline on EVs"),
        ("guideline", "Consensus statement on X"),
        ("guideline", "FDA guidance for EV products"),
        ("study", "Characterisation of EVs according to MISEV guidelines"),
        ("study", "Trial of vesicles"),
    ],
)
def test_a_title_says_what_kind_of_text_it_is(kind: str, title: str) -> None:
    assert titled_kind(title) == kind


@pytest.mark.parametrize(
    ("types", "kind"),
    [
        (("Journal Article",), "study"),
        (("Journal Article", "Review"), "review"),
        (("Systematic Review", "Meta-Analysis"), "review"),
        (("review-article",), "review"),
        (("Retraction of Publication",), "notice"),
        (("Expression of Concern",), "notice"),
        (("Published Erratum",), "erratum"),
        (("Letter", "Comment"), "comment"),
        (("Letter",), "letter"),
        (("Editorial",), "editorial"),
        (("News",), "editorial"),
        (("Clinical Trial Protocol", "Journal Article"), "protocol"),
        (("Practice Guideline",), "guideline"),
        # A letter or a review that also reports patients of its own.
        (("Letter", "Randomized Controlled Trial"), "study"),
        (("Letter", "Clinical Trial, Phase I"), "study"),
        (("Case Reports", "Review"), "study"),
        (("Comment", "Case Reports"), "comment"),
        (("Retracted Publication",), "study"),
    ],
)
def test_publication_types_say_it(types: tuple[str, ...], kind: str) -> None:
    assert text_kind(article(title="Vesicles of loom cells", publication_types=types)) == kind


def test_the_title_counts_where_the_types_do_not_say_it() -> None:
    found = article(title="Vesicles of loom cells: a systematic review", publication_types=("Journal Article",))
    assert text_kind(found) == TextKind.REVIEW


@pytest.mark.parametrize(
    ("notice", "kind"),
    [
        ("RetractionOf", "notice"),
        ("ExpressionOfConcernFor", "notice"),
        ("ErratumFor", "erratum"),
        ("CommentOn", "comment"),
        # These stand on the article itself.
        ("RetractionIn", "study"),
        ("ErratumIn", "study"),
        ("CommentIn", "study"),
        ("UpdateOf", "study"),
        ("CorrectedandRepublishedFrom", "study"),
    ],
)
def test_a_notice_that_it_is_says_it(notice: str, kind: str) -> None:
    assert text_kind(article(title="Vesicles", notices=(Notice(kind=notice, pmid="1"),))) == kind


def test_a_registered_trial_is_a_study_whatever_its_title() -> None:
    registered = replace(trial(), title="Study protocol: a review of vesicles")
    assert registered.kind == Kind.TRIAL
    assert text_kind(registered) == TextKind.STUDY


@pytest.mark.parametrize("title", ["RETRACTED: Vesicles", "Retracted Article: Vesicles", "[Retracted] Vesicles"])
def test_the_mark_of_a_journal_on_its_retracted_article(title: str) -> None:
    assert is_marked_retracted(title)
    assert not is_marked_retracted("Retracted vesicles and what became of them")
