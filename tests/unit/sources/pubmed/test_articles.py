"""PubMed XML -> records."""

import contextlib
import io
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.errors import InputError
from livingreview.records import Deletion, Kind, Notice, Person, Problem, Record, Section
from livingreview.sources import Item
from livingreview.sources.pubmed import articles
from support.world import ARTICLE_HEAD, ARTICLE_TAIL, Article, article_set


def items(body: bytes) -> list[Item]:
    return list(articles.parse(io.BytesIO(body)))


def read(citation: str, data: str = "", attributes: str = 'Status="MEDLINE" Owner="NLM"') -> Record:
    """The record of one article with these children of MedlineCitation and PubmedData."""
    body = (
        f"<PubmedArticle><MedlineCitation {attributes}><PMID Version='1'>31000001</PMID>{citation}</MedlineCitation>"
        f"<PubmedData>{data}</PubmedData></PubmedArticle>"
    )
    (found,) = items(ARTICLE_HEAD + body.encode() + ARTICLE_TAIL)
    assert isinstance(found, Record), found
    return found


def article(inner: str, rest: str = "", data: str = "") -> Record:
    return read(f"<Article>{inner}</Article>{rest}", data)


def test_a_whole_record() -> None:
    made = Article(
        pmid="31000001",
        title="Vesicles & <cells>",
        abstract="Words.",
        edat=date(2022, 3, 15),
        mdat=date(2022, 4, 1),
        doi="10.5555/ABC",
        notices=(("ErratumIn", "31000009", "J Invent Res. 2022;7:1"),),
        mesh=("Exosomes",),
        version=2,
    )
    (found,) = items(article_set(made))
    assert found == Record(
        source="pubmed",
        source_id="31000001",
        pmid="31000001",
        doi="10.5555/abc",
        title="Vesicles & <cells>",
        abstract=(Section(text="Words."),),
        language=("eng",),
        journal="Journal of Invented Results",
        journal_abbreviation="J Invent Res",
        issn="9999-0001",
        nlm_id="999999999",
        volume="7",
        issue="2",
        pages="11-19",
        publication_date="2022-03",
        persons=(Person(family="Author", given="A"), Person(family="Author", given="B")),
        publication_types=("Journal Article",),
        mesh=("Exosomes",),
        notices=(Notice(kind="ErratumIn", pmid="31000009", citation="J Invent Res. 2022;7:1"),),
        source_version=2,
        source_date="2022-04-01",
        created_date="2022-03-15",
        indexing_status="MEDLINE",
    )


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("H<sub>2</sub>O and 10<sup>-3</sup>", "H₂O and 10⁻³"),
        ("CD4<sup>+</sup> cells<sup>high</sup>", "CD4⁺ cellshigh"),
        ("<i>In vitro</i> <b>study</b> of <u>x</u>", "In vitro study of x"),
        ("  much\n   white\t space ", "much white space"),
        ("&lt;b&gt; &amp; &quot;x&quot; &#945;&#x3b2;", '<b> & "x" αβ'),
        (
            'a <mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"><mml:mi>x</mml:mi><mml:mo>=</mml:mo>'
            "<mml:mn>2</mml:mn></mml:math> b",
            "a x=2 b",
        ),
        ("<i>a<sub>n</sub><sup>2</sup></i>", "an²"),
        ("a<!-- hidden -->b", "ab"),
        ("<![CDATA[5 < 6]]>", "5 < 6"),
    ],
)
def test_markup_in_a_title(markup: str, text: str) -> None:
    assert article(f"<ArticleTitle>{markup}</ArticleTitle>").title == text


def test_a_structured_abstract() -> None:
    found = article(
        "<Abstract><AbstractText Label='BACKGROUND' NlmCategory='BACKGROUND'>One.</AbstractText>"
        "<AbstractText Label='RESULTS'>p &lt; 0.05 for CD4<sup>+</sup>.</AbstractText><AbstractText/>"
        "<CopyrightInformation>© Nobody</CopyrightInformation></Abstract>"
    )
    assert found.abstract == (
        Section(label="BACKGROUND", text="One."),
        Section(label="RESULTS", text="p < 0.05 for CD4⁺."),
    )


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<Year>2021</Year><Month>Mar</Month><Day>05</Day>", "2021-03-05"),
        ("<Year>2021</Year><Month>03</Month>", "2021-03"),
        ("<Year>2021</Year><Season>Spring</Season>", "2021"),
        ("<Year>2021</Year>", "2021"),
        ("<MedlineDate>2019 Nov-Dec</MedlineDate>", "2019-11"),
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", "1998-12"),
        ("<MedlineDate>Spring 2000</MedlineDate>", "2000"),
        ("<MedlineDate>2000 Spring-Summer</MedlineDate>", "2000"),
        ("<MedlineDate>2021 Mar 15-30</MedlineDate>", "2021-03-15"),
        ("<MedlineDate>no date at all</MedlineDate>", ""),
        ("", ""),
    ],
)
def test_dates_of_publication(markup: str, text: str) -> None:
    found = article(f"<Journal><JournalIssue><PubDate>{markup}</PubDate></JournalIssue></Journal>")
    assert found.publication_date == text


def test_the_electronic_date_serves_where_the_issue_has_none() -> None:
    assert article("<ArticleDate><Year>2022</Year><Month>01</Month><Day>09</Day></ArticleDate>").publication_date == (
        "2022-01-09"
    )


def test_persons_collectives_and_orcids() -> None:
    found = article(
        "<AuthorList><Author><LastName>Author</LastName><ForeName>A</ForeName><Initials>A</Initials>"
        "<Identifier Source='ORCID'>https://orcid.org/0000-0002-1825-0097</Identifier>"
        "<AffiliationInfo><Affiliation>Here</Affiliation></AffiliationInfo>"
        "<AffiliationInfo><Affiliation>There</Affiliation></AffiliationInfo></Author>"
        "<Author><LastName>Author</LastName><Initials>B</Initials></Author>"
        "<Author><CollectiveName>Group of <i>Nobody</i></CollectiveName></Author></AuthorList>"
        "<AuthorList Type='editors'><Author><LastName>Editor</LastName></Author></AuthorList>"
    )
    assert found.persons == (
        Person(family="Author", given="A", orcid="0000-0002-1825-0097", affiliations=("Here", "There")),
        Person(family="Author", given="B"),
        Person(collective="Group of Nobody"),
    )


def test_a_vernacular_title_and_languages() -> None:
    found = article(
        "<ArticleTitle>[In English].</ArticleTitle><Language>ger</Language><Language>eng</Language>"
        "<VernacularTitle>Auf Deutsch.</VernacularTitle>"
    )
    assert (found.title, found.vernacular_title, found.language) == ("[In English].", "Auf Deutsch.", ("ger", "eng"))


def test_headings_keywords_and_chemicals() -> None:
    found = article(
        "<ArticleTitle>T</ArticleTitle>",
        "<ChemicalList><Chemical><RegistryNumber>0</RegistryNumber><NameOfSubstance UI='D'>Collagen</NameOfSubstance>"
        "</Chemical></ChemicalList><MeshHeadingList><MeshHeading><DescriptorName>Exosomes</DescriptorName>"
        "<QualifierName>metabolism</QualifierName><QualifierName>genetics</QualifierName></MeshHeading><MeshHeading>"
        "<DescriptorName>Humans</DescriptorName></MeshHeading></MeshHeadingList><KeywordList><Keyword>one</Keyword>"
        "<Keyword> </Keyword></KeywordList><KeywordList><Keyword>two</Keyword></KeywordList>",
    )
    assert found.mesh == ("Exosomes/metabolism", "Exosomes/genetics", "Humans")
    assert found.keywords == ("one", "two")
    assert found.chemicals == ("Collagen",)


def test_trial_numbers_in_data_banks_and_abstracts() -> None:
    found = article(
        "<Abstract><AbstractText>Registered as NCT00000002.</AbstractText></Abstract><DataBankList><DataBank>"
        "<DataBankName>ClinicalTrials.gov</DataBankName><AccessionNumberList><AccessionNumber>NCT00000001"
        "</AccessionNumber></AccessionNumberList></DataBank></DataBankList>"
    )
    assert found.nct_ids == ("NCT00000001", "NCT00000002")
    assert found.accessions == ("NCT00000001",)


@pytest.mark.parametrize("kind", ["RetractionIn", "RetractionOf", "ExpressionOfConcernIn", "ErratumIn", "UpdateIn"])
def test_notices(kind: str) -> None:
    found = article(
        "",
        f"<CommentsCorrectionsList><CommentsCorrections RefType='{kind}'><RefSource>J. 2022;1:2. doi: 10.5555/N"
        "</RefSource><PMID Version='1'>7</PMID></CommentsCorrections><CommentsCorrections RefType='Cites'>"
        "<RefSource>x</RefSource></CommentsCorrections></CommentsCorrectionsList>",
    )
    assert found.notices == (Notice(kind=kind, pmid="7", doi="10.5555/n", citation="J. 2022;1:2. doi: 10.5555/N"),)


def test_identifiers_and_the_reference_list() -> None:
    found = article(
        "<ELocationID EIdType='doi' ValidYN='N'>10.5555/wrong</ELocationID><ELocationID EIdType='pii'>p</ELocationID>",
        data="<ArticleIdList><ArticleId IdType='doi'>10.5555/Right</ArticleId><ArticleId IdType='pmc'>PMC77</ArticleId>"
        "</ArticleIdList><ReferenceList><Reference><ArticleIdList><ArticleId IdType='doi'>10.5555/cited</ArticleId>"
        "</ArticleIdList></Reference></ReferenceList>",
    )
    assert (found.doi, found.pmcid) == ("10.5555/right", "PMC77")


def test_a_preprint_by_its_publication_type() -> None:
    found = article("<PublicationTypeList><PublicationType>Preprint</PublicationType></PublicationTypeList>")
    assert found.kind == Kind.PREPRINT


def test_a_book() -> None:
    body = (
        b"<PubmedBookArticle><BookDocument><PMID Version='1'>20301295</PMID><Book><BookTitle>A Book of Nothing"
        b"</BookTitle><PubDate><Year>1993</Year></PubDate></Book><ArticleTitle>A Chapter</ArticleTitle>"
        b"<Abstract><AbstractText>Words.</AbstractText></Abstract></BookDocument></PubmedBookArticle>"
    )
    (found,) = items(ARTICLE_HEAD + body + ARTICLE_TAIL)
    assert isinstance(found, Record)
    assert (found.kind, found.source_id, found.title) == (Kind.BOOK, "20301295", "A Chapter")
    assert found.abstract_text == "Words."


def test_versions_are_records_of_their_own() -> None:
    found = items(article_set(Article(pmid="1", version=1), Article(pmid="1", version=2, title="Second")))
    assert [(item.source_id, item.source_version) for item in found if isinstance(item, Record)] == [("1", 1), ("1", 2)]


def test_deletions() -> None:
    body = b"<DeleteCitation><PMID Version='1'>11</PMID>\n<PMID Version='1'>012</PMID></DeleteCitation>"
    assert items(ARTICLE_HEAD + Article(pmid="1").to_xml() + body + ARTICLE_TAIL)[1:] == [
        Deletion(source="pubmed", source_id="11"),
        Deletion(source="pubmed", source_id="12"),
    ]


@pytest.mark.parametrize("pmid", ["0", "1" * 11])
def test_a_deletion_of_nothing_is_named(pmid: str) -> None:
    body = f"<DeleteCitation><PMID>{pmid}</PMID><PMID>12</PMID></DeleteCitation>".encode()
    problem, deletion = items(ARTICLE_HEAD + body + ARTICLE_TAIL)
    assert isinstance(problem, Problem)
    assert deletion == Deletion(source="pubmed", source_id="12")


@pytest.mark.parametrize("version", ["²", "0", "10000", "9" * 5000, "x"])
def test_a_version_that_is_none_is_the_first(version: str) -> None:
    body = article_set(Article(pmid="1", version=7)).replace(b'"7"', f'"{version}"'.encode())
    (found,) = items(body)
    assert isinstance(found, Record)
    assert found.source_version == 1


@pytest.mark.parametrize("piece", [b"<?xml ", b"<!DOCTYPE ", b"<PMID "])
def test_opening_tags_without_end_are_looked_through_once(piece: bytes) -> None:
    with pytest.raises(InputError):
        items(piece * 1_000_000)
    (found,) = items(ARTICLE_HEAD + b"<PubmedArticle>" + piece * 1_000_000 + b"</PubmedArticle>" + ARTICLE_TAIL)
    assert isinstance(found, Problem)


@pytest.mark.parametrize(
    ("broken", "pmid"),
    [
        (b"<PubmedArticle><MedlineCitation><PMID>7</PMID><Article></MedlineCitation></PubmedArticle>", "7"),
        (b"<PubmedArticle><MedlineCitation><PMID>7</PMID></MedlineCitation></PubmedArticle>", "7"),
        (b"<PubmedArticle><PubmedData/></PubmedArticle>", ""),
        (b"<PubmedArticle><MedlineCitation><Article/></MedlineCitation></PubmedArticle>", ""),
        (
            b"<PubmedArticle><MedlineCitation><PMID>7</PMID><Article>&unknown;</Article></MedlineCitation></PubmedArticle>",
            "7",
        ),
        (
            b"<PubmedArticle><MedlineCitation><PMID>7</PMID><Article>\xff\xfe</Article></MedlineCitation></PubmedArticle>",
            "7",
        ),
        (b"<PubmedArticle></PubmedArticle>", ""),
    ],
)
def test_a_broken_article_costs_only_itself(broken: bytes, pmid: str) -> None:
    before, after = Article(pmid="1").to_xml(), Article(pmid="2").to_xml()
    found = items(ARTICLE_HEAD + before + broken + after + ARTICLE_TAIL)
    assert [type(item) for item in found] == [Record, Problem, Record]
    assert (found[1].source_id, bool(found[1].reason)) == (pmid, True)  # type: ignore[union-attr]


@pytest.mark.parametrize("body", [ARTICLE_HEAD + ARTICLE_TAIL, b"<PubmedArticleSet/>", b"<PubmedArticleSet />\n"])
def test_an_empty_set(body: bytes) -> None:
    assert items(body) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"plain words",
        b"<html><body>Under maintenance</body></html>",
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><PubmedArticleSet></PubmedArticleSet>',
        b"<!ENTITY a 'b'>" + article_set(Article(pmid="1")),
        b'<?xml version="1.0" encoding="UTF-16"?><PubmedArticleSet></PubmedArticleSet>',
        b'<?xml version="1.0" encoding="iso-8859-1"?>' + article_set(Article(pmid="1")),
        b"<?xml version='1.0'?><eFetchResult><ERROR>no</ERROR></eFetchResult>",
    ],
)
def test_what_is_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        items(body)


def test_a_document_that_breaks_off_is_refused_wherever_it_does() -> None:
    body = article_set(Article(pmid="1"), Article(pmid="2"))
    assert len(items(body)) == 2
    for length in range(0, len(body) - 1, 37):
        with pytest.raises(InputError):
            items(body[:length])


def test_entities_of_a_single_article_are_never_resolved() -> None:
    assert isinstance(
        items(ARTICLE_HEAD + Article(pmid="1").to_xml().replace(b"Invented words", b"&lol;") + ARTICLE_TAIL)[0], Problem
    )


class Slow(io.BytesIO):
    """Hands out so many bytes at a time, whatever it is asked for."""

    def __init__(self, body: bytes, size: int) -> None:
        super().__init__(body)
        self._size = size

    def read(self, _size: int | None = -1) -> bytes:
        return super().read(self._size)


@given(st.integers(1, 700))
def test_the_size_of_chunks_does_not_matter(size: int) -> None:
    body = article_set(
        Article(pmid="1", title="ä & ö", notices=(("ErratumIn", "9", "w"),)),
        replace(Article(pmid="2"), xml=b"<PubmedArticle><MedlineCitation/></PubmedArticle>"),
        Article(pmid="3", version=2),
    ).replace(ARTICLE_TAIL, b"<DeleteCitation><PMID>8</PMID></DeleteCitation>" + ARTICLE_TAIL)
    assert list(articles.parse(Slow(body, size))) == items(body)


_PIECES = (
    b"<PubmedArticleSet>",
    b"</PubmedArticleSet>",
    b"<PubmedArticle>",
    b"</PubmedArticle>",
    b"<MedlineCitation>",
    b"</MedlineCitation>",
    b"<PMID>12</PMID>",
    b"<Article><ArticleTitle>x</ArticleTitle></Article>",
    b"<DeleteCitation>",
    b"</DeleteCitation>",
    b"<ReferenceList>",
    b"</ReferenceList>",
    b"<PubDate><Year>99999999999</Year></PubDate>",
    b"<!DOCTYPE a [",
    b"<?xml version='1.0'?>",
    b"&amp;",
    b"&x;",
    b"\xff",
    b"\x00",
)


@given(st.binary(max_size=200) | st.lists(st.sampled_from(_PIECES), max_size=25).map(b"".join))
def test_whatever_comes_only_an_input_error_is_raised(body: bytes) -> None:
    try:
        found = items(body)
    except InputError as error:
        assert "\n" not in str(error)
        return
    assert all(isinstance(item, Record | Deletion | Problem) for item in found)


@given(st.data())
def test_a_damaged_document_raises_nothing_else(data: st.DataObject) -> None:
    body = bytearray(article_set(Article(pmid="1"), Article(pmid="2", notices=(("ErratumIn", "9", "w"),))))
    for _ in range(data.draw(st.integers(1, 5))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(InputError):
        items(bytes(body))
