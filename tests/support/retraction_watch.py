"""Rows in the shape of the Retraction Watch database, about invented papers."""

HEADER = (
    "Record ID,Title,Subject,Institution,Journal,Publisher,Country,Author,URLS,ArticleType,RetractionDate,"
    "RetractionDOI,RetractionPubMedID,OriginalPaperDate,OriginalPaperDOI,OriginalPaperPubMedID,RetractionNature,"
    "Reason,Paywalled,Notes,"
)


def row(
    record_id: str,
    *,
    doi: str = "10.5555/paper",
    pmid: str = "0",
    notice: str = "10.5555/notice",
    notice_pmid: str = "0",
    nature: str = "Retraction",
) -> str:
    """One line of the file."""
    return (
        f'{record_id},"An invented paper, of course",(BLS) Biology;,Nowhere,Journal of Invented Results,Invented Press,'
        "Utopia,A Author;B Author,,Research Article;,7/12/2023 0:00,"
        f"{notice},{notice_pmid},8/18/2022 0:00,{doi},{pmid},"
        f"{nature},+Concerns/Issues About Data;+Paper Mill;,No,,"
    )


def table(*rows: str) -> str:
    """The whole file."""
    return "\n".join((HEADER, *rows)) + "\n"
