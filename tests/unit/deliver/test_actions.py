from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.deliver.actions import MAX_SUMMARY_BYTES, _output, write_outputs, write_summary
from livingreview.errors import DeliveryError


def test_without_the_variables_nothing_happens() -> None:
    assert not write_summary("x", {})
    assert not write_outputs({"a": 1}, {"GITHUB_OUTPUT": ""})


def test_the_summary_is_appended_and_cut(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    environ = {"GITHUB_STEP_SUMMARY": str(file)}
    assert write_summary("# One", environ)
    write_summary("# Two\n", environ)
    assert file.read_text() == "# One\n# Two\n"
    write_summary("ä line\n" * 200_000, environ)
    assert file.stat().st_size <= MAX_SUMMARY_BYTES
    assert file.read_text().endswith("in the run's artifact.\n")
    size = file.stat().st_size
    write_summary("more\n" * 1000, environ)
    assert file.stat().st_size - size < 5000 and file.stat().st_size <= MAX_SUMMARY_BYTES


def test_folders_that_cannot_be_written(tmp_path: Path) -> None:
    for variable in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
        with pytest.raises(DeliveryError, match=variable):
            environ = {variable: str(tmp_path)}
            write_summary("x", environ) if "SUMMARY" in variable else write_outputs({"a": 1}, environ)


def test_names_are_checked() -> None:
    with pytest.raises(ValueError, match="no names"):
        write_outputs({"a=b\n": 1}, {})


def read_outputs(text: str) -> dict[str, str]:
    """As the runner reads the file."""
    found = {}
    lines = text.split("\n")
    while lines and (line := lines.pop(0)):
        name, mark = line.split("<<")
        value = []
        while (line := lines.pop(0)) != mark:
            value.append(line)
        found[name] = "\n".join(value)
    return found


@given(st.dictionaries(st.sampled_from(["changes", "alerts", "status"]), st.text()))
def test_no_value_sets_another_output(values: dict[str, str]) -> None:
    safe = {name: value.encode("utf-8", "replace").decode() for name, value in values.items()}
    data = b"".join(_output(name, value) for name, value in values.items())
    assert read_outputs(data.decode()) == safe


def test_outputs_reach_the_file(tmp_path: Path) -> None:
    file = tmp_path / "out"
    assert write_outputs({"changes": 3, "report": "a\nb=c\nx<<EOF"}, {"GITHUB_OUTPUT": str(file)})
    assert read_outputs(file.read_text()) == {"changes": "3", "report": "a\nb=c\nx<<EOF"}
