"""Names of registers and states as the regulation and the clerk say them."""

from typing import Final

from saraban_sync.registers import Register

REGISTER_THAI: Final = {
    Register.INCOMING: "ทะเบียนหนังสือรับ",
    Register.OUTGOING: "ทะเบียนหนังสือส่ง",
}
REGISTER_ENGLISH: Final = {
    Register.INCOMING: "incoming",
    Register.OUTGOING: "outgoing",
}
