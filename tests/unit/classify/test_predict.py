"""Tables of titles, tagged."""

import csv
import io

import pytest

from livingreview.classify.predict import predict, predicted_columns, read_titles, write_table
from livingreview.errors import InputError


@pytest.fixture
def table(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "titles.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_a_table_keeps_its_columns_and_rows_and_gains_tags(model, table):
    path = table(
        'note,title,abstract\n7,"Bamboo saves the teeth, of pandas in a zoo",\n8,Quarks,"A\nzoo, PND-7"\n9,,\n'
    )
    columns, rows = read_titles(path)
    target = io.StringIO()
    write_table(target, [*columns, *predicted_columns(model)], predict(model, rows))
    lines = list(csv.DictReader(io.StringIO(target.getvalue())))
    added = ["scope", "p_other", "p_core", "p_animal", "p_unseen", "is_relevant", "areas", "place"]
    assert target.getvalue().splitlines()[0] == ",".join(["note", "title", "abstract", *added])
    assert [line["note"] for line in lines] == ["7", "8", "9"]
    assert [line["abstract"] for line in lines] == ["", "A\nzoo, PND-7", ""]
    assert [line["scope"] for line in lines] == ["core", "other", "other"]
    assert [line["is_relevant"] for line in lines] == ["1", "0", "0"]
    assert [line["areas"] for line in lines] == ["mouth", "", ""]
    assert [line["place"] for line in lines] == ["zoo", "", ""]
    for line in lines:
        shares = [line[name] for name in added if name.startswith("p_")]
        assert sum(map(float, shares)) == pytest.approx(1, abs=3e-6)
        assert all(len(share.partition(".")[2]) == 6 for share in shares)


def test_no_cell_is_taken_for_a_formula(model, table):
    path = table('note,title\n"=HYPERLINK(""https://example.org"")",+Bamboo for pandas\n')
    columns, rows = read_titles(path)
    target = io.StringIO()
    write_table(target, [*columns, *predicted_columns(model)], predict(model, rows))
    (line,) = csv.DictReader(io.StringIO(target.getvalue()))
    assert line["note"] == '\'=HYPERLINK("https://example.org")'
    assert line["title"] == "'+Bamboo for pandas"
    _, (again,) = read_titles(table(target.getvalue()))
    assert {name: again[name] for name in columns} == rows[0]


def test_only_top_level_areas_are_given(model, table):
    _, rows = read_titles(table("title\nCaries and dental decay of pandas\n"))
    assert predict(model, rows)[0]["areas"] == "mouth"


def test_the_abstract_counts(model, table):
    _, rows = read_titles(
        table("title,abstract\nA beast,Bamboo and pandas. Bamboo for pandas. Pandas and bamboo.\nA beast,\n")
    )
    full, bare = predict(model, rows)
    assert full["scope"] == "core"
    assert bare["scope"] == "other"


def test_a_column_of_the_same_name_is_replaced(model, table):
    columns, rows = read_titles(table("\ufefftitle,scope\nBamboo for pandas,nonsense\n"))
    target = io.StringIO()
    write_table(target, [*columns, *predicted_columns(model)], predict(model, rows))
    header, line = target.getvalue().splitlines()
    assert header.split(",").count("scope") == 1
    assert line.startswith("Bamboo for pandas,core,")


@pytest.mark.parametrize(
    ("text", "encoding", "message"),
    [
        ("name\nx\n", "utf-8", "no column title"),
        ("", "utf-8", "no column title"),
        ("title\na,b\n", "utf-8", "line 2: more cells than columns"),
        ("title\nnaïve\n", "latin-1", "save it as CSV in UTF-8"),
    ],
)
def test_a_table_that_cannot_be_read_is_named(table, text, encoding, message):
    with pytest.raises(InputError, match=message):
        read_titles(table(text, encoding))


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(InputError, match="none.csv: cannot be read"):
        read_titles(tmp_path / "none.csv")
