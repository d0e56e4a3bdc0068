"""What else can go wrong with a backup of the centre; most is in :mod:`saraban_base.backup`."""

from saraban_base.backup.errors import NoSuchArchive


class NoSuchCentreBackup(NoSuchArchive):
    """The repository holds no such backup of a centre."""

    code = "SRB-470"
    thai = (
        "ไม่พบชุดสำรองของส่วนกลาง “{archive}” ในที่เก็บนี้ ไม่มีสิ่งใดถูกแก้ไข "
        "โปรดดูรายชื่อด้วยคำสั่ง saraban-central backup --list"
    )
    english = (
        "There is no backup of a centre called “{archive}” in this repository; nothing was "
        "changed. List those there are with: saraban-central backup --list"
    )
