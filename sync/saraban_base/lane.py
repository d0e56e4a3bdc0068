"""Writes that come at the same time share one durable commit.

A commit waits for the disk, and the disk is asked once for all who are waiting: when sixteen clerks
press the button in the same moment, their letters are written one after the other into one
transaction, each inside its own savepoint, and each clerk hears of her number only after the
commit. Whoever is refused by a rule takes nothing of the others with them.

    submit ─┐
    submit ─┼─> one thread: BEGIN · SAVEPOINT work RELEASE · … · COMMIT ──> all answers
    submit ─┘
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, NamedTuple, TypeVar

from saraban_base.sqlite import Database, Write
from saraban_sync.errors import SarabanError

_MOST: Final = 32

_T = TypeVar("_T")


class _Waiting(NamedTuple):
    work: Callable[[Write], Any]
    answer: "Future[Any]"


class Lane:
    """One thread that writes what is waiting.

    Args:
        db: the database.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._closed = False

    def submit(self, work: Callable[[Write], _T]) -> "Future[_T]":
        """Queue a piece of writing; the future has its result once it is durable.

        Args:
            work: writes inside the transaction it is given; it must not keep what it read across
                a failure, since it may be run a second time after one.
        """
        answer: Future[_T] = Future()
        with self._starting:
            if self._closed:
                raise RuntimeError("the lane is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="lane", daemon=True)
                self._thread.start()
            self._queue.put(_Waiting(work, answer))
        return answer

    def write(self, work: Callable[[Write], _T]) -> _T:
        """Do a piece of writing and wait until it is durable.

        Raises:
            SarabanError: what the work or the database refused; nothing of it was written.
        """
        return self.submit(work).result()

    def close(self) -> None:
        """Write what is waiting and end."""
        with self._starting:
            self._closed = True
            thread = self._thread
            self._queue.put(None)
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, more = [first], True
            while more and len(batch) < _MOST:
                try:
                    item = self._queue.get_nowait()
                except queue.Empty:
                    break
                if item is None:
                    self._queue.put(None)  # seen again after this batch
                    more = False
                else:
                    batch.append(item)
            self._write(batch)

    def _write(self, batch: list[_Waiting]) -> None:
        try:
            with self._db.write() as write:
                done = [_one(write, item.work) for item in batch]
        except BaseException as wrong:  # noqa: BLE001 - handed to whoever waits for the answer
            if len(batch) == 1:
                batch[0].answer.set_exception(wrong)
                return
            for item in batch:  # the fault of one must not become the others'
                self._write([item])
            return
        for item, (result, problem) in zip(batch, done, strict=True):
            if problem is None:
                item.answer.set_result(result)
            else:
                item.answer.set_exception(problem)


def _one(write: Write, work: Callable[[Write], Any]) -> tuple[Any, SarabanError | None]:
    """Run one work inside its savepoint; a refusal by a rule undoes only this one."""
    write.cursor.execute("SAVEPOINT one")
    try:
        result = work(write)
    except SarabanError as problem:
        write.cursor.execute("ROLLBACK TO one")
        write.cursor.execute("RELEASE one")
        return None, problem
    write.cursor.execute("RELEASE one")
    return result, None
