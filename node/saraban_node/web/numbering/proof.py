"""พิสูจน์ความครบถ้วนของเลข: every number of every range in one state, the odd ones by name."""

import threading
from typing import Final

from litestar.handlers import HTTPRouteHandler

from saraban_base.web.errors import status_of
from saraban_base.web.needs import PERSON
from saraban_base.web.routes import act, page
from saraban_base.web.visit import Answer, Visit
from saraban_node.appliance import Appliance
from saraban_node.numbering import prove
from saraban_node.numbering.prove import Proof
from saraban_node.people import CLERK
from saraban_node.web.office import Office
from saraban_node.web.problems import CheckRunning
from saraban_sync.errors import SarabanError
from saraban_sync.registers import buddhist_year
from saraban_sync.states import State

SHOWN: Final = 400
"""Greatest number of odd ones named for each series; all are in the register itself."""
COUNTED: Final = (
    State.ISSUED, State.RESERVED, State.VOID, State.EXPIRED, State.SKIPPED, State.RETURNED,
    State.UNUSED, State.MISSING,
)  # fmt: skip


class ProofPage:
    """Shows the proof."""

    def __init__(self, office: Office) -> None:
        self._node = office.node
        self._one_check = threading.Lock()

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        return [
            page("/proof", self.show, needs=PERSON),
            act("/proof/check", self.check, needs=PERSON, slow=True),
        ]

    def show(self, visit: Visit) -> Answer:
        """Prove a year from the registers."""
        year = self._year(visit.query.get("year", ""))
        with self._node.db.read() as cursor:
            proof = prove.prove(cursor, year=year)
        return self._show(visit, proof, year)

    def check(self, visit: Visit) -> Answer:
        """Prove it again from the signed journal alone, which takes a while.

        Raises:
            CheckRunning: one check at a time.
        """
        year = self._year(visit.form.text("year"))
        if not self._one_check.acquire(blocking=False):
            raise CheckRunning("another proof is running")
        try:
            proof = from_journal(self._node, year)
        except SarabanError as problem:
            with self._node.db.read() as cursor:
                plain = prove.prove(cursor, year=year)
            return self._show(visit, plain, year, problem=problem)
        finally:
            self._one_check.release()
        return self._show(visit, proof, year)

    def _show(
        self, visit: Visit, proof: Proof, year: int, *, problem: SarabanError | None = None
    ) -> Answer:
        with self._node.db.read() as cursor:
            years = sorted({key[1] for key in prove.series(cursor)} | {year}, reverse=True)
        return visit.page(
            "proof.html",
            status=status_of(problem) if problem else 200,
            proof=proof,
            year=year,
            years=years,
            counted=[state for state in COUNTED if _occurs(proof, state)],
            most=SHOWN,
            clerk=CLERK in visit.person.roles,
            problem=problem,
        )

    def _year(self, text: str) -> int:
        if text.isascii() and text.isdecimal() and len(text) == 4:
            return int(text)
        return buddhist_year(self._node.clock.now())


def from_journal(node: Appliance, year: int | None) -> Proof:
    """Prove from the registers and from the journal alone, in one moment of the database.

    Raises:
        BrokenChain: the journal is not what this node signed.
    """
    with node.db.read() as cursor:
        proof = prove.prove(cursor, year=year)
        return prove.from_journal(cursor, proof, key=node.journal.key.public, year=year)


def _occurs(proof: Proof, state: State) -> bool:
    """Tell whether a column is worth showing; missing numbers only when there are some."""
    if state is State.MISSING:
        return any(state in one.account.counts for one in proof.series)
    return True
