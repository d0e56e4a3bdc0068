"""ผู้ใช้: accounts and rights; for administrators only."""

from litestar.handlers import HTTPRouteHandler

from saraban_base import accounts
from saraban_base.accounts import Account
from saraban_base.refusals import (
    FieldMissing,
    FieldTooLong,
    NotAChoice,
    UsernameInvalid,
    UsernameTaken,
)
from saraban_base.web.errors import status_of
from saraban_base.web.routes import act, page
from saraban_base.web.visit import Answer, Visit
from saraban_node import people
from saraban_node.people import ROLES
from saraban_node.web.office import ADMINISTRATORS, Office, actor
from saraban_sync.errors import SarabanError

_FIELD_OF = {
    UsernameInvalid: "username",
    UsernameTaken: "username",
    FieldTooLong: "name",
    NotAChoice: "roles",
}


class PeoplePages:
    """Shows and changes accounts."""

    def __init__(self, office: Office) -> None:
        self._node = office.node

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        one = "/people/{who:str}"
        return [
            page("/people", self.show, needs=ADMINISTRATORS),
            act("/people", self.add, needs=ADMINISTRATORS, slow=True),
            page(one, self.show_one, needs=ADMINISTRATORS),
            act(one, self.change, needs=ADMINISTRATORS),
            act(one + "/password", self.new_password, needs=ADMINISTRATORS, slow=True),
        ]

    def show(self, visit: Visit) -> Answer:
        """List everybody and what they may do."""
        return self._list(visit)

    def add(self, visit: Visit) -> Answer:
        """Make an account and show its one-time password, once."""
        form, node = visit.form, self._node
        try:
            with node.db.write() as write:
                made, password = people.add_person(
                    write,
                    node.journal,
                    visit.shell.passwords,
                    username=form.text("username"),
                    name=form.text("name"),
                    roles=frozenset(form.lists.get("roles", ())),
                    actor=actor(visit),
                )
        except SarabanError as problem:
            return self._list(visit, problem)
        return self._password(visit, made, password)

    def show_one(self, visit: Visit) -> Answer:
        """Show one account."""
        return self._one(visit)

    def change(self, visit: Visit) -> Answer:
        """Change name, rights, or whether the account is in use."""
        form, node = visit.form, self._node
        try:
            with node.db.write() as write:
                people.change_person(
                    write,
                    node.journal,
                    visit.part("who"),
                    name=form.text("name"),
                    roles=frozenset(form.lists.get("roles", ())),
                    active=form.text("active") == "yes",
                    actor=actor(visit),
                )
        except SarabanError as problem:
            return self._one(visit, problem)
        return visit.redirect("/people", said="saved")

    def new_password(self, visit: Visit) -> Answer:
        """Give a new one-time password and show it, once."""
        with self._node.db.write() as write:
            password = people.new_password(write, visit.shell.passwords, visit.part("who"))
            account = accounts.account(write.cursor, visit.part("who"))
        return self._password(visit, account, password)

    def _list(self, visit: Visit, problem: SarabanError | None = None) -> Answer:
        with self._node.db.read() as cursor:
            found = people.people(cursor)
        return visit.page(
            "people.html",
            status=status_of(problem) if problem else 200,
            people=found,
            roles=ROLES,
            typed=visit.form.fields,
            chosen=visit.form.lists.get("roles", ()),
            **_placed(problem),
        )

    def _one(self, visit: Visit, problem: SarabanError | None = None) -> Answer:
        with self._node.db.read() as cursor:
            account = accounts.account(cursor, visit.part("who"))
        return visit.page(
            "person.html",
            status=status_of(problem) if problem else 200,
            account=account,
            roles=ROLES,
            **_placed(problem),
        )

    def _password(self, visit: Visit, account: Account, password: str) -> Answer:
        return visit.page("one_time.html", account=account, password=password)


def _placed(problem: SarabanError | None) -> dict[str, object]:
    """Put a problem beside the field it concerns, or over the form."""
    field = _FIELD_OF.get(type(problem), "")  # type: ignore[arg-type] # None finds nothing
    if isinstance(problem, FieldMissing):
        field = problem.detail
    return {
        "problems": {field: problem} if field else {},
        "problem": None if field else problem,
    }
