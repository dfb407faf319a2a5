"""The world that the local server answers from: articles, studies, preprints and dois; tests change it between runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from xml.sax.saxutils import escape, quoteattr

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ARTICLE_HEAD = (
    b'<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN"'
    b' "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n<PubmedArticleSet>\n'
)
ARTICLE_TAIL = b"</PubmedArticleSet>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One PubMed record and when PubMed says it came.

    Attributes:
        edat: entry date; ``crdt``, create date, and ``mdat``, modification date, are the same unless given.
        accessions: trial numbers of the data bank list.
        notices: (RefType, pmid, words) each.
        is_returned: False for a PMID that searches list and efetch does not give.
        xml: the whole ``PubmedArticle`` element, in place of one built from the other fields.
    """

    pmid: str
    title: str = "An article without a title of its own"
    abstract: str = "Invented words about nothing in particular."
    edat: date = date(2022, 3, 15)
    crdt: date | None = None
    mdat: date | None = None
    doi: str = ""
    accessions: tuple[str, ...] = ()
    journal: str = "Journal of Invented Results"
    authors: tuple[tuple[str, str], ...] = (("Author", "A"), ("Author", "B"))
    notices: tuple[tuple[str, str, str], ...] = ()
    publication_types: tuple[str, ...] = ("Journal Article",)
    mesh: tuple[str, ...] = ()
    version: int = 1
    status: str = "MEDLINE"
    is_returned: bool = True
    xml: bytes = b""

    def dates(self) -> dict[str, date]:
        """Date type of esearch -> date."""
        return {"edat": self.edat, "crdt": self.crdt or self.edat, "mdat": self.mdat or self.crdt or self.edat}

    def text(self) -> str:
        """What searches look into, in lower case."""
        return " ".join((self.title, self.abstract, *self.mesh)).lower()

    def to_xml(self) -> bytes:
        """The element as efetch writes it."""
        return self.xml or _article_xml(self).encode()


def _day(name: str, moment: date, attributes: str = "") -> str:
    return (
        f"<{name}{attributes}><Year>{moment.year}</Year><Month>{moment.month:02d}</Month>"
        f"<Day>{moment.day:02d}</Day></{name}>"
    )


def _article_xml(article: Article) -> str:
    moment = article.edat
    dates = article.dates()
    authors = "".join(
        f'<Author ValidYN="Y"><LastName>{escape(family)}</LastName><ForeName>{escape(given)}</ForeName>'
        f"<Initials>{escape(given[:1])}</Initials></Author>"
        for family, given in article.authors
    )
    types = "".join(
        f'<PublicationType UI="D016428">{escape(name)}</PublicationType>' for name in article.publication_types
    )
    notices = "".join(
        f"<CommentsCorrections RefType={quoteattr(kind)}><RefSource>{escape(words)}</RefSource>"
        + (f'<PMID Version="1">{pmid}</PMID>' if pmid else "")
        + "</CommentsCorrections>"
        for kind, pmid, words in article.notices
    )
    mesh = "".join(
        f'<MeshHeading><DescriptorName UI="D000001" MajorTopicYN="N">{escape(name)}</DescriptorName></MeshHeading>'
        for name in article.mesh
    )
    doi = f'<ELocationID EIdType="doi" ValidYN="Y">{escape(article.doi)}</ELocationID>' if article.doi else ""
    banks = "".join(f"<AccessionNumber>{escape(number)}</AccessionNumber>" for number in article.accessions)
    if banks:
        banks = (
            "<DataBankList><DataBank><DataBankName>ClinicalTrials.gov</DataBankName><AccessionNumberList>"
            f"{banks}</AccessionNumberList></DataBank></DataBankList>"
        )
    doi_id = f'<ArticleId IdType="doi">{escape(article.doi)}</ArticleId>' if article.doi else ""
    return (
        f'<PubmedArticle><MedlineCitation Status="{article.status}" Owner="NLM">'
        f'<PMID Version="{article.version}">{article.pmid}</PMID>'
        f"{_day('DateRevised', dates['mdat'])}"
        '<Article PubModel="Print-Electronic"><Journal><ISSN IssnType="Electronic">9999-0001</ISSN>'
        f'<JournalIssue CitedMedium="Internet"><Volume>7</Volume><Issue>2</Issue><PubDate><Year>{moment.year}</Year>'
        f"<Month>{_MONTHS[moment.month - 1]}</Month></PubDate></JournalIssue><Title>{escape(article.journal)}</Title>"
        "<ISOAbbreviation>J Invent Res</ISOAbbreviation></Journal>"
        f"<ArticleTitle>{escape(article.title)}</ArticleTitle>"
        f"<Pagination><MedlinePgn>11-19</MedlinePgn></Pagination>{doi}"
        + (f"<Abstract><AbstractText>{escape(article.abstract)}</AbstractText></Abstract>" if article.abstract else "")
        + f'<AuthorList CompleteYN="Y">{authors}</AuthorList><Language>eng</Language>{banks}'
        f"<PublicationTypeList>{types}</PublicationTypeList></Article>"
        "<MedlineJournalInfo><Country>Utopia</Country><MedlineTA>J Invent Res</MedlineTA><NlmUniqueID>999999999"
        "</NlmUniqueID></MedlineJournalInfo>"
        + (f"<CommentsCorrectionsList>{notices}</CommentsCorrectionsList>" if notices else "")
        + (f"<MeshHeadingList>{mesh}</MeshHeadingList>" if mesh else "")
        + "</MedlineCitation><PubmedData><History>"
        + _day("PubMedPubDate", dates["crdt"], ' PubStatus="entrez"')
        + "</History><PublicationStatus>ppublish</PublicationStatus><ArticleIdList>"
        f'<ArticleId IdType="pubmed">{article.pmid}</ArticleId>{doi_id}</ArticleIdList></PubmedData></PubmedArticle>'
    )


def article_set(*articles: Article) -> bytes:
    """A whole efetch answer."""
    return ARTICLE_HEAD + b"\n".join(article.to_xml() for article in articles) + ARTICLE_TAIL


def study(
    nct_id: str,
    title: str = "A study without a title of its own",
    *,
    status: str = "RECRUITING",
    updated: str = "2022-04-01",
    enrollment: int | None = 20,
    enrollment_type: str = "ESTIMATED",
    stamp: str = "2025-01-01",
    **status_fields: Any,
) -> dict[str, Any]:
    """One study in the shape of API v2; ``status_fields`` go into its status module."""
    design: dict[str, Any] = {"studyType": "INTERVENTIONAL", "phases": ["PHASE1", "PHASE2"]}
    if enrollment is not None:
        design["enrollmentInfo"] = {"count": enrollment, "type": enrollment_type}
    return {
        "protocolSection": {
            "identificationModule": {
                "nctId": nct_id,
                "orgStudyIdInfo": {"id": f"ORG-{nct_id[-3:]}"},
                "organization": {"fullName": "Institute of Invented Studies", "class": "OTHER"},
                "briefTitle": title,
                "officialTitle": f"{title}, in full",
            },
            "statusModule": {
                "statusVerifiedDate": updated[:7],
                "overallStatus": status,
                "startDateStruct": {"date": "2021-05", "type": "ACTUAL"},
                "primaryCompletionDateStruct": {"date": "2023-05", "type": "ESTIMATED"},
                "completionDateStruct": {"date": "2023-12-31", "type": "ESTIMATED"},
                "studyFirstSubmitDate": "2021-04-01",
                "studyFirstPostDateStruct": {"date": "2021-04-08", "type": "ESTIMATED"},
                "lastUpdatePostDateStruct": {"date": updated, "type": "ACTUAL"},
                **status_fields,
            },
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Institute of Invented Studies", "class": "OTHER"}},
            "descriptionModule": {"briefSummary": f"Invented summary of {title}."},
            "conditionsModule": {"conditions": ["Invented Disease"], "keywords": ["invented"]},
            "designModule": design,
            "armsInterventionsModule": {"interventions": [{"type": "BIOLOGICAL", "name": "Invented vesicles"}]},
            "contactsLocationsModule": {"locations": [{"country": "Utopia", "geoPoint": {"lat": 1.0, "lon": 2.0}}]},
        },
        "derivedSection": {"miscInfoModule": {"versionHolder": stamp}},
        "hasResults": False,
    }


def number_of(one: dict[str, Any]) -> str:
    """The NCT number of a study."""
    return str(one["protocolSection"]["identificationModule"]["nctId"])


def updated_of(one: dict[str, Any]) -> str:
    """When the last update of a study was posted."""
    return str(one["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"]["date"])


def preprint(
    source_id: str, title: str, *, created: str = "2022-04-01", doi: str = "", **fields: Any
) -> dict[str, Any]:
    """One ``core`` result of Europe PMC."""
    return {
        "id": source_id,
        "source": "PPR",
        "doi": doi or f"10.1101/{source_id.lower()}",
        "title": title,
        "authorList": {"author": [{"fullName": "Author A", "lastName": "Author", "firstName": "A"}]},
        "bookOrReportDetails": {"publisher": "bioRxiv", "yearOfPublication": int(created[:4])},
        "abstractText": "Invented words about nothing in particular.",
        "pubTypeList": {"pubType": ["preprint"]},
        "firstPublicationDate": created,
        "dateOfCreation": created,
        "firstIndexDate": created,
        "dateOfRevision": created,
        **fields,
    }


def work(
    doi: str,
    title: str,
    *,
    published: str = "2022-04-01",
    indexed: str = "2022-04-02",
    updated_by: Sequence[Mapping[str, Any]] = (),
    **values: Any,
) -> dict[str, Any]:
    """One work of Crossref; ``values`` are further fields, with underscores for hyphens."""
    parts = [[int(part) for part in published.split("-")]]
    made: dict[str, Any] = {
        "DOI": doi,
        "type": "journal-article",
        "title": [title],
        "container-title": ["Journal of Invented Results"],
        "short-container-title": ["J Invent Res"],
        "publisher": "Invented Press",
        "author": [{"given": "A", "family": "Author", "sequence": "first", "affiliation": [{"name": "Nowhere"}]}],
        "abstract": "<jats:title>Abstract</jats:title><jats:p>Invented words about nothing in particular.</jats:p>",
        "volume": "7",
        "issue": "2",
        "page": "11-19",
        "ISSN": ["9999-0001"],
        "published": {"date-parts": parts},
        "issued": {"date-parts": parts},
        "created": {"date-parts": parts, "date-time": f"{published}T00:00:00Z"},
        "deposited": {"date-parts": parts, "date-time": f"{published}T00:00:00Z"},
        "indexed": {"date-parts": [[1]], "date-time": f"{indexed}T00:00:00Z", "version": "3.41.0"},
        "relation": {},
        "source": "Crossref",
    }
    if updated_by:
        made["updated-by"] = list(updated_by)
    return made | {name.replace("_", "-"): value for name, value in values.items()}


def update(doi: str, update_type: str, *, on: str = "2022-05-05", record_id: str = "") -> dict[str, Any]:
    """One entry of ``updated-by``; with a Record ID it is Retraction Watch's."""
    return {
        "DOI": doi,
        "type": update_type,
        "label": update_type.replace("_", " ").capitalize(),
        "source": "retraction-watch" if record_id else "publisher",
        "updated": {"date-parts": [[int(part) for part in on.split("-")]], "date-time": f"{on}T00:00:00Z"},
        **({"record-id": record_id} if record_id else {}),
    }


@dataclass(slots=True)
class World:
    """Everything that the services know, by id.

    Attributes:
        data_timestamp: ``dataTimestamp`` of ClinicalTrials.gov; a test moves it with the studies.
        works: doi -> what Crossref has of it.
        histories: NCT number -> every state of a study, the oldest first.
        aliases: old NCT number or doi -> the one that it was merged into.
        unknown_phrases: phrases that PubMed does not find and says so.
        count_offset: added to every count of esearch, which then does not fit its list.
        total_offset: added to every ``totalCount`` of the registry and ``total-results`` of Crossref.
        retstart_error: how PubMed complains of ``retstart`` over 9,998: ``status`` 400 or ``body`` with 200.
        is_paged_emptily: the registry gives an empty page with a token before the last one.
        feeds: path -> body of a feed.
        full_texts: PMC number -> article in JATS XML.
    """

    articles: dict[str, Article] = field(default_factory=dict)
    studies: dict[str, dict[str, Any]] = field(default_factory=dict)
    preprints: dict[str, dict[str, Any]] = field(default_factory=dict)
    works: dict[str, dict[str, Any]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    histories: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    data_timestamp: str = "2022-05-01T09:00:05"
    unknown_phrases: set[str] = field(default_factory=set)
    count_offset: int = 0
    total_offset: int = 0
    retstart_error: str = "status"
    is_paged_emptily: bool = False
    feeds: dict[str, bytes] = field(default_factory=dict)
    full_texts: dict[str, bytes] = field(default_factory=dict)

    def add(self, *articles: Article) -> None:
        """Puts articles in, or in the place of those of the same PMID."""
        self.articles.update({article.pmid: article for article in articles})

    def revise(self, pmid: str, **values: Any) -> None:
        """Changes fields of an article."""
        self.articles[pmid] = replace(self.articles[pmid], **values)

    def register(self, *studies: dict[str, Any], at: str = "") -> None:
        """Puts studies in; ``at`` moves the registry's own time."""
        self.studies.update({number_of(one): one for one in studies})
        self.data_timestamp = at or self.data_timestamp

    def deposit(self, *works: dict[str, Any]) -> None:
        """Puts works in, or in the place of those of the same doi."""
        self.works.update({str(one["DOI"]).lower(): one for one in works})

    def publish(self, *preprints: dict[str, Any]) -> None:
        """Puts preprints in."""
        self.preprints.update({str(one["id"]): one for one in preprints})
