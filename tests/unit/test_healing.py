"""A restored office takes back from the centre what it had done since its backup, and goes on."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from saraban_base.sqlite import rows
from saraban_node import appliance, meta, projections
from saraban_node.appliance import Appliance
from saraban_node.errors import CentreUnreachable, Fenced, JournalsDiverge
from saraban_node.identity import epochs, fence, lifting, ratchet
from saraban_node.identity.errors import (
    CentreDecides,
    EpochRefused,
    NotStated,
    PaperTooLow,
    TwinFound,
)
from saraban_node.identity.fence import Lift
from saraban_node.identity.lifting import Lifted
from saraban_node.line import deliveries, postbox, sync_state
from saraban_node.numbering import numbers
from saraban_sync import events, signing
from saraban_sync.errors import BadSignature, NewerVersion
from saraban_sync.events import ClockState, Event
from saraban_sync.grants import sign_grant
from saraban_sync.ids import NodeId
from saraban_sync.journal_events import EpochStarted
from saraban_sync.registers import Register
from tests.offices import (
    CENTRE_KEY,
    SOMSRI,
    YEAR,
    HandClock,
    Numbers,
    a_grant,
    a_letter,
    an_office,
    events_of,
    grant,
    put_file,
    register,
)
from tests.played_centre import PlayedCentre
from tests.promises import kept

IN = (Register.INCOMING, YEAR)
RANGE = Numbers(Register.INCOMING, YEAR, last=100)


@dataclass
class Burnt:
    """An office, its centre, and a backup of the day before."""

    node: Appliance
    centre: PlayedCentre
    folder: Path

    def works(self, count: int, *, line: bool = True) -> None:
        """Register letters, and exchange if there is a line."""
        for n in range(count):
            register(self.node, a_letter(n))
        if line:
            self.centre.line(self.node).run_cycle()

    def backs_up(self) -> None:
        self.node.db.backup_to(self.folder / "backup.db")

    def comes_back(self) -> None:
        """Everything burns; the backup is put onto a new machine."""
        keys, settings = self.node.folder / "keys", self.node.folder / "node.toml"
        self.node.close()
        new = self.folder / f"new-{len(list(self.folder.iterdir()))}"
        new.mkdir()
        for path in (keys, settings):
            path.rename(new / path.name)
        (new / "node.db").write_bytes((self.folder / "backup.db").read_bytes())
        self.node = appliance.open_appliance(new, clock=HandClock())
        with self.node.db.write() as write:
            meta.fence(write, meta.RESTORED)
            ratchet.forget(write)
            sync_state.forget(write)

    def lifts(self, **stated: Any) -> Lifted:
        return self.centre.line(self.node).lift(self.wanted(**stated))

    def wanted(self, **stated: Any) -> Lift:
        filled: dict[str, Any] = {"paper": {IN: 8}, "alone": True, **stated}
        return Lift(actor=SOMSRI, **filled)

    def exchanges(self) -> None:
        self.centre.line(self.node).run_cycle()

    def why(self) -> str:
        with self.node.db.read() as cursor:
            return meta.get(cursor, meta.FENCED)

    def gaps(self) -> list[tuple[int, int, int]]:
        with self.node.db.read() as cursor:
            return [(gap.first, gap.last, gap.guard) for gap in numbers.gaps(cursor, *IN)]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Burnt]:
    """Five letters, backed up; then three more that reached the centre."""
    node = an_office(tmp_path / "node", ranges=[RANGE])
    made = Burnt(node, PlayedCentre(), tmp_path)
    made.works(5)
    made.backs_up()
    made.works(3)
    yield made
    made.node.close()


def test_while_it_is_fenced_a_database_takes_back_what_the_centre_holds(office: Burnt) -> None:
    before = events_of(office.node)
    office.comes_back()

    office.exchanges()
    office.exchanges()

    assert [e.payload for e in events_of(office.node)] == [e.payload for e in before]
    assert office.why() == meta.RESTORED
    with pytest.raises(Fenced):
        register(office.node, a_letter(1))
    assert office.centre.statuses[-1]["fenced"] == "restored"
    kept(office.node)


def test_with_a_line_numbers_go_on_in_the_epoch_the_centre_gives(office: Burnt) -> None:
    office.comes_back()

    lifted = office.lifts()

    assert (lifted.epoch, office.why()) == (2, "")
    assert office.gaps() == [(9, 28, 20)]
    assert register(office.node, a_letter(1)).number == 29
    assert sorted(office.centre.journal) == [e.id for e in events_of(office.node)][:-1]
    skipped = events_of(office.node, "numbers.skipped")[0].body
    assert {m.source: m.number for m in skipped.marks} == {  # type: ignore[union-attr]
        "backup": 5, "centre": 8, "paper": 8,
    }  # fmt: skip
    kept(office.node)


def test_the_next_contact_after_lifting_is_no_twin(office: Burnt) -> None:
    office.comes_back()
    office.lifts()
    register(office.node, a_letter(1))

    office.exchanges()
    office.exchanges()

    assert office.why() == ""
    assert sorted(office.centre.journal) == [e.id for e in events_of(office.node)]


@pytest.mark.parametrize("question", ["put", "get", "ask", "post"])
def test_whatever_answer_is_lost_lifting_is_done_again_and_happens_once(
    office: Burnt, question: str
) -> None:
    office.comes_back()
    office.centre.lose = question
    if question != "post":
        with pytest.raises(CentreUnreachable):
            office.lifts()
        assert office.why() == meta.RESTORED

    office.lifts()

    assert office.centre.epoch == 2
    assert len(events_of(office.node, "epoch.started")) == 1
    assert office.lifts().already


def test_a_paper_number_below_what_came_back_leaves_the_fence(office: Burnt) -> None:
    office.comes_back()

    with pytest.raises(PaperTooLow):
        office.lifts(paper={IN: 7})

    assert (office.why(), office.centre.epoch) == (meta.RESTORED, 1)


def test_what_the_centre_saw_in_a_tail_counts_as_given(office: Burnt) -> None:
    office.comes_back()
    office.centre.marks = [
        {"register": "incoming", "year": YEAR, "number": 12},
        {"register": "of-a-newer-program", "year": YEAR, "number": 99},
    ]

    with pytest.raises(PaperTooLow):
        office.lifts(paper={IN: 8})
    office.lifts(paper={IN: 12})

    assert office.gaps() == [(9, 32, 20)]
    assert office.centre.epoch == 2


def test_a_range_that_waits_in_the_mailbox_may_have_been_used_before(office: Burnt) -> None:
    """Granted after the backup, numbered from, and burnt: the database knows nothing of it."""
    office.comes_back()
    late = a_grant(office.node, Numbers(Register.INCOMING, YEAR, first=101, last=200))
    order = a_grant(office.node, Numbers(Register.ORDER, YEAR, last=50))
    for one in (late, order):
        office.centre.deliver(sign_grant(CENTRE_KEY, one))
    with pytest.raises(NotStated):
        office.lifts(paper={IN: 130})

    office.lifts(paper={IN: 130, (Register.ORDER, YEAR): None})

    assert office.gaps() == [(9, 100, 0), (101, 150, 20)]
    assert register(office.node, a_letter(1)).number == 151
    with office.node.db.read() as cursor:
        assert numbers.left(cursor, Register.ORDER, YEAR) == 0
    kept(office.node)


def test_events_that_never_left_are_sent_before_the_new_epoch(tmp_path: Path) -> None:
    office = Burnt(an_office(tmp_path / "node", ranges=[RANGE]), PlayedCentre(), tmp_path)
    office.works(3)
    office.works(4, line=False)
    office.backs_up()
    office.comes_back()

    office.lifts()

    assert sorted(office.centre.journal) == [e.id for e in events_of(office.node)]
    assert office.gaps() == [(8, 28, 20)]
    office.node.close()


def test_files_of_letters_that_came_back_are_asked_for_again(tmp_path: Path) -> None:
    office = Burnt(an_office(tmp_path / "node", ranges=[RANGE]), PlayedCentre(), tmp_path)
    office.works(1)
    office.backs_up()
    ref = put_file(office.node, b"%PDF lost")
    register(office.node, a_letter(1, files=(ref,)))
    office.exchanges()
    office.comes_back()

    office.exchanges()

    with office.node.db.read() as cursor:
        assert [one.sha256 for one in postbox.wanted_files(cursor)] == [ref.sha256]
    office.node.files.put(io.BytesIO(b"%PDF lost"), name="x.pdf", media="application/pdf")
    office.node.close()


def lifted_by_hand_and_reconnected(office: Burnt, *, paper: int = 8) -> None:
    office.comes_back()
    lifting.lift_by_hand(office.node, office.wanted(paper={IN: paper}))
    register(office.node, a_letter(70))
    office.exchanges()


def test_an_epoch_begun_by_hand_is_claimed_at_the_next_contact(office: Burnt) -> None:
    lifted_by_hand_and_reconnected(office)

    began = events_of(office.node, "epoch.started")[0]
    assert office.centre.epoch == 2
    assert began.id in office.centre.journal
    tail = [name for name in office.centre.journal if name.startswith("0001-")]
    assert len(tail) == began.seq - 1 + 3  # what was left behind stays at the centre
    with office.node.db.read() as cursor:
        assert not fence.status(office.node, cursor).unclaimed
        assert deliveries.known_stored(cursor) == events_of(office.node)[-1].seq
    office.exchanges()
    assert office.why() == ""
    kept(office.node)


def test_a_lost_answer_to_the_claim_is_asked_for_again(office: Burnt) -> None:
    office.comes_back()
    lifting.lift_by_hand(office.node, office.wanted())
    office.centre.lose = "ask"
    with pytest.raises(CentreUnreachable):
        office.exchanges()

    office.exchanges()

    assert (office.why(), office.centre.epoch) == ("", 2)


def test_a_machine_stopped_again_before_the_centre_has_agreed_claims_first(
    office: Burnt,
) -> None:
    """Lifted by hand, then copied onto another disk, then a line."""
    office.comes_back()
    lifting.lift_by_hand(office.node, office.wanted())
    with office.node.db.write() as write:
        meta.fence(write, meta.COPIED)

    lifted = office.lifts(paper={IN: 28})

    assert (lifted.epoch, office.centre.epoch, office.why()) == (3, 3, "")
    assert [status["epoch"] for status in office.centre.statuses[-2:]] == [1, 3]
    office.exchanges()
    assert sorted(name for name in office.centre.journal if not name.startswith("0001")) == [
        e.id for e in events_of(office.node) if e.epoch > 1
    ]


def test_an_epoch_that_another_machine_has_is_a_twin(office: Burnt) -> None:
    office.comes_back()
    lifting.lift_by_hand(office.node, office.wanted())
    office.centre.epoch = 2

    with pytest.raises(TwinFound):
        office.exchanges()

    assert office.why() == meta.DIVERGED, "whoever is chosen, this journal cannot keep the name"


def test_letters_of_the_life_before_explain_their_numbers_by_themselves(office: Burnt) -> None:
    tail = events_of(office.node, "letter.registered")[5:]
    lifted_by_hand_and_reconnected(office)
    for event in tail:
        office.centre.deliver(event)

    office.exchanges()

    with office.node.db.read() as cursor:
        (gap,) = numbers.gaps(cursor, *IN)
    assert [(one.first, one.letter) for one in gap.explanations] == [
        (6, f"school-a {tail[0].id}"),
        (7, f"school-a {tail[1].id}"),
        (8, f"school-a {tail[2].id}"),
    ]


def test_ranges_of_which_the_restored_office_knew_nothing_are_given_up_where_used(
    office: Burnt,
) -> None:
    """Lifted by hand, they come with the first contact: what may have been given of them is not
    given again, and a book nobody was asked about is given up, but not next year's."""
    office.comes_back()
    for numbers_ in (
        Numbers(Register.INCOMING, YEAR, first=101, last=200),
        Numbers(Register.ORDER, YEAR, last=50),
        Numbers(Register.INCOMING, YEAR + 1, last=60),
    ):
        office.centre.deliver(sign_grant(CENTRE_KEY, a_grant(office.node, numbers_)))
    lifting.lift_by_hand(office.node, office.wanted(paper={IN: 95}))

    office.exchanges()

    assert office.gaps() == [(6, 100, 5), (101, 115, 15)]
    assert register(office.node, a_letter(1)).number == 116
    with office.node.db.read() as cursor:
        assert numbers.left(cursor, Register.ORDER, YEAR) == 0
        assert numbers.left(cursor, Register.INCOMING, YEAR + 1) == 60
    kept(office.node)


def test_if_the_centre_knows_more_than_paper_said_no_further_number_is_given_twice(
    office: Burnt,
) -> None:
    office.centre.marks = [{"register": "incoming", "year": YEAR, "number": 40}]

    lifted_by_hand_and_reconnected(office, paper=8)

    assert office.gaps() == [(6, 28, 20), (30, 40, 0)]
    assert register(office.node, a_letter(1)).number == 41


def test_a_machine_that_must_fork_is_neither_mended_nor_freed(office: Burnt) -> None:
    office.comes_back()
    office.centre.says = {"fork": True}
    before = len(events_of(office.node))

    office.exchanges()
    with pytest.raises(CentreDecides):
        office.lifts()

    assert len(events_of(office.node)) == before
    with office.node.db.read() as cursor:
        assert fence.status(office.node, cursor).said == "fork"


def test_the_twin_that_keeps_the_name_gives_up_its_ranges_and_goes_on(office: Burnt) -> None:
    with office.node.db.write() as write:
        meta.fence(write, meta.TWIN)
    with pytest.raises(CentreDecides):
        office.lifts()
    office.centre.says = {"resume": True}

    office.lifts(paper={IN: 8})

    assert office.gaps() == [(9, 100, 0)]
    (began,) = events_of(office.node, "epoch.started")
    assert began.body.reason == "twin"  # type: ignore[union-attr]
    assert events_of(office.node, "range.requested")
    grant(office.node, Numbers(Register.INCOMING, YEAR, first=301, last=400))
    assert register(office.node, a_letter(1)).number == 301


def test_a_history_that_parted_cannot_be_mended(office: Burnt) -> None:
    office.comes_back()
    lost = events_of(office.node)[-1].seq
    with office.node.db.write() as write:
        meta.remove(write, meta.FENCED)
    office.works(1, line=False)
    with office.node.db.write() as write:
        meta.fence(write, meta.RESTORED)

    with pytest.raises(JournalsDiverge):
        office.exchanges()

    assert (office.why(), len(events_of(office.node))) == (meta.DIVERGED, lost + 1)


def test_what_this_node_never_signed_does_not_come_back(office: Burnt) -> None:
    stranger = an_office(office.folder / "stranger", ranges=[RANGE])
    for n in range(20):
        register(stranger, a_letter(n))
    office.comes_back()
    last = events_of(office.node)[-1].seq
    office.centre.journal.clear()
    office.centre.hold(events_of(office.node))
    office.centre.hold(events_of(stranger)[last:])
    stranger.close()

    with pytest.raises(BadSignature):
        office.exchanges()

    assert len(events_of(office.node)) == last


def test_what_a_newer_program_wrote_is_taken_back_by_one_that_understands_it(
    office: Burnt,
) -> None:
    """It may have given numbers in ways of which the older program on the new machine knows
    nothing, and which it would give again."""
    last = events_of(office.node)[-1]
    office.comes_back()
    fields = msgspec.json.decode(last.payload)
    payload = msgspec.json.encode(fields | {"v": 2}, order="sorted")
    signature = office.node.journal.key.sign(signing.EVENT, payload)
    newer = events.parse_event(payload, signature)
    office.centre.hold([newer])

    with pytest.raises(NewerVersion) as refused:
        office.exchanges()

    assert "ปรับรุ่นโปรแกรม" in refused.value.sentence("th")
    assert office.why() == meta.RESTORED
    assert last.id not in [event.id for event in events_of(office.node)]


def test_a_second_backup_older_than_an_epoch_finds_its_way_through_it(office: Burnt) -> None:
    """Restored, gone on in epoch 2, and restored again from the very first backup."""
    office.comes_back()
    office.lifts()
    office.works(4)
    first_life = events_of(office.node)
    office.comes_back()

    office.exchanges()

    assert [e.id for e in events_of(office.node)] == [e.id for e in first_life]
    with office.node.db.read() as cursor:
        assert meta.epoch(cursor) == 2
    assert office.lifts(paper={IN: 32}).epoch == 3
    kept(office.node)


def test_the_tail_that_an_epoch_left_behind_does_not_come_back(office: Burnt) -> None:
    lifted_by_hand_and_reconnected(office)
    second_life = events_of(office.node)
    office.comes_back()

    office.exchanges()

    assert [e.payload for e in events_of(office.node)] == [e.payload for e in second_life]


def test_a_backup_from_a_tail_that_was_left_behind_is_another_history(office: Burnt) -> None:
    """Another machine has gone on from an older day in the meantime."""
    office.backs_up()
    office.comes_back()
    office.centre.hold([_epoch_started(office.node, events_of(office.node)[-3])])

    with pytest.raises(JournalsDiverge):
        office.exchanges()

    assert office.why() == meta.DIVERGED


def _epoch_started(node: Appliance, base: Event) -> Event:
    return events.write_event(
        node.journal.key, EpochStarted(reason="restored", base=base.id), node=NodeId("school-a"),
        epoch=2, seq=base.seq + 1, prev=base.hash, at=base.at, clock=ClockState(boot="0a1b2c3d"),
        actor=SOMSRI,
    )  # fmt: skip


def test_the_registers_made_again_from_a_healed_journal_are_the_same(office: Burnt) -> None:
    office.comes_back()
    office.lifts()
    register(office.node, a_letter(1))
    tables = ("entry", "number_gap", "number_range")
    with office.node.db.write() as write:
        before = [rows(write.cursor, f"SELECT * FROM {name}") for name in tables]
        projections.rebuild(write)
        assert [rows(write.cursor, f"SELECT * FROM {name}") for name in tables] == before


def test_the_centre_that_does_not_know_the_base_gives_no_epoch(office: Burnt) -> None:
    office.comes_back()
    office.centre._epoch = lambda asked: {"error": "base-unknown", "reason": "x"}  # type: ignore[method-assign]

    with pytest.raises(EpochRefused):
        office.lifts()

    assert office.why() == meta.RESTORED
    assert epochs.may_go_on(office.node)
