"""Links, built from validated identifiers only: no address of a record's own text ever becomes one."""

import re
from urllib.parse import quote

from livingreview.records import Record
from livingreview.records.identifiers import normal_doi

_PMID = re.compile(r"[1-9][0-9]{0,9}")
_NCT = re.compile(r"NCT[0-9]{8}")
_PMC = re.compile(r"PMC[1-9][0-9]{0,9}")
_ACTRN = re.compile(r"ACTRN[0-9]{14}")
_ISRCTN = re.compile(r"ISRCTN[0-9]{8}")
_PREPRINT = re.compile(r"PPR[1-9][0-9]{0,9}")


def pmid_url(pmid: str) -> str:
    """The PubMed page of a PMID; empty when it is none."""
    return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if _PMID.fullmatch(pmid) else ""


def doi_url(doi: str) -> str:
    """The resolver's address of a DOI in normal form; empty when it is none."""
    return f"https://doi.org/{quote(doi, safe='/')}" if doi and normal_doi(doi) == doi.lower() else ""


def nct_url(nct_id: str) -> str:
    """The registry's page of an NCT number; empty when it is none."""
    return f"https://clinicaltrials.gov/study/{nct_id}" if _NCT.fullmatch(nct_id) else ""


def pmc_url(pmcid: str) -> str:
    """The PubMed Central page of a PMC id; empty when it is none."""
    return f"https://pmc.ncbi.nlm.nih.gov/articles/{pmcid}/" if _PMC.fullmatch(pmcid) else ""


def actrn_url(actrn: str) -> str:
    """The page of a trial of the Australian New Zealand registry; empty when it is none."""
    return f"https://anzctr.org.au/{actrn}.aspx" if _ACTRN.fullmatch(actrn) else ""


def isrctn_url(isrctn: str) -> str:
    """The page of a trial of the ISRCTN registry; empty when it is none."""
    return f"https://www.isrctn.com/{isrctn}" if _ISRCTN.fullmatch(isrctn) else ""


def preprint_url(source_id: str) -> str:
    """The Europe PMC page of a preprint's id there; empty when it is none."""
    return f"https://europepmc.org/article/PPR/{source_id}" if _PREPRINT.fullmatch(source_id) else ""


def results_url(nct_id: str) -> str:
    """The registry's page of the results that were posted for an NCT number; empty when it is none."""
    return f"{nct_url(nct_id)}?tab=results" if nct_url(nct_id) else ""


def url_of(source: str, source_id: str) -> str:
    """The page of a record by its key; empty for a source without one."""
    pages = {
        "pubmed": pmid_url,
        "pmc": pmc_url,
        "crossref": doi_url,
        "clinicaltrials": nct_url,
        "anzctr": actrn_url,
        "isrctn": isrctn_url,
        "europepmc": preprint_url,
    }
    return pages[source](source_id) if source in pages else ""


def record_url(record: Record) -> str:
    """The best page of a record: the registry's, PubMed's, or the resolver's."""
    return url_of(record.source, record.source_id) or pmid_url(record.pmid) or doi_url(record.doi)
