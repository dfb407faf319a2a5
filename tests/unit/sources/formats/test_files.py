"""Files: found, unpacked, recognised."""

import gzip
import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingreview.errors import InputError
from livingreview.records import Record
from livingreview.sources.formats import files, recognise
from livingreview.sources.formats.listing import Document, find_documents

ROOT = Path(__file__).parents[4]
FIXTURES = ROOT / "tests" / "fixtures"
FIELD = Path(os.environ.get("LIVINGREVIEW_FIELD_DATA") or ROOT.parent / "shared" / "data")
QUICK = settings(max_examples=60, deadline=None, database=None)

PUBMED = (
    b'<?xml version="1.0"?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2019//EN"'
    b' "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_190101.dtd">\n<PubmedArticleSet>\n</PubmedArticleSet>\n'
)
SAMPLES = {
    "pubmed_xml": PUBMED,
    "clinicaltrials_json": b'{"studies": [{"protocolSection": {}}]}',
    "nbib": b"\nPMID- 1\nTI  - A title\n",
    "ris": b"TY  - JOUR\r\nDO  - 10.5555/x\r\nER  - \r\n",
    "facts_csv": b"pmid,title\n1,A title\n",
    "clinicaltrials_csv": b"NCT Number,Study Title,Study Status\nNCT91000001,A title,COMPLETED\n",
    "ictrp_xml": b"<Trials_downloaded_from_ICTRP>\n<Trial><TrialID>DRKS91000001</TrialID></Trial>\n"
    b"</Trials_downloaded_from_ICTRP>",
    "ictrp_csv": b"TrialID,Last Refreshed on,Public title\nDRKS91000001,1 May 2022,A title\n",
    "anzctr_xml": b"<ANZCTR_Trial><actrnumber>ACTRN91000000000001</actrnumber></ANZCTR_Trial>",
    "anzctr_csv": b"TRIAL ID,ACTRN,STUDY TITLE\n1,ACTRN91000000000001,A title\n",
}


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_a_folder_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name in ("b/2024-01.csv", "b/2023-12.csv", "a.nbib", "c.ris", ".hidden", ".git/x.csv"):
        write(tmp_path / name, b"x")
    for name in ("README.txt", "readme", "LICENSE", "notes.md", "x.gz.md5"):
        write(tmp_path / name, b"x")
    found = [one.path.relative_to(tmp_path).as_posix() for one in find_documents(tmp_path)]
    assert found == ["a.nbib", "b/2023-12.csv", "b/2024-01.csv", "c.ris"]


def test_a_file_named_outright_is_taken(tmp_path: Path) -> None:
    path = write(tmp_path / "README.md", b"x")
    assert find_documents(path) == [Document(path, "README.md")]


def test_no_such_path_and_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        find_documents(tmp_path / "none")
    write(tmp_path / "README.md", b"x")
    with pytest.raises(InputError, match="no file to read"):
        find_documents(tmp_path)


def test_what_is_neither_file_nor_folder(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="neither a file nor a folder"):
        find_documents(pipe)
    (found,) = find_documents(tmp_path)
    with pytest.raises(InputError, match="pipe: neither a file nor a folder"):
        found.open()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read(tmp_path: Path) -> None:
    path = write(tmp_path / "closed" / "a.csv", b"x")
    path.chmod(0)
    with pytest.raises(InputError, match="cannot be read"):
        files.open_document(path)
    path.parent.chmod(0)
    try:
        with pytest.raises(InputError, match="cannot be read"):
            find_documents(tmp_path)
    finally:
        path.parent.chmod(0o700)


def test_a_folder_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr(os, "scandir", fail)
    with pytest.raises(InputError, match="Permission denied"):
        find_documents(tmp_path)


def test_open_what_is_no_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError, match="cannot be read"):
            files.open_document(path)


@pytest.mark.parametrize("is_packed", [False, True])
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_recognised_by_content(tmp_path: Path, name: str, is_packed: bool) -> None:
    data = SAMPLES[name]
    path = write(tmp_path / "nothing-said.txt", gzip.compress(data) if is_packed else data)
    found, parser = files.parser_for(path)
    assert (found, parser) == (name, files.PARSERS[name])
    with files.open_document(path) as document:
        assert document.read() == data


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\r\n\r\n"])
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_recognised_behind_a_mark_or_empty_lines(name: str, mark: bytes) -> None:
    assert recognise.sniff(mark + SAMPLES[name].replace(b"\r", b"").replace(b"\n", b"\r\n")) == name


@pytest.mark.parametrize(
    "data",
    [
        b"<html><body>PMID- 1</body></html>",
        b'<?xml version="1.0"?><rss version="2.0"></rss>',
        b"<eFetchResult><ERROR>no</ERROR></eFetchResult>",
        b'{"hitCount": 1}',
        b"[]",
        b"a,b\n1,2\n",
        b'"never closed\n',
        b"Dear reader,\n",
    ],
)
def test_of_no_format(tmp_path: Path, data: bytes) -> None:
    path = write(tmp_path / "x.csv", data)
    with pytest.raises(InputError, match=r"x\.csv: of no format that is read; read are PubMed XML"):
        files.parser_for(path)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"pmid,title\n1,a\0b", "NUL"),
        ("pmid,title\n1,ä\n".encode("utf-16-le"), "NUL"),
        (b"\xff\xfe" + "pmid,title\n1,ä\n".encode("utf-32-le"), "NUL"),
        (b"\xfe\xff\xd8\x00\x00a", "not UTF-16, though"),
        ("pmid,title\n1,ä\n".encode("latin-1"), "not UTF-8"),
    ],
)
def test_not_text(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        files.parser_for(write(tmp_path / "x.csv", data))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_what_spreadsheets_write_is_read(tmp_path: Path, encoding: str) -> None:
    text = "pmid,title\r\n1,Größe 𝄞\r\n" + "".join(f"{number},ä\r\n" for number in range(2, 30_000))
    path = write(tmp_path / "x.csv", text.encode(encoding))
    assert files.parser_for(path)[0] == "facts_csv"
    records = list(files.parse_file(path))
    assert [record.title for record in records[:2] if isinstance(record, Record)] == ["Größe 𝄞", "ä"]
    assert len(records) == 29_999


def test_utf_16_that_breaks_off_within_a_letter(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", "pmid,title\n1,ä\n".encode("utf-16")[:-1])
    with pytest.raises(InputError, match=r"x\.csv: not UTF-16"):
        list(files.parse_file(path))


def test_xml_says_its_encoding_itself(tmp_path: Path) -> None:
    text = '<?xml version="1.0" encoding="{}"?>' + SAMPLES["ictrp_xml"].decode().replace(
        "</TrialID>", "</TrialID><Public_title>Größe</Public_title>"
    )
    for encoding in ("utf-16", "iso-8859-1", "utf-8"):
        path = write(tmp_path / encoding, text.format(encoding).encode(encoding))
        (record,) = files.parse_file(path)
        assert isinstance(record, Record)
        assert record.title == "Größe"


def test_a_letter_cut_by_the_end_of_the_first_piece_is_no_fault(tmp_path: Path) -> None:
    data = b"pmid,title\n1," + b"x" * (65_536 - 14) + "ä\n".encode()
    assert files.parser_for(write(tmp_path / "x", data))[0] == "facts_csv"


def test_gzip_that_breaks_off(tmp_path: Path) -> None:
    packed = gzip.compress(os.urandom(200_000))
    path = write(tmp_path / "x.gz", packed[:-4000])
    with files.open_document(path) as document, pytest.raises(InputError, match=r"x\.gz: the gzip file breaks off"):
        document.read()


def test_gzip_that_is_damaged(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b"pmid,title\n1,A title\n" * 5000))
    packed[-6] ^= 0xFF
    path = write(tmp_path / "x.gz", bytes(packed))
    with files.open_document(path) as document, pytest.raises(InputError, match="damaged"):
        document.read()
    with pytest.raises(InputError, match="damaged"):
        files.parser_for(write(tmp_path / "y.gz", b"\x1f\x8b" + b"nonsense" * 9))


@pytest.mark.parametrize("is_packed", [False, True])
def test_more_than_is_allowed(tmp_path: Path, is_packed: bool) -> None:
    data = b"x" * 200_000
    path = write(tmp_path / "x", gzip.compress(data) if is_packed else data)
    with files.open_document(path, max_bytes=100_000) as document, pytest.raises(InputError, match="more than 100,000"):
        document.read()


def test_a_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_RATIO_COUNTS_FROM_BYTES", 1_000_000)
    path = write(tmp_path / "x.gz", gzip.compress(bytes(5_000_000)))
    size = 0
    with files.open_document(path) as document, pytest.raises(InputError, match="bomb"):
        while chunk := document.read(1 << 16):
            size += len(chunk)
    assert size < 1_200_000


def test_several_gzip_members_are_one_document(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gz", gzip.compress(b"pmid,title\n") + gzip.compress(b"1,A title\n"))
    (record,) = files.parse_file(path)
    assert isinstance(record, Record)


def test_a_fault_of_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    path = write(tmp_path / "x.gz", gzip.compress(b"x"))
    monkeypatch.setattr(gzip.GzipFile, "read", fail)
    with files.open_document(path) as document, pytest.raises(InputError, match="Input/output error"):
        document.read()


def test_faults_of_parsing_name_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "cut.ris", b"TY  - JOUR\nTI  - A title\n")
    with pytest.raises(InputError, match=r"cut\.ris: RIS: breaks off"):
        list(files.parse_file(path))


@pytest.mark.parametrize(
    "path", sorted((FIXTURES / name) for name in ("nbib", "ris", "facts")), ids=lambda path: path.name
)
def test_the_fixtures_are_recognised(path: Path) -> None:
    for document in find_documents(path):
        assert files.parser_for(document)[0].removesuffix("_csv") == path.name
        assert any(isinstance(item, Record) for item in files.parse_file(document))


@QUICK
@given(st.binary(max_size=300))
def test_any_head(data: bytes) -> None:
    assert recognise.sniff(data) in {*recognise.PARSERS, ""}


@QUICK
@given(st.binary(max_size=300), st.integers(0, 50))
def test_any_gzip(tmp_path_factory: pytest.TempPathFactory, data: bytes, cut: int) -> None:
    packed = gzip.compress(data)
    path = write(tmp_path_factory.getbasetemp() / "any.gz", packed[: max(3, len(packed) - cut)])
    with files.open_document(path) as document:
        try:
            assert document.read() == data
        except InputError as error:
            assert "\n" not in str(error)
    assert isinstance(document, io.BufferedReader)


@pytest.mark.field
@pytest.mark.skipif(not FIELD.is_dir(), reason=f"no real data in {FIELD}")
def test_real_files_are_recognised() -> None:
    wanted = {
        "services/nbib": {"nbib"},
        "clinicaltrials/asof-2022-01-31": {"clinicaltrials_json"},
        "clinicaltrials/v2-daily": {"clinicaltrials_json"},
        "demo": {"facts_csv"},
    }
    for folder, names in wanted.items():
        documents = find_documents(FIELD / folder)
        assert {files.parser_for(path)[0] for path in documents} == names, folder
    unread = [path for path in find_documents(FIELD / "services" / "efetch") if not _is_read(path)]
    # An error body with status 200, and a single article without its set is still PubMed XML.
    assert all(b"<Pubmed" not in path.path.read_bytes() for path in unread)


def _is_read(path: Document) -> bool:
    try:
        return files.parser_for(path)[0] == "pubmed_xml"
    except InputError:
        return False
