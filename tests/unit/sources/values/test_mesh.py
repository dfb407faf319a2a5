"""MeSH headings."""

from livingreview.sources.values.mesh import mesh_headings


def test_one_for_each_qualifier() -> None:
    assert mesh_headings("Yarn", ["metabolism", "genetics"]) == ("Yarn/metabolism", "Yarn/genetics")
    assert mesh_headings("Yarn", []) == ("Yarn",)


def test_what_is_beyond_measure_stays_one_text() -> None:
    assert mesh_headings("Yarn", ["x"] * 101) == ("Yarn" + "/x" * 101,)
    assert mesh_headings("y" * 1_001, ["a", "b"]) == ("y" * 1_001 + "/a/b",)
    assert len(mesh_headings("y" * 1_000, ["x"] * 100)) == 100
