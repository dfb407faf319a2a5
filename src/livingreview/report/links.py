"""Links, built from validated identifiers only: no address of a record's own text ever becomes one."""

import re
from urllib.parse import quote

from livingreview.identity import normal_doi
from livingreview.records import Record

_PMID = re.compile(r"[1-9][0-9]{0,9}")
_NCT = re.compile(r"NCT[0-9]{8}")


def pmid_url(pmid: str) -> str:
    """The PubMed page of a PMID; empty when it is none."""
    return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if _PMID.fullmatch(pmid) else ""


def doi_url(doi: str) -> str:
    """The resolver's address of a DOI in normal form; empty when it is none."""
    return f"https://doi.org/{quote(doi, safe='/')}" if doi and normal_doi(doi) == doi.lower() else ""


def nct_url(nct_id: str) -> str:
    """The registry's page of an NCT number; empty when it is none."""
    return f"https://clinicaltrials.gov/study/{nct_id}" if _NCT.fullmatch(nct_id) else ""


def results_url(nct_id: str) -> str:
    """The registry's page of the results that were posted for an NCT number; empty when it is none."""
    return f"{nct_url(nct_id)}?tab=results" if nct_url(nct_id) else ""


def url_of(source: str, source_id: str) -> str:
    """The page of a record by its key; empty for a source without one."""
    pages = {"pubmed": pmid_url, "crossref": doi_url, "clinicaltrials": nct_url}
    return pages[source](source_id) if source in pages else ""


def record_url(record: Record) -> str:
    """The best page of a record: the registry's, PubMed's, or the resolver's."""
    return url_of(record.source, record.source_id) or pmid_url(record.pmid) or doi_url(record.doi)
