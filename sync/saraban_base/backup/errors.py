"""What can go wrong with a backup, in sentences for the person who has to put it right."""

from saraban_sync.errors import SarabanError


class BackupProblem(SarabanError):
    """A backup or a restore did not succeed."""

    code = "SRB-400"
    thai = (
        "สำรองหรือกู้คืนข้อมูลไม่สำเร็จ ข้อมูลในเครื่องยังอยู่ครบและใช้งานต่อได้ "
        "โปรดลองอีกครั้ง หากยังไม่ได้ ให้แจ้งผู้ดูแลระบบพร้อมรหัสนี้"
    )
    english = (
        "The backup or restore did not succeed. The data on this machine is safe and work can go "
        "on. Try once more; if it fails again, give this code to the administrator."
    )


class RepositoryMissing(BackupProblem):
    """The repository is not where it was: most often the stick is not plugged in."""

    code = "SRB-401"
    thai = (
        "ไม่พบที่เก็บข้อมูลสำรอง {repository} ข้อมูลในเครื่องยังอยู่ครบ โปรดเสียบแฟลชไดรฟ์หรือต่อดิสก์สำรอง แล้วสั่งใหม่"
    )
    english = (
        "The backup repository {repository} is not there. The data on this machine is safe. "
        "Plug in the stick or disk that holds it, then try again."
    )


class WrongPassphrase(BackupProblem):
    """The passphrase does not open the repository."""

    code = "SRB-402"
    thai = (
        "รหัสผ่านของชุดสำรองไม่ถูกต้อง ไม่มีสิ่งใดถูกแก้ไข โปรดตรวจแฟ้มรหัสผ่าน {file} "
        "ว่าเป็นของเครื่องนี้และคัดลอกมาครบทุกตัวอักษร แล้วสั่งใหม่"
    )
    english = (
        "The backup passphrase is wrong; nothing was changed. Check that the file {file} belongs "
        "to this node and holds every character, then try again."
    )


class RepositoryFull(BackupProblem):
    """There is no room left for the backup."""

    code = "SRB-403"
    thai = (
        "เนื้อที่สำหรับสำรองข้อมูลเต็ม ({repository}) ชุดสำรองเดิมยังใช้ได้และข้อมูลในเครื่องยังอยู่ครบ "
        "โปรดเพิ่มเนื้อที่หรือใช้แฟลชไดรฟ์ที่ใหญ่กว่า แล้วสั่งใหม่"
    )
    english = (
        "There is no room left for the backup ({repository}). Earlier backups and the data on this "
        "machine are safe. Free some space or use a larger stick, then try again."
    )


class RepositoryLocked(BackupProblem):
    """Something else uses the repository, or a machine that is gone left its lock."""

    code = "SRB-404"
    thai = (
        "ที่เก็บข้อมูลสำรองกำลังถูกใช้อยู่ ({holder}) ไม่มีสิ่งใดถูกแก้ไข โปรดรอแล้วสั่งใหม่ "
        "หากแน่ใจว่าไม่มีเครื่องอื่นใช้อยู่ ให้สั่งพร้อม --break-lock"
    )
    english = (
        "The backup repository is in use ({holder}); nothing was changed. Wait and try again. "
        "If you are sure that no other machine uses it, add --break-lock."
    )


class RepositoryDamaged(BackupProblem):
    """The repository's content is not what was written into it."""

    code = "SRB-405"
    thai = (
        "ที่เก็บข้อมูลสำรองเสียหาย ({repository}) ข้อมูลในเครื่องยังอยู่ครบ โปรดเก็บสื่อนี้ไว้ อย่าลบ "
        "สำรองลงแฟลชไดรฟ์อันใหม่ทันที แล้วแจ้งผู้ดูแลระบบ"
    )
    english = (
        "The backup repository is damaged ({repository}). The data on this machine is safe. Keep "
        "this medium, back up to a new one at once, and tell the administrator."
    )


class BorgTooOld(BackupProblem):
    """The installed borg is too old to be safe, or missing."""

    code = "SRB-406"
    thai = (
        "โปรแกรม borg ที่ติดตั้งไว้เก่าเกินไปหรือใช้ไม่ได้ ({found}) จึงยังไม่ได้สำรองข้อมูล "
        "ข้อมูลในเครื่องยังอยู่ครบ โปรดให้ช่างสั่ง scripts/run เพื่อติดตั้งรุ่นที่ถูกต้อง"
    )
    english = (
        "The installed borg is too old or does not work ({found}), so no backup was made. The data "
        "on this machine is safe. Let the technician run scripts/run to install the right one."
    )


class BackupTimedOut(BackupProblem):
    """It took longer than allowed and was stopped."""

    code = "SRB-407"
    thai = (
        "การสำรองข้อมูลใช้เวลานานเกิน {seconds} วินาที ระบบจึงหยุดไว้ ข้อมูลในเครื่องยังอยู่ครบ "
        "โปรดตรวจว่าแฟลชไดรฟ์หรือดิสก์ยังทำงานปกติ แล้วสั่งใหม่"
    )
    english = (
        "The backup took more than {seconds} seconds and was stopped. The data on this machine is "
        "safe. Check that the stick or disk still works, then try again."
    )


class BackupCancelled(BackupProblem):
    """Somebody or something stopped it half-way."""

    code = "SRB-408"
    thai = "การสำรองข้อมูลถูกหยุดก่อนเสร็จ ชุดสำรองเดิมยังใช้ได้และข้อมูลในเครื่องยังอยู่ครบ โปรดสั่งใหม่เมื่อพร้อม"
    english = (
        "The backup was stopped before it was finished. Earlier backups and the data on this "
        "machine are safe; start it again when you are ready."
    )


class BackupRunning(BackupProblem):
    """Another backup of this node is running."""

    code = "SRB-409"
    thai = "กำลังสำรองข้อมูลของเครื่องนี้อยู่แล้ว โปรดรอให้เสร็จ แล้วดูผลที่หน้า “สำรองข้อมูล”"
    english = (
        "A backup of this node is already running. Wait until it has finished, then look at its "
        "result on the Backup page."
    )


class SourceMissing(BackupProblem):
    """Something that must be backed up is not there, or changed while it was read."""

    code = "SRB-410"
    thai = (
        "แฟ้มที่ต้องสำรองหายไปหรือเปลี่ยนระหว่างอ่าน ({what}) จึงไม่นับว่าสำรองแล้ว ชุดสำรองเดิมยังใช้ได้ "
        "โปรดสั่งใหม่ หากยังเป็นอีก ให้แจ้งผู้ดูแลระบบ"
    )
    english = (
        "Something to be backed up is missing or changed while it was read ({what}), so this does "
        "not count as a backup. Earlier ones are safe. Try again; if it happens again, tell the "
        "administrator."
    )


class SnapshotBad(BackupProblem):
    """The copy that was to be backed up did not pass its checks."""

    code = "SRB-411"
    thai = (
        "ข้อมูลที่จะสำรองไม่ผ่านการตรวจ ({what}) จึงไม่นับว่าสำรองแล้ว ชุดสำรองเดิมยังใช้ได้ "
        "โปรดหยุดออกเลขและแจ้งผู้ดูแลระบบทันที"
    )
    english = (
        "What was to be backed up did not pass its checks ({what}), so this does not count as a "
        "backup. Earlier ones are safe. Stop issuing numbers and tell the administrator at once."
    )


class Shrunken(BackupProblem):
    """The database holds less than the last good backup did."""

    code = "SRB-412"
    thai = (
        "ฐานข้อมูลมีรายการน้อยกว่าชุดสำรองครั้งก่อน ({what}) อาจเป็นฐานข้อมูลใหม่หรือชุดเก่า "
        "จึงไม่นับว่าสำรองแล้ว ชุดสำรองเดิมยังใช้ได้ โปรดหยุดออกเลขและแจ้งผู้ดูแลระบบทันที"
    )
    english = (
        "The database holds less than the last backup ({what}); it may be a new or an old one, so "
        "this does not count as a backup. Earlier ones are safe. Stop issuing numbers and tell the "
        "administrator at once."
    )


class NoSuchArchive(BackupProblem):
    """The repository holds no such backup."""

    code = "SRB-413"
    thai = "ไม่พบชุดสำรอง “{archive}” ในที่เก็บนี้ โปรดดูรายชื่อด้วยคำสั่ง saraban-node backup --list"
    english = (
        "There is no backup “{archive}” in this repository. "
        "List those there are with: saraban-node backup --list"
    )


class TargetNotEmpty(BackupProblem):
    """A restore goes only into an empty folder."""

    code = "SRB-414"
    thai = "โฟลเดอร์ {folder} มีข้อมูลอยู่แล้ว ไม่มีสิ่งใดถูกเขียนทับ โปรดเลือกโฟลเดอร์ว่างสำหรับกู้คืน"
    english = (
        "The folder {folder} is not empty; nothing in it was touched. "
        "Choose an empty folder to restore into."
    )


class RestoredBad(BackupProblem):
    """What came back did not pass its checks."""

    code = "SRB-415"
    thai = (
        "ข้อมูลที่กู้คืนไม่ผ่านการตรวจ ({what}) จึงยังไม่ได้เปิดใช้ ข้อมูลอยู่ที่ {folder} เพื่อตรวจสอบ "
        "โปรดลองชุดสำรองก่อนหน้า หรือแจ้งผู้ดูแลระบบ"
    )
    english = (
        "What was restored did not pass its checks ({what}) and is not put to use; it was left in "
        "{folder} for inspection. Try an earlier backup, or tell the administrator."
    )


class RepositoryReplaced(BackupProblem):
    """Another repository stands where ours was, or ours has been turned back or moved."""

    code = "SRB-416"
    thai = (
        "ที่เก็บข้อมูลสำรอง {repository} ไม่ใช่ชุดเดิมของเครื่องนี้ (ย้ายที่ ถูกเปลี่ยน หรือถูกย้อนกลับ) "
        "ไม่มีสิ่งใดถูกแก้ไข โปรดเสียบแฟลชไดรฟ์อันเดิมที่ช่องเดิม หรือแจ้งผู้ดูแลระบบ"
    )
    english = (
        "The repository {repository} is not the one this node knows: it was moved, replaced or "
        "turned back. Nothing was changed. Plug in the stick that was used before, at the same "
        "place, or tell the administrator."
    )


class RepositoryUnusable(BackupProblem):
    """A place that cannot hold a repository."""

    code = "SRB-417"
    thai = (
        "ใช้ {repository} เก็บข้อมูลสำรองไม่ได้ ({why}) ไม่มีสิ่งใดถูกแก้ไข "
        "โปรดเลือกโฟลเดอร์อื่นที่เขียนได้ และชื่อไม่มีวงเล็บปีกกาหรือเครื่องหมาย ::"
    )
    english = (
        "{repository} cannot hold backups ({why}). Nothing was changed. Choose another folder that "
        "can be written and whose name has no curly brackets and no double colon."
    )


class PassphraseMissing(BackupProblem):
    """There is no passphrase to open the repository with."""

    code = "SRB-418"
    thai = "ไม่พบรหัสผ่านของชุดสำรองในแฟ้ม {file} ไม่มีสิ่งใดถูกแก้ไข โปรดนำแฟ้มรหัสผ่านที่เก็บแยกไว้มาวาง แล้วสั่งใหม่"
    english = (
        "There is no backup passphrase in the file {file}. Nothing was changed. "
        "Bring the passphrase file that is kept elsewhere, then try again."
    )


class LineCut(BackupProblem):
    """The line to the centre was cut, or the centre does not answer."""

    code = "SRB-419"
    thai = (
        "สายไปยังที่เก็บข้อมูลสำรองของส่วนกลางขาดหรือไม่ตอบ ({repository}) ข้อมูลในเครื่องและชุดสำรองเดิมยังอยู่ครบ "
        "ระบบจะลองใหม่เองเมื่อมีสัญญาณ ระหว่างนี้โปรดสำรองลงแฟลชไดรฟ์"
    )
    english = (
        "The line to the centre's backups was cut or does not answer ({repository}). The data on "
        "this machine and earlier backups are safe. It is tried again by itself when there is a "
        "line; meanwhile back up to a stick."
    )


class StrangeHost(BackupProblem):
    """Another machine answers where the centre's was."""

    code = "SRB-420"
    thai = (
        "เครื่องที่ตอบที่ {repository} ไม่ใช่เครื่องของส่วนกลางที่รู้จัก ไม่มีข้อมูลใดถูกส่งไป "
        "โปรดโทรถามส่วนกลางว่าเปลี่ยนเครื่องหรือไม่ ก่อนรับกุญแจใหม่ของเครื่องนั้น"
    )
    english = (
        "The machine that answers at {repository} is not the centre's that is known. Nothing was "
        "sent. Telephone the centre and ask whether it was changed before its new key is accepted."
    )


class NotLetIn(BackupProblem):
    """The centre does not know this node's key for backups."""

    code = "SRB-421"
    thai = (
        "ส่วนกลางไม่รับกุญแจสำรองข้อมูลของเครื่องนี้ ({repository}) ข้อมูลในเครื่องและชุดสำรองเดิมยังอยู่ครบ "
        "โปรดแจ้งส่วนกลางให้เพิ่มกุญแจนี้ แล้วสั่งใหม่"
    )
    english = (
        "The centre does not accept this node's key for backups ({repository}). The data on this "
        "machine and earlier backups are safe. Ask the centre to add the key, then try again."
    )


class NotAtCentre(RepositoryMissing):
    """The centre answers, and has no repository of this node."""

    code = "SRB-422"
    thai = (
        "ส่วนกลางไม่มีที่เก็บข้อมูลสำรองของเครื่องนี้ที่ {repository} แล้ว ข้อมูลในเครื่องยังอยู่ครบ "
        "ระบบไม่สร้างใหม่แทนของเดิมเอง โปรดโทรแจ้งส่วนกลาง และสำรองลงแฟลชไดรฟ์ไว้ก่อน"
    )
    english = (
        "The centre has no repository of this node at {repository} any more. The data on this "
        "machine is safe; a known repository is never made anew by itself. Telephone the centre, "
        "and back up to a stick meanwhile."
    )


class NoSuchPlace(BackupProblem):
    """The settings name no such place for backups."""

    code = "SRB-423"
    thai = "ไม่มีที่เก็บข้อมูลสำรองชื่อ “{place}” ในการตั้งค่า ไม่มีสิ่งใดถูกแก้ไข ที่มีอยู่คือ {known}"
    english = (
        "The settings name no place for backups “{place}”. Nothing was changed. There are: {known}."
    )
