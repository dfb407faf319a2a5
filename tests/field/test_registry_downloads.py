"""Real studies through two channels: as the API writes them, as rows of the CSV download made of the same fields."""

import csv
import dataclasses
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from livingreview.records import Fidelity, Problem, Record
from livingreview.sources.clinicaltrials import studies as clinicaltrials_json
from livingreview.sources.formats import files, recognise
from livingreview.store import versioning

pytestmark = pytest.mark.field


def studies(field_data: Path) -> Iterator[dict[str, Any]]:
    folder = field_data / "clinicaltrials"
    for path in (*sorted(folder.glob("asof-2022-10-31/*.json")), folder / "v2-recorded" / "download-2024.json"):
        content = json.loads(path.read_bytes())
        yield from content["studies"] if isinstance(content, dict) else content


def read_json(found: list[dict[str, Any]]) -> dict[str, Record]:
    items = list(clinicaltrials_json.parse(io.BytesIO(json.dumps(found).encode())))
    assert not [item for item in items if isinstance(item, Problem)]
    return {item.source_id: item for item in items if isinstance(item, Record)}


def rows(found: list[dict[str, Any]]) -> bytes:
    """The studies as the registry's CSV download writes them, with the columns that are read."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(
        ["NCT Number", "Study Title", "Study Status", "Brief Summary", "Study Results", "Conditions", "Interventions"]
        + ["Sponsor", "Phases", "Enrollment", "Study Type", "Start Date", "Primary Completion Date", "Completion Date"]
        + ["First Posted", "Results First Posted", "Last Update Posted", "Locations"]
    )
    for study in found:
        protocol = study["protocolSection"]
        status, design = protocol.get("statusModule", {}), protocol.get("designModule", {})
        names = protocol["identificationModule"]
        locations = protocol.get("contactsLocationsModule", {}).get("locations", [])
        interventions = protocol.get("armsInterventionsModule", {}).get("interventions", [])

        def day(name: str, status: dict[str, Any] = status) -> str:
            return str(status.get(name, {}).get("date", ""))

        has_results = study.get("hasResults")
        writer.writerow(
            [
                names["nctId"],
                names.get("briefTitle", ""),
                status.get("overallStatus", ""),
                protocol.get("descriptionModule", {}).get("briefSummary", ""),
                "" if has_results is None else "YES" if has_results else "NO",
                "|".join(protocol.get("conditionsModule", {}).get("conditions", [])),
                "|".join(f"{one.get('type', '')}: {one.get('name', '')}" for one in interventions),
                protocol.get("sponsorCollaboratorsModule", {}).get("leadSponsor", {}).get("name", ""),
                "|".join(design.get("phases", [])),
                design.get("enrollmentInfo", {}).get("count", ""),
                design.get("studyType", ""),
                *(day(name) for name in ("startDateStruct", "primaryCompletionDateStruct", "completionDateStruct")),
                *(day(name) for name in ("studyFirstPostDateStruct", "resultsFirstPostDateStruct")),
                day("lastUpdatePostDateStruct"),
                "|".join(f"Somewhere, {one['country']}" for one in locations if "country" in one),
            ]
        )
    return text.getvalue().encode()


def test_both_channels_say_the_same(field_data: Path, tmp_path: Path) -> None:
    found = {study["protocolSection"]["identificationModule"]["nctId"]: study for study in studies(field_data)}
    whole = read_json(list(found.values()))
    assert len(whole) > 750
    path = tmp_path / "ctg-studies.csv"
    path.write_bytes(rows(list(found.values())))
    assert files.parser_for(path)[0] == "clinicaltrials_csv"
    items = list(files.parse_file(path))
    assert not [item for item in items if isinstance(item, Problem)]
    thin = {item.source_id: item for item in items if isinstance(item, Record)}
    assert thin.keys() == whole.keys()
    for number, record in thin.items():
        full = whole[number]
        assert record.fidelity is Fidelity.CITATION
        assert (record.title, record.source_date) == (full.title, full.source_date)
        assert record.trial is not None
        assert full.trial is not None
        for item in dataclasses.fields(record.trial):
            said = getattr(record.trial, item.name)
            if said not in ("", None, ()) and item.name not in ("conditions", "interventions"):
                assert said == getattr(full.trial, item.name), (number, item.name)
        # A bar within a name cannot be told from one between names.
        assert set(record.trial.conditions) <= {part for name in full.trial.conditions for part in split(name)}
        # A copy of the same day says nothing new of the course.
        assert versioning.merge_course(full, record) is None
        later = versioning.merge_course(full, dataclasses.replace(record, source_date="2099-01-01"))
        assert later is not None
        assert later.trial == full.trial


def split(name: str) -> set[str]:
    return {name, *(part.strip() for part in name.split("|"))}


def test_a_zip_of_single_studies(field_data: Path, tmp_path: Path) -> None:
    found = list(studies(field_data))[:60]
    path = tmp_path / "studies.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for study in found:
            number = study["protocolSection"]["identificationModule"]["nctId"]
            archive.writestr(f"{number}.json", json.dumps(study))
    records = {item.source_id: item for item in files.parse_file(path) if isinstance(item, Record)}
    assert records == read_json(found)


def test_recorded_text_files_are_read_or_refused_in_words(field_data: Path) -> None:
    """MEDLINE exports with every end of line and encoding that a person's program may write."""
    for path in sorted((field_data / "services" / "nbib").iterdir()):
        text = path.read_text(encoding="utf-8")
        expected = list(recognise.PARSERS["nbib"](io.BytesIO(text.encode())))
        assert expected
        for encoding in ("utf-8-sig", "utf-16"):
            body = text.replace("\n", "\r\n").encode(encoding)
            assert recognise.recognise(body[: recognise.SNIFFED_BYTES]) == "nbib", path.name
            document = recognise.as_utf8(io.BufferedReader(io.BytesIO(body)))  # type: ignore[arg-type]
            assert list(recognise.PARSERS["nbib"](document)) == expected, (path.name, encoding)
