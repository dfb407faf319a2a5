"""Normal forms of identifiers and titles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.identity import nct_ids, normal_doi, normal_pmcid, normal_pmid, normal_title


@pytest.mark.parametrize(
    ("value", "doi"),
    [
        ("10.3390/Biomedicines10092281", "10.3390/biomedicines10092281"),
        ("https://doi.org/10.5555/ABC", "10.5555/abc"),
        ("http://dx.doi.org/10.5555%2Fabc", "10.5555/abc"),
        ("doi: 10.5555/abc.", "10.5555/abc"),
        ("(10.5555/abc)", "10.5555/abc"),
        ("10.1016/S0140-6736(05)17709-5", "10.1016/s0140-6736(05)17709-5"),
        ("10.1002/(SICI)1097<1::AID>3.0.CO;2-X", "10.1002/(sici)1097<1::aid>3.0.co;2-x"),
        ("J. 2022;1. doi: 10.5555/x; discussion", "10.5555/x"),
        ("10.55/x", ""),
        ("10.5555/.", ""),
        ("", ""),
    ],
)
def test_dois(value: str, doi: str) -> None:
    assert normal_doi(value) == doi


@pytest.mark.parametrize(
    ("value", "pmid"),
    [
        ("123", "123"),
        ("PMID: 00123", "123"),
        ("pmid123", "123"),
        (" 7 ", "7"),
        ("0", ""),
        ("-1", ""),
        ("1.5", ""),
        ("²", ""),
        ("x", ""),
        ("", ""),
        ("1" * 11, ""),
    ],
)
def test_pmids(value: str, pmid: str) -> None:
    assert normal_pmid(value) == pmid


def test_other_identifiers() -> None:
    assert normal_pmcid("PMC0077.1") == "PMC77"
    assert normal_pmcid("77") == ""
    assert nct_ids("nct01234567, NCT 01234567 and NCT09999999; not NCT123 nor XNCT01234567 nor NCT012345678") == (
        "NCT01234567",
        "NCT09999999",
    )


def test_titles() -> None:
    assert normal_title("  Exosomés: A-“Review”. ") == "exosomes a review"
    assert normal_title("ＦＵＬＬ width ﬁne") == "full width fine"
    assert normal_title("...") == ""


@given(st.text(max_size=60) | st.from_regex(r"10\.\d{4,5}/[\w.()/;:<>%\[\]{}-]{1,30}", fullmatch=True))
def test_normal_forms_are_their_own_normal_form(value: str) -> None:
    for normal in (normal_pmid, normal_pmcid, normal_title):
        assert normal(normal(value)) == normal(value)
    assert nct_ids(" ".join(nct_ids(value))) == nct_ids(value)


@given(st.from_regex(r"10\.\d{4,5}/[a-zA-Z0-9._()/;:-]{1,30}", fullmatch=True))
def test_a_normal_doi_is_its_own_normal_form(value: str) -> None:
    assert normal_doi(normal_doi(value)) == normal_doi(value)


@given(st.text(max_size=40))
def test_case_and_resolver_of_a_doi_do_not_matter(suffix: str) -> None:
    doi = f"10.5555/{''.join(char for char in suffix if char.isascii() and char.isalnum()) or 'x'}"
    assert normal_doi(doi.upper()) == normal_doi(f"https://doi.org/{doi}") == doi.lower()
