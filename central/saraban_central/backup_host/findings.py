"""What can be wrong with a kept repository, in words for the centre's administrator."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong, or that stands in the way of compacting."""

    name: str
    what: str = ""
    """Backups concerned, or a number, ready to be read."""

    @property
    def grave(self) -> bool:
        """Whether backups are in danger; what is not grave only stands in compaction's way."""
        return self.name not in {"fresh-deletion", "no-drill", "key-changed"}

    def sentence(self, language: str = "en") -> str:
        """Say it."""
        thai, english = _WORDS[self.name]
        return (thai if language == "th" else english).format(what=self.what or "—")


_WORDS: Final = {
    "missing": (
        "ไม่พบที่เก็บซึ่งเคยมีอยู่ {what}",
        "The repository is gone that was there before: {what}.",
    ),
    "other": (
        "มีที่เก็บอื่นมาแทนที่เดิม {what}",
        "Another repository stands in the place of the known one: {what}.",
    ),
    "damaged": (
        "แฟ้มของที่เก็บเสียหาย {what}",
        "Files of the repository are damaged: {what}.",
    ),
    "turned-back": (
        "ที่เก็บถูกย้อนกลับไปก่อนครั้งที่ {what}",
        "The repository was turned back to before transaction {what}.",
    ),
    "vanished": (
        "ชุดสำรองที่ต้องเก็บไว้ถูกลบ: {what}",
        "Backups that must be kept were deleted: {what}.",
    ),
    "partly": (
        "ชุดสำรองที่ต้องเก็บไว้เหลือเพียงบางส่วน: {what}",
        "Of backups that must be kept only a part is left: {what}.",
    ),
    "never-came": (
        "เครื่องแจ้งว่าสำรองไว้ที่นี่แล้ว แต่ไม่เคยมาถึง: {what}",
        "The node says that it stored these here, and they never came: {what}.",
    ),
    "replaced": (
        "มีข้อมูลที่ถูกเขียนทับ ซึ่งโปรแกรมปกติไม่ทำ ({what} ชิ้น)",
        "Data was overwritten, which no honest program does ({what} pieces).",
    ),
    "list-short": (
        "สารบัญของที่เก็บสั้นกว่าจำนวนชุดสำรองที่มีอยู่ ({what})",
        "The repository's list of archives is shorter than the archives it has ({what}).",
    ),
    "key-changed": (
        "กุญแจในที่เก็บเปลี่ยนไปเมื่อ {what} (ปกติถ้าเครื่องเปลี่ยนรหัสผ่าน) สำเนาเดิมยังเก็บไว้",
        "The key in the repository changed at {what} (as when the node changes its passphrase); "
        "copies of the earlier one are kept.",
    ),
    "fresh-deletion": (
        "มีการลบเมื่อไม่นานนี้ ยังไม่ครบกำหนดรอ: {what}",
        "Something was deleted too recently; the delay is not over: {what}.",
    ),
    "no-drill": (
        "หลังการลบครั้งล่าสุด เครื่องยังไม่ได้ซ้อมกู้คืนจากที่เก็บนี้ได้ผลดี {what}",
        "Since the last deletion the node has not restored a backup from here in a drill: {what}.",
    ),
}
