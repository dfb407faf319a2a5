"""PubMed XML to records, one core: ours beside pubmed-parser, Biopython and the physical limit.

    python tests/benchmarks/parsers.py [--repeat 3] [--skip-biopython]

Every way reads the same 20,788 records (the file that the package ``pubmed-parser`` ships), each in a process of its
own, and takes the fields that our :class:`~livingreview.records.record.Record` has: title, abstract, authors with
affiliations, journal, dates, identifiers, MeSH with its qualifiers, keywords, chemicals, publication types. CPU
seconds, since a machine may have other load; peak memory is the process's own.
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

from file_run import shipped_file

WAYS = {
    "gunzip + bare scan": """
import gzip, sys
count = 0
tail = b""
with gzip.open(sys.argv[1]) as file:
    while chunk := file.read(1 << 20):
        data = tail + chunk
        count += data.count(b"</PubmedArticle>")
        tail = data[-15:]
print(count)
""",
    "livingreview": """
import pathlib, sys
from livingreview.records import Record
from livingreview.sources.formats.files import parse_file
print(sum(isinstance(item, Record) for item in parse_file(pathlib.Path(sys.argv[1]))))
""",
    "pubmed-parser": """
import sys
import pubmed_parser
records = pubmed_parser.parse_medline_xml(
    sys.argv[1], year_info_only=False, nlm_category=False, author_list=True, reference_list=False,
    parse_downto_mesh_subterms=True,
)
print(sum(not record["delete"] for record in records))
""",
    "Biopython": """
import gzip, sys
from Bio import Entrez
with gzip.open(sys.argv[1]) as file:
    print(len(Entrez.read(file)["PubmedArticle"]))
""",
}


def measured(way: str, file: Path) -> tuple[float, float, int]:
    """(CPU seconds, peak megabytes, records) of one process."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", WAYS[way], str(file)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{way} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, int(output.strip().splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--skip-biopython", action="store_true", help="it takes 2 GB and half a minute a reading")
    options = parser.parse_args()
    file = shipped_file()
    ways = [way for way in WAYS if not (options.skip_biopython and way == "Biopython")]
    rows = {way: [] for way in ways}
    for _ in range(options.repeat):
        for way in ways:
            rows[way].append(measured(way, file))
    ours = [row[0] for row in rows["livingreview"]]
    print(f"{file.name}, {options.repeat} repeats in turn, medians (min to max)")
    for way, found in rows.items():
        seconds = [row[0] for row in found]
        ratio = statistics.median(second / own for second, own in zip(seconds, ours, strict=True))
        print(
            f"{way:20} {found[0][2]:7,} records  {statistics.median(seconds):7.2f} CPU s"
            f" ({min(seconds):.2f} to {max(seconds):.2f})  {found[0][2] / statistics.median(seconds):9,.0f} records/s"
            f"  {statistics.median(row[1] for row in found):6.0f} MB  {ratio:5.2f} x ours"
        )


if __name__ == "__main__":
    main()
