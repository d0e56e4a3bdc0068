"""ผู้ใช้: the accounts of the centre; for administrators only."""

from litestar.handlers import HTTPRouteHandler

from saraban_base import accounts
from saraban_base.accounts import Account
from saraban_base.refusals import (
    FieldMissing,
    FieldTooLong,
    NotAChoice,
    UsernameInvalid,
    UsernameTaken,
    WebError,
)
from saraban_base.web.errors import status_of
from saraban_base.web.routes import act, page
from saraban_base.web.visit import Answer, Visit
from saraban_central import people
from saraban_central.people import AUDITOR, ROLES
from saraban_central.web.desk import ADMINS, Desk


class PeoplePages:
    """Shows and changes accounts."""

    def __init__(self, desk: Desk) -> None:
        self._db = desk.centre.database

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        one = "/people/{who:str}"
        return [
            page("/people", self.show, needs=ADMINS),
            act("/people", self.add, needs=ADMINS, slow=True),
            page(one, self.show_one, needs=ADMINS),
            act(one, self.change, needs=ADMINS),
            act(one + "/password", self.new_password, needs=ADMINS, slow=True),
        ]

    def show(self, visit: Visit) -> Answer:
        """List everybody and what they may do."""
        return self._list(visit)

    def add(self, visit: Visit) -> Answer:
        """Make an account and show its one-time password, once."""
        form = visit.form
        try:
            with self._db.write() as write:
                made, password = people.add_person(
                    write,
                    visit.shell.passwords,
                    username=form.text("username"),
                    name=form.text("name"),
                    role=form.text("role"),
                )
        except WebError as problem:
            return self._list(visit, problem)
        return visit.page("one_time.html", account=made, password=password)

    def show_one(self, visit: Visit) -> Answer:
        """Show one account."""
        return self._one(visit)

    def change(self, visit: Visit) -> Answer:
        """Change name, role, or whether the account is in use."""
        form = visit.form
        try:
            with self._db.write() as write:
                people.change_person(
                    write,
                    visit.part("who"),
                    name=form.text("name"),
                    role=form.text("role"),
                    active=form.text("active") == "yes",
                )
        except WebError as problem:
            return self._one(visit, problem)
        return visit.redirect("/people", said="saved")

    def new_password(self, visit: Visit) -> Answer:
        """Give a new one-time password and show it, once."""
        with self._db.write() as write:
            password = people.new_password(write, visit.shell.passwords, visit.part("who"))
            account = accounts.account(write.cursor, visit.part("who"))
        return visit.page("one_time.html", account=account, password=password)

    def _list(self, visit: Visit, problem: WebError | None = None) -> Answer:
        with self._db.read() as cursor:
            found = people.people(cursor)
        return visit.page(
            "people.html",
            status=status_of(problem) if problem else 200,
            people=found,
            roles=ROLES,
            typed={"role": AUDITOR, **visit.form.fields},
            **_placed(problem),
        )

    def _one(self, visit: Visit, problem: WebError | None = None) -> Answer:
        with self._db.read() as cursor:
            account: Account = accounts.account(cursor, visit.part("who"))
        return visit.page(
            "person.html",
            status=status_of(problem) if problem else 200,
            account=account,
            roles=ROLES,
            **_placed(problem),
        )


def _placed(problem: WebError | None) -> dict[str, object]:
    """Put a problem beside the field it concerns, or over the form."""
    match problem:
        case UsernameInvalid() | UsernameTaken():
            field = "username"
        case FieldTooLong():
            field = "name"
        case NotAChoice():
            field = "role"
        case FieldMissing(detail="name"):
            field = "name"
        case FieldMissing():
            field = "role"
        case _:
            field = ""
    return {
        "problems": {field: problem} if field else {},
        "problem": None if field else problem,
    }
