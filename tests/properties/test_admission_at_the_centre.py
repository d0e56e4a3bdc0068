"""Whatever the line does to a journal on its way, the centre ends up with exactly the journal."""

import random
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saraban_central import directory
from saraban_central.gateway.admitting import Outcome, admit
from saraban_central.records import PENDING
from saraban_sync.admission import Verdict
from saraban_sync.events import EntryNoted, Event
from saraban_sync.wire import event_document, journal_database
from tests.central_district import District, Office


class Request(NamedTuple):
    """One request as it reaches the gateway: which events, and which of them spoilt on the way."""

    events: list[int]
    spoilt: set[int]


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    made = District(tmp_path_factory.mktemp("district"))
    yield made
    made.close()


def _requests(count: int) -> st.SearchStrategy[list[Request]]:
    places = st.integers(min_value=0, max_value=count - 1)
    one = st.builds(Request, st.lists(places, max_size=count * 2), st.sets(places, max_size=3))
    return st.lists(one, max_size=6)


_journeys = st.integers(min_value=1, max_value=25).flatmap(
    lambda count: st.tuples(st.just(count), _requests(count), st.randoms(use_true_random=False))
)


def _raw(event: Event, *, spoilt: bool) -> msgspec.Raw:
    fields = event_document(event).as_json()
    if spoilt:
        fields["s"] = ("B" if fields["s"][0] == "A" else "A") + fields["s"][1:]
    return msgspec.Raw(msgspec.json.encode(fields))


def _push(office: Office, events: list[Event], request: Request) -> list[Outcome]:
    node = directory.node(office.centre.store, office.node).value
    raws = [_raw(events[place], spoilt=place in request.spoilt) for place in request.events]
    return admit(office.centre, node, raws)


def _held(office: Office) -> list[bytes]:
    return [d.payload for d in office.centre.store.page(journal_database(office.node))]


@given(journey=_journeys)
def test_any_order_any_loss_any_repetition_with_sending_again_gives_the_journal(
    district: District, journey: tuple[int, list[Request], random.Random]
) -> None:
    count, requests, draw = journey
    office = district.office(f"school-{len(district.offices)}", size=0)
    before = len(office.events)
    for number in range(count):
        office.write(EntryNoted(entry="0001-0000000001", action=str(number)))
    events, payloads = office.events[before:], [event.payload for event in office.events]

    for request in requests:
        outcomes = _push(office, events, request)

        assert len(outcomes) == len(request.events)
        held = _held(office)
        assert held == payloads[: len(held)], "what is held is always a beginning of the journal"
        for place, outcome in zip(request.events, outcomes, strict=True):
            assert (outcome.verdict is Verdict.REFUSED) == (place in request.spoilt)

    rest = list(range(count))
    draw.shuffle(rest)
    while rest:
        size = draw.randint(1, count)
        _push(office, events, Request(rest[:size], set()))
        rest = rest[size:]
    assert _held(office) == payloads
    assert district.centre.store.count(PENDING, f"{office.node}/") == 0
