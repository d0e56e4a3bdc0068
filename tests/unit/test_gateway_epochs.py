"""New epochs: given once, whoever asks how often; what they leave behind stays."""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from saraban_central import enrolment
from saraban_central.identity import epochs, twins
from saraban_central.identity.epochs import Mark
from saraban_central.identity.errors import (
    BaseUnknown,
    EpochTaken,
    HealFirst,
    Overtaken,
    TwinWaits,
)
from saraban_central.identity.records import EPOCHS, TOKENS
from saraban_central.post.router import Router
from saraban_central.records import PENDING, SET_ASIDE, TAILS
from saraban_central.store.interface import Remove
from saraban_sync import grants
from saraban_sync.admission import Verdict
from saraban_sync.events import EntryNoted, Event
from saraban_sync.journal_events import EpochStarted
from saraban_sync.registers import Register
from saraban_sync.signing import SigningKey
from saraban_sync.wire import DIRECTORY, journal_database, signed
from tests.central_district import YEAR, District
from tests.played_machine import (
    OTHER,
    Machine,
    a_machine,
    epoch_of,
    node_of,
    noted,
    push,
    token,
    verdicts,
)
from tests.served_centre import journal_ids, new_secret, serving

ADMITTED, KNOWN, PENDING_, REFUSED = (
    Verdict.ADMITTED, Verdict.KNOWN, Verdict.PENDING, Verdict.REFUSED,
)  # fmt: skip


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    yield made
    made.close()


@pytest.fixture
def school(district: District) -> Machine:
    return a_machine(district, size=20)


def _claim(begun: Event) -> dict[str, str]:
    """What is asked about an epoch that was begun by hand."""
    assert isinstance(begun.body, EpochStarted)
    return {"claim": begun.hash, "base": begun.body.base, "base_hash": begun.prev}


# Asking for an epoch


def test_a_restored_machine_gets_the_next_epoch_and_goes_on(school: Machine) -> None:
    school.fenced = "restored"
    school.come()

    given = school.ask()
    school.go_on(given)

    assert (given.epoch, given.generation, epoch_of(school)) == (2, 1, 2)
    assert verdicts(school.send())[-1] is ADMITTED
    assert school.come() == "ok"


def test_asking_again_with_the_same_token_gives_the_same_epoch(school: Machine) -> None:
    school.fenced = "restored"

    given = [school.ask() for _ in range(3)]
    school.go_on(given[0])
    school.send()

    assert {one.epoch for one in given} == {2}
    assert epoch_of(school) == 2
    assert school.come() == "ok"


def test_a_repetition_after_the_next_contact_leaves_the_ratchet_alone(school: Machine) -> None:
    school.fenced = "restored"
    school.ask()
    asked = {"next": school.pending}
    school.go_on(school.ask())
    school.send()
    school.come()

    assert school.ask(**asked).epoch == 2
    assert school.come() == "ok"


def test_two_requests_at_once_are_one_epoch_or_two(school: Machine) -> None:
    school.fenced = "restored"
    school.pending = token()
    copy = school.copy()
    copy.fenced = "restored"
    given: list[int] = []

    def ask(machine: Machine) -> None:
        try:
            given.append(machine.ask().epoch)
        except Overtaken:
            given.append(0)

    threads = [threading.Thread(target=ask, args=(one,)) for one in [school, school, copy] * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(given) - {0} == {2, 3}
    assert epoch_of(school) == 3


def test_who_asks_with_an_old_request_is_told_that_another_has_gone_on(school: Machine) -> None:
    school.fenced = "restored"
    copy = school.copy()
    copy.fenced = "restored"
    school.ask()
    copy.ask()

    with pytest.raises(Overtaken):
        school.ask()


def test_before_it_gets_an_epoch_a_machine_takes_back_what_is_here(school: Machine) -> None:
    noted(school)
    school.send()
    school.set_back(len(school.office.events) - 1)

    with pytest.raises(HealFirst):
        school.ask()
    with pytest.raises(HealFirst):
        school.ask(base="", base_hash="")
    assert epoch_of(school) == 1


def test_an_event_that_is_not_here_is_no_base(school: Machine) -> None:
    noted(school)
    school.fenced = "restored"

    for wrong in (
        {},
        {"base": "0001-0000000001", "base_hash": "0" * 64},
        {"base": "nonsense"},
        {"base": "nonsense", "claim": "ab" * 32},
    ):
        with pytest.raises(BaseUnknown):
            school.ask(**wrong)
    assert epoch_of(school) == 1


def test_the_answer_tells_how_far_each_book_was_numbered(school: Machine) -> None:
    office = school.office
    for number in (1, 2, 3):
        office.register(number)
    office.register(7, register=Register.OUTGOING)
    Router(school.centre).run()
    office.register(4)
    school.fenced = "restored"

    given = school.ask()

    assert given.marks == (Mark("incoming", YEAR, 4), Mark("outgoing", YEAR, 7))


def test_the_directory_tells_everybody_of_the_new_epoch(school: Machine) -> None:
    school.fenced = "restored"
    school.ask()

    last = school.centre.store.page(DIRECTORY, descending=True, limit=1)[0]
    entry = grants.read_entry(signed(last), school.centre.key.public)
    assert (entry.code, entry.epoch) == ("school-1", 2)


# Begun by hand


def test_an_epoch_begun_by_hand_becomes_official(school: Machine) -> None:
    school.fenced = "restored"
    begun = school.begin_epoch(2, by_hand=True)
    noted(school)
    assert verdicts(school.send(begun)) == [REFUSED], "it was never given"

    given = school.ask(**_claim(begun))

    assert (given.epoch, epoch_of(school)) == (2, 2)
    assert set(verdicts(school.send())) == {KNOWN, ADMITTED}


def test_an_epoch_that_was_given_to_another_is_taken(school: Machine) -> None:
    copy = school.copy()
    school.fenced = "restored"
    begun = school.begin_epoch(2, by_hand=True)
    copy.fenced = "copied"
    copy.ask()

    with pytest.raises(EpochTaken):
        school.ask(**_claim(begun))
    assert epoch_of(school) == 2


def test_an_epoch_whose_answer_was_lost_may_then_be_begun_by_hand(school: Machine) -> None:
    school.fenced = "restored"
    school.ask()
    school.pending = ""
    begun = school.begin_epoch(2, by_hand=True)

    given = school.ask(**_claim(begun))

    assert given.epoch == 2
    school.token, school.pending, school.fenced = school.pending, "", ""
    assert school.come() == "ok"


def test_a_claim_can_be_repeated_with_another_token(school: Machine) -> None:
    school.fenced = "restored"
    begun = school.begin_epoch(2, by_hand=True)
    claim = _claim(begun)
    school.ask(**claim)
    school.pending = token()

    assert school.ask(**claim).epoch == 2
    school.token, school.pending, school.fenced = school.pending, "", ""
    assert school.come() == "ok"


def test_a_copy_may_ask_again_for_epochs_that_were_agreed_long_ago(school: Machine) -> None:
    """It was made before the centre's word came, and the name is its own now."""
    school.fenced = "restored"
    claims = []
    for epoch in (2, 3):
        claims.append(_claim(school.begin_epoch(epoch, by_hand=True)))
        assert school.ask(**claims[-1]).epoch == epoch
        school.send()
        school.pending = ""
    tokens = school.centre.store.record(TOKENS, school.office.node)

    assert school.ask(**claims[0]).epoch == 2

    assert node_of(school.centre, school.office.node).epoch == 3
    assert school.centre.store.record(TOKENS, school.office.node) == tokens


def test_an_epoch_that_stands_in_the_journal_is_agreed_again_by_a_centre_that_was_set_back(
    school: Machine,
) -> None:
    school.fenced = "restored"
    claim = _claim(school.begin_epoch(2, by_hand=True))
    school.ask(**claim)
    school.send()
    school.pending = ""
    store = school.centre.store
    store.commit(*(Remove(EPOCHS, one.key) for one in store.records(EPOCHS)))

    assert school.ask(**claim).epoch == 2


def test_two_epochs_begun_by_hand_are_agreed_one_after_the_other(school: Machine) -> None:
    school.fenced = "restored"
    claims = []
    for epoch in (2, 3):
        begun = school.begin_epoch(epoch, by_hand=True)
        claims.append(_claim(begun))
        noted(school)

    for epoch, claim in zip((2, 3), claims, strict=True):
        school.send()
        assert school.ask(**claim).epoch == epoch
        school.pending = ""
    school.send()
    assert journal_ids(school.office)[-1] == school.last


# Admission


def test_an_epoch_begins_before_the_end_and_what_it_leaves_behind_stays(school: Machine) -> None:
    office = school.office
    for text in "กขคง":
        noted(school, text)
    school.send()
    left = office.events[-2:]
    school.set_back(len(office.events) - 2)
    begun = school.begin_epoch(2, by_hand=True)
    school.ask(**_claim(begun))
    noted(school, "จ")

    assert verdicts(school.send())[-2:] == [ADMITTED, ADMITTED]

    held = journal_ids(office)
    assert [one.id for one in left] == held[-4:-2]
    assert held[-2:] == [one.id for one in office.events[-2:]]
    Router(school.centre).run()
    tail = school.centre.store.record(TAILS, f"school-1/{begun.id}")
    assert tail is not None
    assert (tail.value.after, tail.value.before) == (_claim(begun)["base"], begun.id)


def test_nothing_is_added_to_a_closed_epoch_but_it_is_kept_as_evidence(school: Machine) -> None:
    copy = school.copy()
    school.fenced = "restored"
    school.go_on(school.ask())
    school.send()
    late = [noted(copy, text) for text in "กขค"]

    outcomes = push(school.centre, "school-1", late)

    assert verdicts(outcomes) == [REFUSED] * 3
    assert {one.reason for one in outcomes} == {"epoch: closed, a newer one has begun"}
    kept = school.centre.store.records(SET_ASIDE, "school-1/signed/")
    assert [one.value.id for one in kept] == [one.id for one in late]


def test_the_whole_branch_of_a_twin_is_kept_beyond_the_limit_for_rubbish(
    district: District, school: Machine
) -> None:
    limit = district.centre.config.set_aside_documents
    copy = school.copy()
    school.office.do(EntryNoted(entry="0001-0000000001", action="ที่นี่"))
    branch = [noted(copy, f"ที่อื่น {n}") for n in range(limit + 50)]

    for start in range(0, len(branch), 100):
        push(school.centre, "school-1", branch[start : start + 100])

    kept = school.centre.store.records(SET_ASIDE, "school-1/signed/")
    waiting = school.centre.store.records(PENDING, "school-1/")
    there = {one.value.id for one in kept} | {one.value.id for one in waiting}
    assert there >= {one.id for one in branch}


def test_an_epoch_that_begins_after_something_that_has_not_come_waits(school: Machine) -> None:
    school.fenced = "restored"
    base = noted(school)
    given = school.ask(base=str(school.office.events[-2].id), base_hash=base.prev)
    begun = school.go_on(given)
    after = noted(school)

    assert verdicts(school.send(after, begun)) == [PENDING_, PENDING_]
    assert verdicts(school.send(base)) == [ADMITTED]

    assert journal_ids(school.office)[-3:] == [base.id, begun.id, after.id]
    assert school.centre.store.count(PENDING, "school-1/") == 0


def test_what_waited_in_an_epoch_that_was_closed_waits_no_longer(school: Machine) -> None:
    copy = school.copy()
    noted(copy)
    lost = noted(copy)
    push(school.centre, "school-1", [lost])
    assert school.centre.store.count(PENDING, "school-1/") == 1
    school.fenced = "restored"
    school.go_on(school.ask())

    school.send()

    assert school.centre.store.count(PENDING, "school-1/") == 0
    (kept,) = school.centre.store.records(SET_ASIDE, "school-1/signed/")
    assert kept.value.id == lost.id


# Twins


def test_only_the_machine_that_was_chosen_gets_an_epoch(school: Machine) -> None:
    copy = school.copy()
    school.come()
    copy.come()
    school.come()

    for one in (school, copy):
        with pytest.raises(TwinWaits):
            one.ask("twin")
    twins.keep(school.centre, "school-1", school.machine, by="pornthip")

    with pytest.raises(TwinWaits):
        copy.ask("twin")
    assert school.ask("twin").epoch == 2
    assert node_of(school.centre, "school-1").stopped == ""


def test_of_two_with_one_code_only_the_first_gets_the_epoch(school: Machine) -> None:
    copy = school.copy(school.machine, boot="77777777")
    school.come()
    copy.come()
    school.come()
    twins.keep(school.centre, "school-1", school.machine, by="pornthip")

    assert school.ask("twin").epoch == 2
    assert school.ask("twin").epoch == 2
    with pytest.raises(TwinWaits):
        copy.ask("twin")
    school.go_on(school.ask("twin"))
    school.send()
    assert school.come() == "ok"
    assert copy.come() == "ok"
    assert copy.said["fork"] is True


# Over HTTP


def test_epoch_and_fork_over_http(district: District, school: Machine) -> None:
    copy = school.copy()
    base = school.office.events[-1]
    school.fenced = "restored"
    school.pending = token()
    body = {
        "reason": "restored", "base": str(school.last), "base_hash": school.office.prev,
        "claim": "", "machine": school.machine, "next": school.pending,
    }  # fmt: skip
    with serving(district.centre) as url:
        auth = new_secret(school.office)
        given = httpx.post(f"{url}/api/v1/epoch", json=body, auth=auth)
        wrong = httpx.post(f"{url}/api/v1/epoch", json=body, auth=("school-1", "x" * 43))
        bad = httpx.post(f"{url}/api/v1/epoch", json=body | {"next": "no"}, auth=auth)
        late = httpx.post(
            f"{url}/api/v1/epoch", json=body | {"next": token(), "base_hash": "0" * 64}, auth=auth
        )
        code = enrolment.make_fork_code(district.centre, "school-1").code
        fork = {"node": "school-1", "base": base.id, "base_hash": base.hash}
        key = SigningKey.generate().public
        forked = httpx.post(
            f"{url}/api/v1/enrol", json={"code": code, "key": key, "fork": fork, "program": "1"}
        )

    assert given.status_code == 200
    assert given.json() == {"epoch": 2, "generation": 1, "marks": []}
    assert given.headers["Saraban-Time"] == "2026-11-22T02:00:00.000Z"
    assert (wrong.status_code, wrong.json()["error"]) == (401, "unauthorized")
    assert bad.status_code == 400
    assert (late.status_code, late.json()["error"]) == (409, "base-unknown")
    assert forked.status_code == 201
    assert (forked.json()["node"], forked.json()["epoch"]) == ("school-1-2", 3)
    assert copy.machine == OTHER


def test_a_new_epoch_moves_the_ratchet(school: Machine) -> None:
    school.fenced = "restored"
    school.ask()

    held = school.centre.store.record(TOKENS, "school-1")
    assert held is not None
    assert held.value.current == school.pending
    assert held.value.past[-1] == school.token
    assert epochs.marks(school.centre, "school-1") == ()
    assert school.centre.store.database(journal_database("school-1")) is not None
