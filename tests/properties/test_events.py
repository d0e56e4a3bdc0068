"""Events: the bytes that were signed are the truth; any other bytes are refused, never fatal."""

import json
from typing import Any, TypeVar

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

from saraban_sync import events
from saraban_sync.body import Body, Signed
from saraban_sync.errors import BadSignature, RemoteProtocolError, SarabanError
from saraban_sync.events import (
    GENESIS,
    KINDS,
    ClockState,
    EntryNoted,
    Event,
    LetterRegistered,
    LetterSent,
)
from saraban_sync.grants import Grant, parse_grant, read_entry, read_grant
from saraban_sync.ids import NodeId, PersonId
from saraban_sync.registers import Register
from saraban_sync.signing import DIRECTORY, EVENT, GRANT, SigningKey

KEY = SigningKey.from_bytes(bytes(range(32)))
OTHER = SigningKey.from_bytes(bytes(range(1, 33)))

Words = st.text(max_size=40)
Wholes = st.integers(-(2**53) + 1, 2**53 - 1)
Json = st.recursive(
    st.one_of(st.none(), st.booleans(), Wholes, st.floats(), Words),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(Words, inner, max_size=4)),
    max_leaves=12,
)
_KINDS = sorted(KINDS)
_ENVELOPE = ["actor", "at", "body", "clock", "epoch", "node", "prev", "seq", "type", "v"]
T = TypeVar("T")


def _bodies() -> st.SearchStrategy[Body]:
    """Any body of any kind, made from its own type."""
    return st.sampled_from(_KINDS).flatmap(lambda kind: _of(KINDS[kind]))


def _of(kind: type[T]) -> st.SearchStrategy[T]:
    """Any value of a type, whole numbers as far as they travel."""
    return st.from_type(kind).filter(_travels)


def _travels(value: object) -> bool:
    try:
        msgspec.json.decode(msgspec.json.encode(value), type=type(value))
    except msgspec.ValidationError:
        return False
    return True


def _write(body: Body, **more: Any) -> Event:
    fields: dict[str, Any] = {
        "node": NodeId("school-a"),
        "epoch": 1,
        "seq": 1,
        "prev": GENESIS,
        "at": "2026-11-22T02:00:00.000Z",
        "clock": ClockState(boot="0a1b2c3d"),
        "actor": PersonId("p-somsri"),
    }
    return events.write_event(KEY, body, **{**fields, **more})


def _read(payload: bytes, key: SigningKey = KEY) -> Event | None:
    """Read bytes that were properly signed; None when they are refused as they must be."""
    try:
        return events.read_event(payload, key.sign(EVENT, payload), key.public)
    except RemoteProtocolError:
        return None


@given(_bodies(), Words, st.integers(1, 9_999), st.integers(1, 9_999_999_999))
def test_what_was_written_is_read_back_the_same(
    body: Body, actor: str, epoch: int, seq: int
) -> None:
    written = _write(body, actor=PersonId(actor), epoch=epoch, seq=seq)

    assert events.read_event(written.payload, written.signature, KEY.public) == written


@given(_bodies())
def test_the_payload_is_canonical(body: Body) -> None:
    """Sorted keys, no needless space, UTF-8 as it is: the bytes another program would make."""
    payload = _write(body).payload

    again = json.dumps(
        json.loads(payload), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert payload == again.encode("utf-8")


@given(st.binary(max_size=300))
def test_any_bytes_that_are_signed_give_an_event_or_are_refused(payload: bytes) -> None:
    _read(payload)


@given(Json)
def test_any_json_that_is_signed_gives_an_event_or_is_refused(value: Any) -> None:
    _read(json.dumps(value).encode("utf-8", "surrogatepass"))


@given(st.dictionaries(st.sampled_from(_ENVELOPE), Json))
def test_an_envelope_with_anything_in_it_gives_an_event_or_is_refused(
    changed: dict[str, Any],
) -> None:
    envelope = json.loads(_write(EntryNoted(entry="0001-0000000001", action="รับทราบ")).payload)

    _read(json.dumps({**envelope, **changed}).encode("utf-8", "surrogatepass"))


@given(st.sampled_from(_KINDS), Json)
def test_a_known_kind_with_any_body_is_understood_or_refused(kind: str, body: Any) -> None:
    envelope = json.loads(_write(EntryNoted(entry="0001-0000000001", action="รับทราบ")).payload)
    changed = {**envelope, "type": kind, "body": body}

    event = _read(json.dumps(changed).encode("utf-8", "surrogatepass"))

    assert event is None or isinstance(event.body, KINDS[kind])


@given(_bodies(), st.data())
def test_one_changed_bit_anywhere_is_noticed(body: Body, data: st.DataObject) -> None:
    event = _write(body)
    place = data.draw(st.integers(0, len(event.payload) * 8 - 1))
    spoilt = bytearray(event.payload)
    spoilt[place // 8] ^= 1 << place % 8

    with pytest.raises(BadSignature):
        events.read_event(bytes(spoilt), event.signature, KEY.public)


@given(st.binary(max_size=80), st.text(max_size=100), st.text(max_size=60))
def test_a_signature_or_key_of_any_shape_is_refused_not_fatal(
    payload: bytes, signature: str, key: str
) -> None:
    for public in (key, KEY.public):
        with pytest.raises(BadSignature):
            events.read_event(payload, signature, public)


@given(_bodies())
def test_another_node_s_signature_is_refused(body: Body) -> None:
    event = _write(body)

    with pytest.raises(BadSignature):
        events.read_event(event.payload, event.signature, OTHER.public)


@given(st.sampled_from([GRANT, DIRECTORY]), _bodies())
def test_a_signature_for_something_else_is_no_signature_of_an_event(
    context: bytes, body: Body
) -> None:
    payload = _write(body).payload

    with pytest.raises(BadSignature):
        events.read_event(payload, KEY.sign(context, payload), KEY.public)


@given(Words, Json)
def test_what_a_newer_program_adds_is_kept_as_it_is(name: str, value: Any) -> None:
    """Unknown fields and unknown kinds pass through: nobody encodes an event again."""
    known = _write(LetterRegistered(register=Register.INCOMING, year=2569, number=1, subject="ก"))
    envelope = json.loads(known.payload)
    envelope["body"].setdefault(f"new {name}", value)
    payload = json.dumps(envelope).encode("utf-8", "surrogatepass")

    event = _read(payload)

    assert event is None or (event.payload == payload and event.body == known.body)


@given(Words, st.integers(2, 9), Json)
def test_an_event_of_a_newer_program_is_read_without_its_meaning(
    kind: str, version: int, body: Any
) -> None:
    envelope = json.loads(_write(EntryNoted(entry="0001-0000000001", action="ก")).payload)
    changed = {**envelope, "type": f"newer.{kind}", "v": version, "body": body}

    event = (
        _read(json.dumps(changed, allow_nan=False).encode("utf-8", "surrogatepass"))
        if (_finite(body))
        else None
    )

    assert event is None or event.body is None


@given(st.text(max_size=200), st.text(max_size=100))
def test_any_text_as_grant_or_directory_entry_is_read_or_refused(text: str, signature: str) -> None:
    try:
        payload = text.encode("utf-8")
    except UnicodeEncodeError:
        return
    for context, read in ((GRANT, read_grant), (DIRECTORY, read_entry)):
        for signed in (signature, KEY.sign(context, payload)):
            try:
                read(Signed(p=text, s=signed), KEY.public)
            except SarabanError:
                continue


@given(_of(Grant))
def test_a_grant_is_read_back_the_same_without_asking_who_signed_it(grant: Grant) -> None:
    text = Signed(p=events.canonical(grant).decode("utf-8"), s="")

    assert parse_grant(text) == grant


@given(_of(LetterSent))
def test_two_encodings_of_one_letter_are_the_same_bytes(body: LetterSent) -> None:
    """Two machines that write the same fact have the same hash."""
    assert _write(body).hash == _write(msgspec.convert(msgspec.to_builtins(body), LetterSent)).hash


def _finite(value: Any) -> bool:
    return "NaN" not in json.dumps(value) and "Infinity" not in json.dumps(value)
