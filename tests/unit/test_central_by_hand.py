"""Numbers for an office without a line: over the telephone and on a stick, each range once."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from saraban_central import directory
from saraban_central.errors import NoCredential, NodeRevoked, NoSuchGrant, PastYear, UnknownNode
from saraban_central.numbering import by_hand, granting, grants
from saraban_central.numbering.granting import Granting
from saraban_central.post.router import Router
from saraban_central.records import CREDENTIALS, Credential
from saraban_central.store.interface import Put, Remove
from saraban_sync import phone, range_files
from saraban_sync.errors import NotARangeFile, SizeNotSpoken
from saraban_sync.events import Event
from saraban_sync.ids import NodeId, OfficeCode
from saraban_sync.number_events import RangeRequested
from saraban_sync.registers import Register
from saraban_sync.wire import mailbox_database
from tests.central_district import YEAR, District, Office

IN = Register.INCOMING
SECRET = "what only the school and the centre know"


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    yield made
    made.close()


@pytest.fixture
def school(district: District) -> Office:
    made = district.office("school", "โรงเรียนบ้านดอย")
    held = district.centre.store.record(CREDENTIALS, "school")
    assert held is not None
    known = Credential(sha256=_secret_hash())
    district.centre.store.commit(Put(CREDENTIALS, "school", known, held.revision))
    return made


def _secret_hash() -> str:
    return hashlib.sha256(SECRET.encode()).hexdigest()


def _ask(office: Office, size: int = 50) -> Event:
    return office.write(RangeRequested(register=IN, year=YEAR, size=size, left=3))


# By telephone


def test_the_node_can_check_with_its_own_secret_what_is_read_out(
    district: District, school: Office
) -> None:
    spoken = by_hand.grant_by_phone(district.centre, "school", IN, YEAR, size=45, by="pornthip")

    key = phone.shared_key(_secret_hash())
    told = phone.read_code(spoken.groups, key, NodeId("school"), OfficeCode("school"), IN, YEAR)
    assert told.range == (spoken.grant.first, spoken.grant.last) == (21, 70)
    assert told.grant == spoken.grant.grant
    box = district.centre.store.page(mailbox_database("school"))
    assert spoken.grant.grant in box[-1].payload.decode()
    (series,) = [one for one in grants.granted(district.centre) if one.register == IN.value]
    assert (series.grants[-1].by, series.grants[-1].codes) == ("pornthip", (spoken.code,))


def test_a_range_that_was_granted_before_can_be_read_out_as_well(
    district: District, school: Office
) -> None:
    made = grants.grant(district.centre, "school", IN, YEAR, size=500)

    spoken = by_hand.spoken_again(district.centre, "school", made.grant)

    assert spoken.grant == made
    assert by_hand.spoken_again(district.centre, "school", made.grant) == spoken


def test_a_range_of_an_odd_size_cannot_be_read_out(district: District, school: Office) -> None:
    made = grants.grant(district.centre, "school", IN, YEAR, size=501)

    with pytest.raises(SizeNotSpoken):
        by_hand.spoken_again(district.centre, "school", made.grant)
    with pytest.raises(SizeNotSpoken):
        by_hand.grant_by_phone(district.centre, "school", IN, YEAR, size=5_001, by="a")


def test_what_does_not_exist_is_not_read_out(district: District, school: Office) -> None:
    other = district.office("other")
    made = grants.grant(district.centre, other.node, IN, YEAR, size=500)

    with pytest.raises(NoSuchGrant):
        by_hand.spoken_again(district.centre, "school", made.grant)
    with pytest.raises(UnknownNode):
        by_hand.grant_by_phone(district.centre, "nobody", IN, YEAR, size=50, by="a")
    with pytest.raises(PastYear):
        by_hand.grant_by_phone(district.centre, "school", IN, YEAR - 1, size=50, by="a")


def test_a_node_without_a_secret_gets_no_code_and_no_range(
    district: District, school: Office
) -> None:
    district.centre.store.commit(Remove(CREDENTIALS, "school"))

    with pytest.raises(NoCredential):
        by_hand.grant_by_phone(district.centre, "school", IN, YEAR, size=50, by="a")
    (series,) = [one for one in grants.granted(district.centre) if one.register == IN.value]
    assert len(series.grants) == 1


# On a stick


def test_a_request_file_is_shown_before_anything_is_granted(
    district: District, school: Office
) -> None:
    event = _ask(school)
    raw = range_files.write_request(NodeId("school"), (event,))

    name, asked = by_hand.read_file(district.centre, raw)

    assert name == "school"
    assert [(one.event, one.known) for one in asked] == [(event, None)]
    assert granting.waiting(district.centre) == []


def test_an_answer_brings_the_range_and_the_line_does_not_bring_a_second_one(
    district: District, school: Office
) -> None:
    event = _ask(school)
    raw = range_files.write_request(NodeId("school"), (event,))

    done = by_hand.answer_file(district.centre, raw, by="pornthip")

    (grant,) = done.grants
    assert (grant.first, grant.last, done.refused) == (21, 70, ())
    read = range_files.read_answer(
        done.file, node=NodeId("school"), centre=district.centre.key.public
    )
    assert [one for one, _ in read] == [grant]
    school.tell(event)
    Router(district.centre).run()
    assert [one.why for one in granting.waiting(district.centre)] == []
    again = by_hand.answer_file(district.centre, raw, by="somebody")
    assert again.grants == done.grants
    (series,) = [one for one in grants.granted(district.centre) if one.register == IN.value]
    assert [one.by for one in series.grants] == ["", "pornthip"]


def test_several_requests_of_one_register_are_answered_by_one_range(
    district: District, school: Office
) -> None:
    raw = range_files.write_request(NodeId("school"), (_ask(school), _ask(school)))

    done = by_hand.answer_file(district.centre, raw, by="pornthip")

    assert len(done.grants) == 1
    (series,) = [one for one in grants.granted(district.centre) if one.register == IN.value]
    assert len(series.grants) == 2


def test_a_request_that_cannot_be_granted_is_named_with_its_reason(
    district: District, school: Office
) -> None:
    past = school.write(RangeRequested(register=IN, year=YEAR - 3, size=50, left=0))
    raw = range_files.write_request(NodeId("school"), (past, _ask(school)))

    done = by_hand.answer_file(district.centre, raw, by="pornthip")

    assert len(done.grants) == 1
    ((asked, why),) = done.refused
    assert asked.event == past
    assert isinstance(why, PastYear)


def test_two_machines_with_one_name_have_two_requests(district: District, school: Office) -> None:
    seq, prev = school.seq, school.prev
    one = _ask(school, 50)
    school.seq, school.prev = seq, prev
    other = _ask(school, 100)
    assert one.id == other.id

    made = [
        by_hand.answer_file(
            district.centre, range_files.write_request(NodeId("school"), (event,)), by="a"
        ).grants
        for event in (one, other)
    ]

    assert [(grant.first, grant.last) for (grant,) in made] == [(21, 70), (71, 170)]


def test_files_of_strangers_are_refused(district: District, school: Office) -> None:
    raw = range_files.write_request(NodeId("school"), (_ask(school),))
    with pytest.raises(NotARangeFile):
        by_hand.read_file(district.centre, raw.replace(b'"node":"school"', b'"node":"SCHOOL"', 1))
    with pytest.raises(UnknownNode):
        by_hand.read_file(district.centre, range_files.write_request(NodeId("nobody"), ()))
    directory.revoke(district.centre, "school")
    with pytest.raises(NodeRevoked):
        by_hand.read_file(district.centre, raw)


def test_a_person_may_grant_by_file_what_the_centre_would_not_grant_by_itself(
    district: District, school: Office
) -> None:
    config = structs.replace(district.centre.config, auto_grant=False)
    object.__setattr__(district.centre, "config", config)
    raw = range_files.write_request(NodeId("school"), (_ask(school, 9_000),))

    done = by_hand.answer_file(district.centre, raw, by="pornthip")

    assert done.grants[0].last == 9_020
    assert Granting(district.centre).run() == 0
