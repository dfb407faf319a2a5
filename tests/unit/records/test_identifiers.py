"""Normal forms of identifiers and titles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.records.identifiers import (
    nct_ids,
    normal_doi,
    normal_pmcid,
    normal_pmid,
    normal_title,
    registry_id,
    registry_ids,
)


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
        ("https://doi.org/10.5555/x%00y", "10.5555/x"),
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
    assert normal_pmcid("PMC" + "9" * 5000) == ""
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


@pytest.mark.parametrize(
    ("value", "source", "number"),
    [
        ("nct91000001", "clinicaltrials", "NCT91000001"),
        (" ACTRN 12620000870954 ", "anzctr", "ACTRN12620000870954"),
        ("actrn12620000870954p", "anzctr", "ACTRN12620000870954"),
        ("isrctn91000001", "isrctn", "ISRCTN91000001"),
        ("CHICTR2100091001", "chictr", "ChiCTR2100091001"),
        ("ChiCTR-TRC-09100001", "chictr", "ChiCTR-TRC-09100001"),
        ("chictr-ipr-09100001", "chictr", "ChiCTR-IPR-09100001"),
        ("JPRN-jRCT2091000001", "jrct", "jRCT2091000001"),
        ("JPRN-jRCTs091000001", "jrct", "jRCTs091000001"),
        ("JRCTS091000001", "jrct", "jRCTs091000001"),
        ("JPRN-UMIN000091001", "umin", "UMIN000091001"),
        ("JPRN-JapicCTI-091001", "japic", "JapicCTI-091001"),
        ("JPRN-JMA-IIA00091", "jma", "JMA-IIA00091"),
        ("IRCT20910317046797N1", "irct", "IRCT20910317046797N1"),
        ("CTRI/2021/03/091001", "ctri", "CTRI/2021/03/091001"),
        ("DRKS91000001", "drks", "DRKS91000001"),
        ("EUCTR2019-009100-12-de", "euctr", "EUCTR2019-009100-12-DE"),
        ("EUCTR2019-009100-12-Outside-EU/EEA", "euctr", "EUCTR2019-009100-12-OUTSIDE-EU/EEA"),
        ("CTIS2022-509100-12-00", "ctis", "CTIS2022-509100-12-00"),
        ("RBR-9ABC1d", "rebec", "RBR-9abc1d"),
        ("NL-OMON91001", "ntr", "NL-OMON91001"),
        ("NL9100", "ntr", "NL9100"),
        ("NTR910", "ntr", "NTR910"),
        ("PACTR202191000000001", "pactr", "PACTR202191000000001"),
        ("KCT9100001", "cris", "KCT9100001"),
    ],
)
def test_numbers_of_registries(value: str, source: str, number: str) -> None:
    assert registry_id(value) == (source, number)
    assert registry_id(number) == (source, number)


@pytest.mark.parametrize("value", ["", "JPRN-", "NCT1", "ACTRN1262000087095", "NCT91000001 x", "x", "U1111-9999-9999"])
def test_what_is_no_number_of_a_registry(value: str) -> None:
    assert registry_id(value) is None


def test_numbers_in_a_text() -> None:
    text = "registered as ACTRN12620000870954, later (NCT91000001; nct91000001) and in jRCT2091000001-; PANEL5 no"
    assert registry_ids(text) == (
        ("anzctr", "ACTRN12620000870954"),
        ("clinicaltrials", "NCT91000001"),
        ("jrct", "jRCT2091000001"),
    )


@given(st.text(max_size=40))
def test_a_number_is_its_own_normal_form(value: str) -> None:
    found = registry_id(value)
    assert found is None or registry_id(found[1]) == found
