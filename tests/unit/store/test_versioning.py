"""The rules between what was read and what is stored."""

from dataclasses import dataclass, field, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.records import Fidelity, Record, Section, TrialFacts
from livingreview.store.versioning import Absent, Action, State, decide, decide_absence, decide_deletion, merge_course
from support.records import article, trial, trial_facts

OLD, NOW, NEW = "0001 2022-01-01 ", "0001 2022-02-01 ", "0001 2022-03-01 "
STORED = State("a", NOW, 2)


@pytest.mark.parametrize(
    ("incoming", "stored", "earlier", "action"),
    [
        (State("a", NOW, 2), None, set(), Action.NEW),
        (State("b", NEW, 1), STORED, {"a"}, Action.THINNER),
        (State("a", NEW, 2), STORED, {"a"}, Action.UNCHANGED),
        (State("a", OLD, 2), STORED, {"a"}, Action.UNCHANGED),
        (State("b", OLD, 3), STORED, {"a"}, Action.REVISED),
        (State("b", NEW, 2), STORED, {"a"}, Action.REVISED),
        (State("b", NEW, 2), STORED, {"a", "b"}, Action.REVISED),
        (State("b", NOW, 2), STORED, {"a", "b"}, Action.UNCHANGED),
        (State("b", OLD, 2), STORED, {"a"}, Action.OLDER),
        (State("b", NOW, 2), STORED, {"a"}, Action.REVISED),
    ],
)
def test_each_rule(incoming: State, stored: State | None, earlier: set[str], action: Action) -> None:
    verdict = decide(incoming, stored, earlier)
    assert verdict.action is action
    assert verdict.reason


def test_a_withdrawn_record_returns_only_with_a_later_date() -> None:
    gone = State("a", NOW, 2, is_withdrawn=True)
    assert decide(State("a", NOW, 2), gone, {"a"}).action is Action.UNCHANGED
    assert decide(State("a", NEW, 2), gone, {"a"}).action is Action.REVISED


def test_deletions() -> None:
    assert decide_deletion(None).action is Action.UNSTORED
    assert decide_deletion(STORED).action is Action.WITHDRAWN
    assert decide_deletion(State("a", NOW, 2, is_withdrawn=True)).action is Action.UNCHANGED


@dataclass
class Memory:
    """A record as the store keeps it, as far as the rules go."""

    state: State | None = None
    hashes: set[str] = field(default_factory=set)
    versions: int = 0

    def take(self, incoming: State) -> Action:
        action = decide(incoming, self.state, self.hashes).action
        if action in (Action.NEW, Action.REVISED, Action.OLDER):
            self.versions += 1
            self.hashes.add(incoming.content_hash)
        if action in (Action.NEW, Action.REVISED):
            self.state = incoming
        elif action is Action.UNCHANGED and self.state and incoming.content_hash == self.state.content_hash:
            later = max(incoming.order_key, self.state.order_key)
            self.state = State(incoming.content_hash, later, self.state.fidelity, self.state.is_withdrawn)
        return action


# A source gives one content for one date and channel, or its own order would mean nothing.
_STATES = st.sampled_from([State(f"{key}{channel}", key, channel) for key in (OLD, NOW, NEW) for channel in (1, 2, 3)])


@given(st.lists(_STATES, max_size=8))
def test_what_was_read_once_changes_nothing_the_second_time(sequence: list[State]) -> None:
    memory = Memory()
    for state in sequence:
        memory.take(state)
    before = memory.state
    assert {memory.take(state) for state in sequence} <= {Action.UNCHANGED, Action.THINNER}
    assert memory.state == before


@given(st.lists(_STATES, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_choose_the_state(sequence: list[State], random: object) -> None:
    shuffled = list(sequence)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    ends = []
    for order in (sequence, shuffled):
        memory = Memory()
        for state in order:
            memory.take(state)
        ends.append(memory.state)
    assert ends[0] == ends[1]


FULL = replace(
    trial(
        status="RECRUITING",
        enrollment_count=40,
        enrollment_type="ESTIMATED",
        primary_completion_date="2022-05-31",
        primary_completion_date_type="ESTIMATED",
        phases=("PHASE1",),
        conditions=("Burns",),
    ),
    abstract=(Section(text="Invented words."),),
    source_stamp="2022-04-02",
)


def citation(source_date: str = "2022-10-05", **facts: object) -> Record:
    return replace(trial(source_date=source_date, **facts), title="", fidelity=Fidelity.CITATION)


def test_the_course_of_a_trial_is_merged_into_the_fuller_copy() -> None:
    newer = citation(status="COMPLETED", enrollment_count=37, phases=("PHASE1", "PHASE2"), has_results=True)
    merged = merge_course(FULL, newer)
    assert merged is not None
    assert merged.trial is not None
    assert FULL.trial is not None
    assert merged.trial == replace(
        FULL.trial,
        status="COMPLETED",
        enrollment_count=37,
        enrollment_type="",
        has_results=True,
        last_update_posted_date="2022-10-05",
    )
    assert (merged.title, merged.abstract, merged.fidelity) == (FULL.title, FULL.abstract, Fidelity.FULL)
    assert merged.order_key == newer.order_key > FULL.order_key


def test_what_is_not_said_or_said_less_exactly_stays() -> None:
    newer = citation(status="", primary_completion_date="2022-05", enrollment_count=40)
    merged = merge_course(FULL, newer)
    assert merged is not None
    assert FULL.trial is not None
    assert merged.trial == replace(FULL.trial, last_update_posted_date="2022-10-05")


def test_what_holds_only_with_a_status_goes_with_it() -> None:
    unknown = replace(FULL, trial=TrialFacts(status="UNKNOWN", last_known_status="RECRUITING", why_stopped="No yarn"))
    merged = merge_course(unknown, citation(status="COMPLETED"))
    assert merged is not None
    assert merged.trial is not None
    assert (merged.trial.status, merged.trial.last_known_status, merged.trial.why_stopped) == ("COMPLETED", "", "")


def test_a_word_of_another_registry_does_not_replace_one_of_ours() -> None:
    merged = merge_course(FULL, citation(status="Not Recruiting"))
    assert merged is not None
    assert merged.trial is not None
    assert merged.trial.status == "RECRUITING"


@pytest.mark.parametrize(
    ("fuller", "newer"),
    [
        (FULL, replace(citation(status="COMPLETED"), fidelity=Fidelity.FACTS)),
        (FULL, citation("2022-04-01", status="COMPLETED")),
        (FULL, citation("2022", status="COMPLETED")),
        (FULL, citation("", status="COMPLETED")),
        (replace(FULL, source_date=""), citation(status="COMPLETED")),
        (article(source_date="2022-01-01"), article(source_date="2022-02-01", fidelity=Fidelity.CITATION)),
    ],
    ids=["facts", "same date", "less exact date", "no date", "undated full copy", "no trial"],
)
def test_nothing_is_merged(fuller: Record, newer: Record) -> None:
    assert merge_course(fuller, newer) is None


@given(trial_facts, trial_facts)
def test_laying_over_loses_nothing_and_is_done_once(old: TrialFacts, new: TrialFacts) -> None:
    fuller, newer = replace(FULL, trial=old), replace(citation(), trial=new)
    merged = merge_course(fuller, newer)
    assert merged is not None
    assert merged.trial is not None
    assert replace(merged, trial=old, source_date=FULL.source_date, source_stamp=FULL.source_stamp) == fuller
    for item in fields(TrialFacts):
        value = getattr(merged.trial, item.name)
        # A kind or a reason may become unknown with the fact that it belonged to; nothing else does.
        assert value in (getattr(old, item.name), getattr(new, item.name))
        if item.name not in ("last_known_status", "why_stopped") and not item.name.endswith("_type"):
            assert value not in ("", None, ()) or getattr(old, item.name) in ("", None, ())
    again = merge_course(merged, replace(newer, source_date="2022-10-06"))
    assert again is not None
    assert again.trial == merged.trial


def test_a_withdrawn_record_returns_when_its_own_source_gives_it() -> None:
    gone = State("a", NOW, 2, is_withdrawn=True)
    assert decide(State("a", NOW, 2, is_live=True), gone, {"a"}).action is Action.REVISED
    # What another source says of it, in fewer words, proves nothing.
    assert decide(State("a", NOW, 1, is_live=True), gone, {"a"}).action is Action.THINNER


@pytest.mark.parametrize(
    ("is_stored", "is_withdrawn", "is_missed_before", "is_proof", "meaning"),
    [
        (False, False, False, True, Absent.NAMED),
        (False, False, True, True, Absent.NAMED),
        (True, False, False, True, Absent.CANDIDATE),
        (True, False, True, False, Absent.CANDIDATE),
        (True, False, True, True, Absent.WITHDRAWN),
        (True, True, True, True, Absent.KNOWN),
    ],
)
def test_absences(is_stored: bool, is_withdrawn: bool, is_missed_before: bool, is_proof: bool, meaning: Absent) -> None:
    found = decide_absence(
        is_stored=is_stored,
        is_withdrawn=is_withdrawn,
        is_missed_before=is_missed_before,
        is_proof=is_proof,
        n_missed=None,
    )
    assert found is meaning


@pytest.mark.parametrize(("n_missed", "meaning"), [(0, Absent.DOUBTED), (1, Absent.DOUBTED), (2, Absent.GIVEN_UP)])
def test_what_was_listed_and_never_came_is_asked_for_twice_more(n_missed: int, meaning: Absent) -> None:
    found = decide_absence(is_stored=False, is_withdrawn=False, is_missed_before=True, is_proof=True, n_missed=n_missed)
    assert found is meaning
