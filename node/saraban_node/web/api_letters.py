"""Letters in the JSON API: register, list, find, one letter, its files, what is done with it."""

from io import BytesIO
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter

from saraban_base.refusals import BadRequest
from saraban_base.sqlite import Cursor
from saraban_base.web.forms import Upload
from saraban_base.web.routes import serve
from saraban_base.web.visit import Answer, AnyRequest, Visit
from saraban_node.books import (
    drafts,
    entries,
    history,
    letters,
    registers,
    search,
)
from saraban_node.books.entries import Entry
from saraban_node.books.letters import NewLetter, register_letter
from saraban_node.books.registers import RegisterQuery
from saraban_node.books.uploads import put_upload
from saraban_node.errors import FileMissing, NoSuchEntry
from saraban_node.line import deliveries
from saraban_node.numbering import emergency
from saraban_node.web import letter_form, receipts
from saraban_node.web.api_types import (
    FilesToAdd,
    FileToAttach,
    LetterList,
    LetterToRegister,
    Note,
    Reason,
    WholeLetter,
    act_of,
    letter_of,
    receiver_of,
)
from saraban_node.web.letter import give_file
from saraban_node.web.office import CLERKS, Office, actor
from saraban_node.web.problems import FormAlreadySent, KeyMissing
from saraban_sync.body import FileRef
from saraban_sync.ids import EventId, OfficeCode
from saraban_sync.registers import Register, buddhist_year

Limit = Annotated[int, QueryParameter(ge=1, le=registers.MAX_PAGE)]


class LetterApi:
    """Letters for programs."""

    def __init__(self, office: Office) -> None:
        self._node = office.node

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        most = self._node.config.file_most_megabytes * 1024 * 1024 + 1024
        all_, one = "/api/v1/letters", "/api/v1/letters/{entry:str}"
        tags = ["letters"]
        return [
            post(all_, needs=CLERKS, tags=tags)(self.register),
            get(all_, needs=CLERKS, tags=tags)(self.list_),
            get(one, needs=CLERKS, tags=tags)(self.one),
            post(one + "/void", needs=CLERKS, tags=tags, status_code=200)(self.void),
            post(one + "/note", needs=CLERKS, tags=tags, status_code=200)(self.note),
            post(one + "/files", needs=CLERKS, tags=tags, status_code=200)(self.add_files),
            get(one + "/files/{content:str}", needs=CLERKS, tags=tags)(self.download),
            post("/api/v1/files", needs=CLERKS, tags=tags, request_max_body_size=most)(self.upload),
            get("/api/v1/search", needs=CLERKS, tags=tags)(self.search),
        ]

    async def register(
        self,
        request: AnyRequest,
        data: JSONBody[LetterToRegister],
        key: Annotated[str, HeaderParameter(name="Idempotency-Key")] = "",
    ) -> Response[bytes]:
        """Give a letter its number. The same Idempotency-Key again gives the same letter."""

        def work(visit: Visit) -> Response[bytes]:
            if not 8 <= len(key) <= 100:
                raise KeyMissing(f"{len(key)} characters")
            node, form = self._node, f"api:{visit.person.person}:{key}"
            with node.db.read() as cursor:
                known = drafts.sent_as(cursor, form)
            letter = self._letter(data, new=known is None)
            if known is None:
                receipts.look(visit, node)
            who, take = actor(visit), emergency.register if data.emergency else register_letter
            entry = visit.shell.lane.write(
                lambda write: take(write, node.journal, letter, actor=who, form=form)
            )
            if known is not None and not letter_form.same_letter(entry, letter):
                raise FormAlreadySent(entry.id, number=entry.number)
            answer = Response(
                msgspec.json.encode(letter_of(entry)),
                status_code=201 if known is None else 200,
                media_type="application/json",
                headers={"location": f"/api/v1/letters/{entry.id}"},
            )
            receipts.note(visit, answer, node, entry)
            return answer

        return await serve(request, work)

    async def list_(
        self,
        request: AnyRequest,
        *,
        register: FromQuery[Register] = Register.INCOMING,
        year: FromQuery[int] = 0,
        text: FromQuery[str] = "",
        in_state: Annotated[str, QueryParameter(name="state")] = "",
        urgency: FromQuery[str] = "",
        before: FromQuery[int | None] = None,
        limit: Limit = 50,
    ) -> LetterList:
        """List a register and year, newest first."""
        asked = RegisterQuery(
            register=register,
            year=year or buddhist_year(self._node.clock.now()),
            text=text,
            state=in_state,
            urgency=urgency,
            before=before,
            limit=limit,
        )

        def work(_: Visit) -> LetterList:
            with self._node.db.read() as cursor:
                found = registers.page(cursor, asked)
            more = found[-1].number if len(found) == limit else None
            return LetterList(letters=tuple(letter_of(entry) for entry in found), before=more)

        return await serve(request, work)

    async def search(
        self,
        request: AnyRequest,
        q: FromQuery[str],
        before: FromQuery[int | None] = None,
        limit: Limit = 50,
    ) -> LetterList:
        """Find letters by words, newest first."""

        def work(_: Visit) -> LetterList:
            with self._node.db.read() as cursor:
                seqs = search.find(cursor, q, limit=limit, before=before)
                found = [entries.by_seq(cursor, seq) for seq in seqs]
            return LetterList(
                letters=tuple(letter_of(entry) for entry in found if entry is not None),
                before=seqs[-1] if len(seqs) == limit else None,
            )

        return await serve(request, work)

    async def one(self, request: AnyRequest, entry: FromPath[str]) -> WholeLetter:
        """Give one letter with files, history and deliveries."""
        return await serve(request, lambda _: self._whole(EventId(entry)))

    async def void(
        self, request: AnyRequest, entry: FromPath[str], data: JSONBody[Reason]
    ) -> WholeLetter:
        """Cancel a number; it stays in the register and is never given again."""

        def work(visit: Visit) -> WholeLetter:
            name = EventId(entry)
            with self._node.db.write() as write:
                letters.void_entry(
                    write, self._node.journal, name, reason=data.reason, actor=actor(visit)
                )
            return self._whole(name)

        return await serve(request, work)

    async def note(
        self, request: AnyRequest, entry: FromPath[str], data: JSONBody[Note]
    ) -> WholeLetter:
        """Write down what was done with a letter."""

        def work(visit: Visit) -> WholeLetter:
            name = EventId(entry)
            with self._node.db.write() as write:
                letters.note_entry(
                    write, self._node.journal, name, action=data.action, actor=actor(visit)
                )
            return self._whole(name)

        return await serve(request, work)

    async def add_files(
        self, request: AnyRequest, entry: FromPath[str], data: JSONBody[FilesToAdd]
    ) -> WholeLetter:
        """Put uploaded files to a letter."""

        def work(visit: Visit) -> WholeLetter:
            name = EventId(entry)
            refs = tuple(self._uploaded(file) for file in data.files)
            with self._node.db.write() as write:
                letters.add_files(write, self._node.journal, name, files=refs, actor=actor(visit))
            return self._whole(name)

        return await serve(request, work)

    async def upload(self, request: AnyRequest, name: FromQuery[str]) -> FileRef:
        """Upload a file as the request's body; its digest can then be attached to letters."""
        if not name:
            raise BadRequest("no name")
        body = await request.body()

        def work(_: Visit) -> FileRef:
            limit = self._node.config.file_most_megabytes * 1024 * 1024
            return put_upload(self._node.files, Upload(name, "", BytesIO(body)), limit=limit)

        return await serve(request, work)

    async def download(
        self, request: AnyRequest, entry: FromPath[str], content: FromPath[str]
    ) -> Response[bytes]:
        """Give one file of a letter."""

        def work(_: Visit) -> Answer:
            with self._node.db.read() as cursor:
                found = _required(cursor, EventId(entry))
                refs = entries.files(cursor, found.seq)
            return give_file(self._node, refs, content)

        return await serve(request, work)

    def _letter(self, data: JSONBody[LetterToRegister], *, new: bool) -> NewLetter:
        arrival = None
        if data.arrival and new:
            with self._node.db.read() as cursor:
                arrival = letter_form.find_arrival(cursor, data.register, data.arrival)
        return NewLetter(
            register=data.register,
            subject=data.subject,
            sender=data.sender,
            recipient=data.recipient,
            letter_no=data.letter_no,
            letter_date=data.letter_date,
            action=data.action,
            remark=data.remark,
            urgency=data.urgency,
            files=(
                *(arrival.files if arrival else ()),
                *(self._uploaded(file) for file in data.files),
            ),
            source=arrival.source if arrival else None,
            offices=tuple(OfficeCode(code) for code in data.offices),
            circular=data.circular,
            reservation=EventId(data.reservation),
        )

    def _uploaded(self, file: FileToAttach) -> FileRef:
        """Read a file once more: neither its size nor its parts are the client's to say."""
        path = self._node.files.path(file.sha256)
        if not path.is_file():
            raise FileMissing(file.sha256)
        limit = self._node.config.file_most_megabytes * 1024 * 1024
        with path.open("rb") as stream:
            return put_upload(self._node.files, Upload(file.name, "", stream), limit=limit)

    def _whole(self, name: EventId) -> WholeLetter:
        with self._node.db.read() as cursor:
            entry = _required(cursor, name)
            return WholeLetter(
                letter=letter_of(entry),
                files=tuple(entries.files(cursor, entry.seq)),
                history=tuple(act_of(one) for one in history.of_entry(cursor, entry.seq)),
                deliveries=tuple(
                    receiver_of(one) for one in deliveries.of_entry(cursor, entry.seq)
                ),
                stored_at=deliveries.stored_at(cursor, entry.seq),
            )


def _required(cursor: Cursor, name: EventId) -> Entry:
    found = entries.by_id(cursor, name)
    if found is None:
        raise NoSuchEntry(name[:40])
    return found
