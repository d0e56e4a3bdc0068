"""Letters as a school really gets and writes them, as many as a test or a bench needs.

Everything is invented and put together from parts: sentences x topics x places x people x dates.
Three hundred thousand letters hardly repeat a subject, yet they are as alike as real ones are: the
area office writes most of them, circulars share a phrase, numbers share a prefix. So bytes per
letter and the speed of a search measured with them mean something. The same seed gives the same.
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Final, TypedDict

from saraban_sync.ids import OfficeCode
from saraban_sync.registers import Register, Urgency
from saraban_sync.thai import MONTHS, long_date, short_date, thai_digits
from tests import letter_words as words

_SLOT: Final = re.compile(r"\{(\w+)\}")
_URGENCIES: Final = (Urgency.NORMAL, Urgency.URGENT, Urgency.VERY_URGENT, Urgency.MOST_URGENT)
_FIRST_DAY: Final = date(2025, 1, 1)
_DAYS: Final = 690
_HAVE_THAI_DIGITS: Final = 0.3
_SHORT: Final = 85
_HAVE_TAIL: Final = 0.75


class LetterFields(TypedDict):
    """What both ``ImportedLetter`` and ``NewLetter`` take by these names."""

    register: Register
    subject: str
    sender: str
    recipient: str
    letter_no: str
    letter_date: date | None
    action: str
    remark: str
    urgency: Urgency
    offices: tuple[OfficeCode, ...]


def letters(
    seed: int, count: int, *, register: Register | None = None, office: str = "area-1"
) -> Iterator[LetterFields]:
    """Give letters of one invented school.

    Args:
        seed: the same seed gives the same letters.
        count: how many.
        register: only letters of this register; both when None, seven in ten incoming.
        office: the code that part of the outgoing letters are sent to.
    """
    world = _World(random.Random(seed), OfficeCode(office))
    for _ in range(count):
        yield world.letter(register)


class _World:
    """A school, the offices around it, and the chance that makes its letters."""

    def __init__(self, chance: random.Random, office: OfficeCode) -> None:
        self._chance = chance
        self._office = office
        self._area = f"สพป.{self._name()} เขต {chance.randint(1, 4)}"
        self._code = f"ศธ 04{chance.randint(100, 399)}"
        self._school = f"โรงเรียน{self._place()}"
        self._school_code = f"{self._code}.{chance.randint(1, 180)}"
        self._around = [self._agency() for _ in range(60)]
        self._slots: dict[str, Callable[[], str]] = {
            "topic": lambda: self._one(words.TOPIC_FRONT) + self._one(words.TOPIC_BACK),
            "project": lambda: self._one(words.PROJECT_FRONT) + self._one(words.PROJECT_BACK),
            "place": self._place,
            "school": lambda: f"โรงเรียน{self._place()}",
            "person": self._person,
            "date": self._date,
            "year": lambda: str(chance.choice((2567, 2568, 2568, 2569, 2569, 2569, 2570))),
            "n": lambda: str(chance.randint(1, 60)),
            "money": lambda: f"{chance.randrange(500, 480_000, 50):,}",
            "grade": lambda: self._one(words.GRADES),
            "group": lambda: self._one(words.GROUPS),
            "thing": lambda: self._one(words.THINGS),
            "role": lambda: self._one(words.ROLES),
            "reason": lambda: self._one(words.REASONS),
            "theme": self._theme,
            "phone": lambda: f"{chance.randint(300, 399)} {chance.randint(1000, 9999)}",
            "month": lambda: self._one(MONTHS),
            "agency": lambda: self._agency()[0],
            "ref": lambda: f"{self._code}/{chance.randint(1, 5_800)}",
            "time": lambda: f"{chance.randint(8, 16):02d}.{chance.choice((0, 0, 15, 30, 45)):02d}",
        }

    def letter(self, register: Register | None) -> LetterFields:
        chance = self._chance
        if register is None:
            register = Register.INCOMING if chance.random() < 0.7 else Register.OUTGOING
        coming = register is Register.INCOMING
        from_area = chance.random() < 0.62
        other, number = (self._area, self._area_number()) if from_area else self._neighbour()
        subject = self._subject(words.INCOMING if coming else words.OUTGOING)
        day = _FIRST_DAY + timedelta(days=chance.randrange(_DAYS))
        return LetterFields(
            register=register,
            subject=self._digits(subject),
            sender=other if coming else self._school,
            recipient=self._recipient(number) if coming else self._addressed(other, number),
            letter_no=self._digits(number if coming else self._own_number()),
            letter_date=day if chance.random() < 0.97 else None,
            action=self._filled(words.ACTIONS) if chance.random() < 0.6 else "",
            remark=self._filled(words.REMARKS) if chance.random() < 0.12 else "",
            urgency=chance.choices(_URGENCIES, (78, 12, 6, 4))[0],
            offices=() if coming or not from_area else (self._office,),
        )

    def _one(self, many: Sequence[str]) -> str:
        return self._chance.choice(many)

    def _filled(self, sentences: Sequence[str]) -> str:
        return _SLOT.sub(lambda slot: self._slots[slot[1]](), self._one(sentences))

    def _subject(self, sentences: Sequence[str]) -> str:
        subject = self._filled(sentences)
        if len(subject) < _SHORT and self._chance.random() < _HAVE_TAIL:
            subject = f"{subject} {self._filled(words.TAILS)}"
        return subject

    def _digits(self, text: str) -> str:
        return thai_digits(text) if self._chance.random() < _HAVE_THAI_DIGITS else text

    def _name(self) -> str:
        return self._one(words.PLACE_FRONT) + self._one(words.PLACE_BACK)

    def _place(self) -> str:
        return self._one(("บ้าน", "บ้าน", "บ้าน", "วัด", "ชุมชนบ้าน", "")) + self._name()

    def _theme(self) -> str:
        """Words that stand together nowhere else: the long tail of every real register."""
        fronts = (words.PLACE_FRONT, words.SURNAME_FRONT)
        backs = (words.PLACE_BACK, words.SURNAME_BACK, words.PROJECT_BACK)
        pairs = self._chance.randint(2, 3)
        return "".join(
            self._one(self._chance.choice(fronts)) + self._one(self._chance.choice(backs))
            for _ in range(pairs)
        )

    def _person(self) -> str:
        surname = self._one(words.SURNAME_FRONT) + self._one(words.SURNAME_BACK)
        return f"{self._one(words.FIRST_NAMES)} {surname}"

    def _date(self) -> str:
        day = _FIRST_DAY + timedelta(days=self._chance.randrange(_DAYS))
        return (long_date if self._chance.random() < 0.7 else short_date)(day, thai=False)

    def _agency(self) -> tuple[str, str]:
        kind, code = self._chance.choice(words.AGENCIES)
        return f"{kind}{self._name()}", f"{code} {self._chance.randint(100, 99_999)}"

    def _neighbour(self) -> tuple[str, str]:
        if self._chance.random() < 0.2:
            return self._person(), ""
        known = self._chance.random() < 0.8
        agency, code = self._chance.choice(self._around) if known else self._agency()
        circular = "ว " if self._chance.random() < 0.35 else ""
        return agency, f"{code}/{circular}{self._chance.randint(1, 2_400)}"

    def _area_number(self) -> str:
        circular = self._one(("ว", "ว ", "ว ", ""))
        return f"{self._code}/{circular}{self._chance.randint(1, 5_800)}"

    def _own_number(self) -> str:
        circular = "ว " if self._chance.random() < 0.1 else ""
        return f"{self._school_code}/{circular}{self._chance.randint(1, 900)}"

    def _recipient(self, number: str) -> str:
        return self._one(words.EVERYBODY) if "ว" in number else f"ผู้อำนวยการ{self._school}"

    def _addressed(self, other: str, number: str) -> str:
        return f"{self._one(('หัวหน้า', 'ผู้อำนวยการ', ''))}{other}" if number else other
