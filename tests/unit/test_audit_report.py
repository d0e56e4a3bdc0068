"""The report: signed by the centre, safe in a spreadsheet, kept with its time; and the speed."""

import csv
import gc
import io
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from saraban_central.audit.auditor import audit
from saraban_central.audit.errors import AuditStopped
from saraban_central.audit.findings import KINDS, Place, found
from saraban_central.audit.keeping import Auditing, last_report
from saraban_central.audit.kinds import Severity
from saraban_central.audit.report import Report, as_csv, read_report, sign_report
from saraban_central.store.interface import Insert
from saraban_sync.body import Signed
from saraban_sync.errors import BadSignature, Unintelligible
from saraban_sync.events import LetterRegistered
from saraban_sync.registers import Register
from saraban_sync.signing import EVENT, GRANT, SigningKey, verify
from saraban_sync.wire import event_document, journal_database
from tests.central_district import YEAR, District


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    yield made
    made.close()


def auditing(district: District) -> Auditing:
    return Auditing(district.centre)


def audited(district: District) -> Report:
    return auditing(district).run("system")


def test_a_report_reads_back_as_it_was_signed(district: District) -> None:
    school = district.office("school")
    school.register(2)
    report = audited(district)

    signed = sign_report(district.centre.key, report)

    assert read_report(signed, district.centre.key.public) == report
    assert msgspec.json.encode(msgspec.json.decode(signed.p), order="sorted") == signed.p.encode()


def test_a_report_that_was_changed_after_signing_is_refused(district: District) -> None:
    report = audited(district)
    signed = sign_report(district.centre.key, report)
    changed = Signed(p=signed.p.replace('"chain_ok":true', '"chain_ok":false'), s=signed.s)

    with pytest.raises(BadSignature):
        read_report(changed, district.centre.key.public)
    with pytest.raises(BadSignature):
        read_report(signed, SigningKey.generate().public)


def test_a_signature_over_something_else_is_no_report(district: District) -> None:
    key = district.centre.key
    text = '{"chain_ok":true}'
    with pytest.raises(BadSignature):
        read_report(Signed(p=text, s=key.sign(GRANT, text.encode())), key.public)
    with pytest.raises(Unintelligible):
        read_report(Signed(p=text, s=key.sign(b"saraban report v1\x00", text.encode())), key.public)


def test_the_last_report_is_kept_with_its_signature(district: District) -> None:
    centre = district.centre
    with centre.database.read() as cursor:
        assert last_report(cursor, centre.key.public) is None
    audits = auditing(district)
    audits.run("first")
    district.clock.forward(hours=1)
    second = audits.run("second")

    with centre.database.read() as cursor:
        kept = last_report(cursor, centre.key.public)

    assert kept is not None
    assert kept.report == second
    assert kept.report.by == "second"


def test_a_kept_report_that_a_hand_has_changed_is_refused(district: District) -> None:
    audited(district)
    district.tamper("UPDATE audit_report SET payload = replace(payload, 'system', 'nobody')")

    with district.centre.database.read() as cursor, pytest.raises(BadSignature):
        last_report(cursor, district.centre.key.public)


def test_an_audit_in_the_background_comes_to_an_end_and_is_kept(district: District) -> None:
    audits = auditing(district)

    with ThreadPoolExecutor(1) as pool:
        audits.start("admin", pool, wait=30)

    assert not audits.running
    assert audits.failed is None
    with district.centre.database.read() as cursor:
        assert last_report(cursor, district.centre.key.public) is not None


def test_an_audit_ends_early_when_the_program_is_asked_to_end(district: District) -> None:
    district.office("school")
    audits = auditing(district)
    kept = audits.run("first")
    district.centre.signals.close()

    with pytest.raises(AuditStopped):
        audits.run("second")
    with ThreadPoolExecutor(1) as pool:
        audits.start("third", pool, wait=30)

    assert isinstance(audits.failed, AuditStopped)
    with district.centre.database.read() as cursor:
        last = last_report(cursor, district.centre.key.public)
    assert last is not None
    assert last.report == kept


def test_the_table_holds_every_finding_and_no_formula(district: District) -> None:
    school = district.office("school")
    school.register(2)
    report = audited(district)
    hostile = found("refused", Place("school", "=cmd|'/c calc'!A1", "@SUM(1)"), reason="+1")
    report = msgspec.structs.replace(report, findings=(*report.findings, hostile))

    data = as_csv(report)

    assert data.startswith(b"\xef\xbb\xbf")
    table = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert table[0][0] == "ระดับ"
    assert len(table) == 1 + len(report.findings)
    assert not [cell for row in table for cell in row if cell[:1] in ("=", "+", "-", "@")]
    assert table[1][:7] == [
        "critical",
        "number-missing",
        "school",
        "school",
        "incoming",
        "2569",
        "1",
    ]


def test_every_sentence_is_whole_in_both_languages() -> None:
    class Anything(dict[str, object]):
        def __missing__(self, key: str) -> object:
            return "x"

    for kind, (severity, thai, english) in KINDS.items():
        assert thai.format_map(Anything()), kind
        assert english.format_map(Anything()).endswith("."), kind
        assert severity in Severity
        assert len(thai) > 40, kind


@contextmanager
def _without_what_other_tests_left() -> Iterator[None]:
    """Keep the garbage collector from going through the memory of a long test run."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def test_an_audit_takes_hardly_longer_than_checking_the_signatures_alone(
    district: District,
) -> None:
    school = district.office("school", size=4_000)
    events = [
        school.write(
            LetterRegistered(
                register=Register.INCOMING, year=YEAR, number=number,
                subject=f"แจ้งกำหนดการประชุมผู้บริหารสถานศึกษา ครั้งที่ {number}",
                sender="สำนักงานเขตพื้นที่การศึกษาประถมศึกษาเชียงราย เขต 3",
                letter_no=f"ศธ 04123/{number}", letter_date="2026-11-20",
            )
        )
        for number in range(1, 3_001)
    ]  # fmt: skip
    documents = [event_document(event) for event in events]
    district.centre.store.commit(Insert(journal_database(school.node), documents))
    with _without_what_other_tests_left():
        began = time.process_time()
        for event in events:
            verify(school.key.public, EVENT, event.payload, event.signature)
        alone = time.process_time() - began

        began = time.process_time()
        report = audit(
            district.centre.store, centre=district.centre.key.public, clock=district.clock,
            by="test",
        )  # fmt: skip
        seconds = time.process_time() - began

    assert report.clean
    assert report.entries == 3_000
    # Work, not time on the wall: other tests run beside this one. Two processors halve the time.
    assert seconds <= 2 * alone
