"""The shape of an article: what matches it is read as lxml would read it, or not at all."""

import re
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.records import Record
from livingreview.sources.pubmed import fields
from livingreview.sources.pubmed.dtd import MODEL
from livingreview.sources.pubmed.xml_shape import Model, plain, without_markup, words

ARTICLE = """<PubmedArticle>
  <MedlineCitation Status="MEDLINE" Owner="NLM">
    <PMID Version="1">31000001</PMID>
    <DateCompleted><Year>2022</Year><Month>05</Month><Day>01</Day></DateCompleted>
    <DateRevised><Year>2022</Year><Month>05</Month><Day>02</Day></DateRevised>
    <Article PubModel="Print-Electronic">
      <Journal>
        <ISSN IssnType="Electronic">9999-0001</ISSN>
        <JournalIssue CitedMedium="Internet">
          <Volume>7</Volume>
          <Issue>2</Issue>
          <PubDate><Year>2022</Year><Month>Mar</Month></PubDate>
        </JournalIssue>
        <Title>Journal of Invented Results &amp; Others</Title>
        <ISOAbbreviation>J Invent Res</ISOAbbreviation>
      </Journal>
      <ArticleTitle>On <i>nothing</i> at 10<sup>-3</sup> &lt; <b>H<sub>2</sub>O</b>.</ArticleTitle>
      <Pagination><StartPage>11</StartPage><MedlinePgn>11-19</MedlinePgn></Pagination>
      <ELocationID EIdType="pii" ValidYN="Y">x1</ELocationID>
      <ELocationID EIdType="doi" ValidYN="Y">10.5555/Invented.1</ELocationID>
      <Abstract>
        <AbstractText Label="AIM &amp; WAY" NlmCategory="OBJECTIVE">Words\u00a0of  α, as
          ClinicalTrials.gov NCT00000001.</AbstractText>
        <AbstractText Label="RESULTS" NlmCategory="RESULTS">None; a[1] &gt; b.</AbstractText>
        <CopyrightInformation>Nobody.</CopyrightInformation>
      </Abstract>
      <AuthorList CompleteYN="Y">
        <Author ValidYN="Y">
          <LastName>Author</LastName>
          <ForeName>Ann O.</ForeName>
          <Initials>AO</Initials>
          <Identifier Source="ORCID">https://orcid.org/0000-0000-0000-0001</Identifier>
          <AffiliationInfo><Affiliation>Institute of Nothing, Nowhere.</Affiliation></AffiliationInfo>
          <AffiliationInfo><Affiliation>School of Less.</Affiliation></AffiliationInfo>
        </Author>
        <Author ValidYN="Y" EqualContrib="Y">
          <LastName>Writer</LastName>
          <Initials>B</Initials>
        </Author>
        <Author ValidYN="Y"><CollectiveName>Group of Nobody</CollectiveName></Author>
      </AuthorList>
      <AuthorList CompleteYN="Y" Type="editors"><Author ValidYN="Y"><LastName>Editor</LastName></Author></AuthorList>
      <Language>eng</Language>
      <DataBankList CompleteYN="Y">
        <DataBank>
          <DataBankName>ClinicalTrials.gov</DataBankName>
          <AccessionNumberList><AccessionNumber>NCT00000002</AccessionNumber></AccessionNumberList>
        </DataBank>
      </DataBankList>
      <GrantList CompleteYN="Y"><Grant><GrantID>1</GrantID><Agency>None</Agency><Country/></Grant></GrantList>
      <PublicationTypeList>
        <PublicationType UI="D016428">Journal Article</PublicationType>
        <PublicationType UI="D000076942">Preprint</PublicationType>
      </PublicationTypeList>
      <ArticleDate DateType="Electronic"><Year>2022</Year><Month>02</Month><Day>28</Day></ArticleDate>
    </Article>
    <MedlineJournalInfo>
      <Country>Nowhere</Country>
      <MedlineTA>J Invent Res</MedlineTA>
      <NlmUniqueID>999999999</NlmUniqueID>
      <ISSNLinking>9999-0000</ISSNLinking>
    </MedlineJournalInfo>
    <ChemicalList>
      <Chemical><RegistryNumber>0</RegistryNumber><NameOfSubstance UI="D1">Inventin</NameOfSubstance></Chemical>
    </ChemicalList>
    <CommentsCorrectionsList>
      <CommentsCorrections RefType="ErratumIn">
        <RefSource>J Invent Res. 2022;7:1. doi: 10.5555/e</RefSource>
        <PMID Version="1">31000009</PMID>
      </CommentsCorrections>
      <CommentsCorrections RefType="Cites"><RefSource>Elsewhere</RefSource></CommentsCorrections>
    </CommentsCorrectionsList>
    <MeshHeadingList>
      <MeshHeading>
        <DescriptorName UI="D2" MajorTopicYN="N">Exosomes</DescriptorName>
        <QualifierName UI="Q1" MajorTopicYN="Y">metabolism</QualifierName>
        <QualifierName UI="Q2" MajorTopicYN="N">genetics</QualifierName>
      </MeshHeading>
      <MeshHeading><DescriptorName UI="D3" MajorTopicYN="N">Humans</DescriptorName></MeshHeading>
    </MeshHeadingList>
    <KeywordList Owner="NOTNLM">
      <Keyword MajorTopicYN="N">nothing</Keyword>
      <Keyword MajorTopicYN="N"/>
      <Keyword MajorTopicYN="N">less than nothing</Keyword>
    </KeywordList>
  </MedlineCitation>
  <PubmedData>
    <History>
      <PubMedPubDate PubStatus="received"><Year>2022</Year><Month>1</Month><Day>2</Day></PubMedPubDate>
      <PubMedPubDate PubStatus="entrez">
        <Year>2022</Year><Month>3</Month><Day>1</Day><Hour>6</Hour><Minute>0</Minute>
      </PubMedPubDate>
    </History>
    <PublicationStatus>ppublish</PublicationStatus>
    <ArticleIdList>
      <ArticleId IdType="pubmed">31000001</ArticleId>
      <ArticleId IdType="doi">10.5555/Invented.1</ArticleId>
      <ArticleId IdType="pmc">PMC77</ArticleId>
    </ArticleIdList>
    <?nihms ?>
  </PubmedData>
</PubmedArticle>""".encode()


def outcome(piece: bytes) -> Record | str:
    try:
        return fields.record(piece, "PubmedArticle")
    except ValueError as error:
        return str(error)


def outcome_by_lxml(piece: bytes) -> Record | str:
    with patch.object(fields, "plain", lambda _piece: ""):
        return outcome(piece)


def is_read_as_it_is(piece: bytes) -> bool:
    with patch.object(Model, "written_anew", side_effect=LookupError):
        try:
            fields.record(piece, "PubmedArticle")
        except LookupError:
            return False
    return True


def test_a_whole_article_is_read_without_lxml_and_as_lxml_reads_it() -> None:
    assert is_read_as_it_is(ARTICLE)
    found = outcome(ARTICLE)
    assert isinstance(found, Record)
    assert found == outcome_by_lxml(ARTICLE)
    assert found.title == "On nothing at 10⁻³ < H₂O."
    assert [part.label for part in found.abstract] == ["AIM & WAY", "RESULTS"]
    assert found.abstract[0].text == "Words of α, as ClinicalTrials.gov NCT00000001."
    assert [person.family for person in found.persons] == ["Author", "Writer", ""]
    assert found.persons[0].affiliations == ("Institute of Nothing, Nowhere.", "School of Less.")
    assert found.mesh == ("Exosomes/metabolism", "Exosomes/genetics", "Humans")
    assert found.keywords == ("nothing", "less than nothing")
    assert (found.issn, found.doi, found.pmcid) == ("9999-0000", "10.5555/invented.1", "PMC77")
    assert (found.source_date, found.created_date) == ("2022-05-02", "2022-03-01")
    assert found.nct_ids == ("NCT00000002", "NCT00000001")
    assert [notice.pmid for notice in found.notices] == ["31000009"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"None; a", b"None<!-- hidden -->; a"),
        (b"None; a", b"None<![CDATA[;]]> a"),
        (b"None; a", b"None&#59; a"),
        (b' Owner="NLM"', b' Owner="NLM" Of="later"'),
        (b"<Issue>2</Issue>", b"<Issue>2</Issue><Part>1</Part>"),
        (b"<Volume>7</Volume>\n          <Issue>2</Issue>", b"<Issue>2</Issue><Volume>7</Volume>"),
        (b"<StartPage>11</StartPage>", b"<StartPage>11</StartPage>stray"),
        (b'EIdType="pii"', b"EIdType='pii'"),
    ],
)
def test_another_shape_is_read_all_the_same(old: bytes, new: bytes) -> None:
    piece = ARTICLE.replace(old, new)
    assert piece != ARTICLE
    assert not is_read_as_it_is(piece)
    assert outcome(piece) == outcome(ARTICLE)


@pytest.mark.parametrize(
    "broken",
    [
        ARTICLE.replace(b"<Issue>2</Issue>", b"<Issue>2</Isue>"),
        ARTICLE.replace(b"</Abstract>", b""),
        ARTICLE.replace(b"Nobody.", b"Nobody & Co."),
        ARTICLE.replace(b"Nobody.", b"No\x01body."),
        ARTICLE.replace(b"Nobody.", b"No\xffbody."),
        ARTICLE.replace(b"Nobody.", "No\uffffbody.".encode()),
        ARTICLE.replace(b"Nobody.", b"No]]>body."),
        ARTICLE.replace(b"Nobody.", b"&nbsp;"),
        ARTICLE.replace(b"Nobody.", b"<i>Nobody."),
        ARTICLE.replace(b"Nobody.", b"<i><b>Nobody.</i></b>"),
        ARTICLE.replace(b' Owner="NLM"', b' Owner="NLM" Owner="NLM"'),
        ARTICLE.replace(b' Owner="NLM"', b' Owner="N<LM"'),
        ARTICLE.replace(b"<?nihms ?>", b"<?xml ?>"),
        b"<<?nihms ?>" + ARTICLE[1:],
        b"<i></i>" + ARTICLE,
        b"<<i></i>" + ARTICLE[1:],
        ARTICLE.replace(b'Version="1"', b'Version="><i></i>1"'),
    ],
)
def test_what_is_not_well_formed_is_a_problem_even_where_nothing_is_read(broken: bytes) -> None:
    assert broken != ARTICLE
    assert isinstance(outcome(broken), str)


_LINES = ARTICLE.splitlines(keepends=True)
_INSERTED = st.sampled_from(
    [
        *("<i>", "</i>", "<sub>", "</sub>", "<sup>2</sup>", "<sub>a<sup>2</sup></sub>", "<i>a<sup>n</sup></i>", "<i/>"),
        *("&amp;", "&", "&#x3b1;", "&#13;", "&amp;lt;", "<!-- x -->", "<![CDATA[x]]>", "]]>", "<?nihms ?>", "<?x y?>"),
        *("  ", "\n", "\t", "\r", "\u00a0", "\u2028", "α", "\x01", ">", "<", '"', "'", "/", "<Foo/>", "<Foo>x</Foo>"),
        *(' Label="x"', ' Type="y"', "</Author>", "<Author>", "<LastName>Z</LastName>", "<Keyword>k</Keyword>"),
        *("<Abstract><AbstractText>again</AbstractText></Abstract>", "<PMID>9</PMID>", "NCT00000003", "x" * 70),
    ]
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """The article with a few things put in, left out, doubled or moved."""
    lines = list(_LINES)
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        at, to = draw(st.integers(1, len(lines) - 2)), draw(st.integers(1, len(lines) - 2))
        line = lines[at] if draw(st.booleans()) else lines.pop(at)
        lines.insert(to, line)
    piece = b"".join(lines)
    for _ in range(draw(st.integers(0, 2))):
        gone = draw(st.sampled_from([0, 0, 0, 0, 1, 5]))
        # Mostly into a text, where more of what is put in may stand.
        edges = [found.start() for found in re.finditer(rb"(?<=[\w.>])(?=</)", piece)]
        at = draw(st.sampled_from(edges) if draw(st.booleans()) and edges else st.integers(0, len(piece)))
        piece = piece[:at] + draw(_INSERTED).encode() + piece[at + gone :]
    return piece


@given(mutated())
def test_a_changed_article_is_read_as_lxml_reads_it_or_not_at_all(piece: bytes) -> None:
    assert outcome(piece) == outcome_by_lxml(piece)


@given(mutated())
def test_what_is_written_anew_has_the_shape(piece: bytes) -> None:
    try:
        text = MODEL.written_anew(piece)
    except ValueError:
        return
    pattern = MODEL.pattern("PubmedArticle")
    assert pattern.fullmatch(text) or not text.startswith("<PubmedArticle")


def test_a_long_piece_is_left_to_lxml() -> None:
    assert plain(b"<PMID>1</PMID>") == "<PMID>1</PMID>"
    assert plain(b"<PMID>" + b"1" * (1 << 20) + b"</PMID>") == ""


@pytest.mark.parametrize("length", [1, 40, 400])
@pytest.mark.parametrize("blank", [" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u2009 ", "\u3000"])
def test_blanks_are_single_whatever_the_length(blank: str, length: int) -> None:
    assert words(f"{blank}{'a' * length}{blank}b&amp;c{blank}") == f"{'a' * length} b&c"


def test_markup_that_does_not_balance_stays() -> None:
    assert without_markup("<T>a <i>b</T>") == "<T>a <i>b</T>"
    assert without_markup("<T>a</i> b</T>") == "<T>a</i> b</T>"
    assert without_markup("<T><i>a</i></T><T>b</i></T>") == "<T>a</T><T>b</i></T>"
