"""What can keep an audit from its end, in words for the administrator."""

from saraban_sync.errors import SarabanError


class AuditStopped(SarabanError):
    """The program was asked to end while an audit was under way."""

    code = "SRB-250"
    thai = "การตรวจสอบหยุดกลางคันเพราะโปรแกรมถูกปิด ผลครั้งก่อนยังอยู่ โปรดสั่งตรวจสอบใหม่"
    english = (
        "The audit was stopped because the program was asked to end. "
        "The last result is kept; run the audit again."
    )


class NoReportYet(SarabanError):
    """There is no report to give."""

    code = "SRB-251"
    thai = "ยังไม่มีรายงานการตรวจสอบให้ดาวน์โหลด โปรดสั่งตรวจสอบก่อน"
    english = "There is no audit report yet. Run an audit first."
