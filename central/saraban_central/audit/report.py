"""The auditor's report: one frozen record, signed by the centre, as JSON and as CSV."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from saraban_central.audit.findings import Finding
from saraban_central.audit.kinds import Severity
from saraban_sync import signing
from saraban_sync.body import Signed
from saraban_sync.errors import Unintelligible
from saraban_sync.events import canonical
from saraban_sync.signing import SigningKey

VERSION: Final = 1


class NodeResult(msgspec.Struct, frozen=True, kw_only=True):
    """One journal, from its first event to its last."""

    node: str
    active: bool
    events: int
    last: str
    """Id of the last event; empty for a journal without any."""
    hash: str
    """SHA-256 of the last event's payload: who keeps this line can prove later what was here."""
    chain_ok: bool


class OfficeResult(msgspec.Struct, frozen=True, kw_only=True):
    """One office."""

    office: str
    name: str
    nodes: tuple[NodeResult, ...]
    entries: int
    void: int
    unexplained_numbers: int
    chain_ok: bool
    critical: int
    serious: int
    notice: int
    states: dict[str, int] = {}
    """How many granted numbers are in each state, by :class:`saraban_sync.states.State`."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit of the whole district found."""

    v: int
    centre: str
    """The centre's public key."""
    generation: int
    at: str
    by: str
    """User name of who asked for it, or ``system``."""
    program: str
    milliseconds: int
    events: int
    entries: int
    letters_sent: int
    """Letters times receivers."""
    letters_arrived: int
    letters_registered: int
    unexplained_numbers: int
    chain_ok: bool
    conflicts: int
    offices: tuple[OfficeResult, ...]
    findings: tuple[Finding, ...]

    @property
    def clean(self) -> bool:
        """Whether every chain is proven, every number explained, and nothing critical was found."""
        critical = any(one.severity is Severity.CRITICAL for one in self.findings)
        return self.chain_ok and not self.unexplained_numbers and not critical

    def count(self, severity: Severity) -> int:
        """Count the findings of one weight."""
        return Counter(one.severity for one in self.findings)[severity]


_decoder: Final = msgspec.json.Decoder(Report)


def sign_report(key: SigningKey, report: Report) -> Signed:
    """Sign a report with the centre's key; its bytes are canonical JSON."""
    payload = canonical(report)
    return Signed(p=payload.decode("utf-8"), s=key.sign(signing.REPORT, payload))


def read_report(text: Signed, centre: str) -> Report:
    """Check and read a report.

    Args:
        text: the signed document.
        centre: the centre's public key.

    Raises:
        BadSignature: the centre did not sign it, or it was changed since.
        Unintelligible: it is no report.
    """
    payload = text.p.encode("utf-8")
    signing.verify(centre, signing.REPORT, payload, text.s)
    try:
        return _decoder.decode(payload)
    except msgspec.DecodeError as wrong:
        raise Unintelligible(f"no report: {wrong}") from wrong


_HEAD: Final = (
    ("severity", "ระดับ"), ("kind", "ประเภท"), ("office", "หน่วยงาน"), ("node", "เครื่อง"),
    ("register", "ทะเบียน"), ("year", "ปี พ.ศ."), ("number", "เลข"), ("last", "ถึงเลข"),
    ("event", "เหตุการณ์"), ("since", "ตั้งแต่ (UTC)"), ("thai", "ข้อค้นพบ"),
    ("english", "Finding"),
)  # fmt: skip


def as_csv(report: Report) -> bytes:
    """Write the findings as a table that a spreadsheet opens, and never takes for formulas."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(head for _, head in _HEAD)
    for finding in report.findings:
        table.writerow(_cells(finding))
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8")  # the mark lets Excel read Thai


def _cells(finding: Finding) -> Iterable[str]:
    for name, _ in _HEAD:
        value = getattr(finding, name)
        yield "" if value == 0 else _harmless(str(value))


def _harmless(text: str) -> str:
    """Keep a spreadsheet from running what a hostile office wrote as a subject or a code."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text
