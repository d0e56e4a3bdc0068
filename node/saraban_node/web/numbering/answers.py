"""Turns what the services say about numbers into what the JSON API says."""

import msgspec

from saraban_node.identity.fence import FenceView, Preview
from saraban_node.identity.lifting import Lifted
from saraban_node.line.elsewhere import Elsewhere
from saraban_node.numbering.passport import Passport, Step
from saraban_node.numbering.prove import Proof, SeriesProof
from saraban_node.web.api_types import act_of, letter_of, receiver_of
from saraban_node.web.book_lines import BookLine
from saraban_node.web.numbering.api_types import (
    Asked,
    Explained,
    Fence,
    FenceLifted,
    FencePreview,
    GivenTwice,
    Life,
    LifeStep,
    Line,
    Odd,
    OpenBook,
    OtherLine,
    Paper,
    SeriesAccount,
    Skipped,
    Stock,
    WholeProof,
    Wrong,
)
from saraban_node.web.numbering.ranges import Supply
from saraban_sync.states import State


def line_of(line: BookLine) -> Line:
    """Say a line of a book."""
    return msgspec.convert(line, Line, from_attributes=True)


def stock_of(supply: Supply) -> Stock:
    """Say how long the numbers of a series last."""
    outlook = supply.outlook
    request = outlook.request
    return Stock(
        register=outlook.register,
        year=outlook.year,
        next=supply.next,
        left=outlook.left,
        per_day=outlook.forecast.per_day_text,
        days_left=outlook.forecast.days_left,
        enough=outlook.forecast.enough,
        request=msgspec.convert(request, Asked, from_attributes=True) if request else None,
    )


def fence_of(view: FenceView) -> Fence:
    """Say how the fence is."""
    names = [name for name in Fence.__struct_fields__ if name != "series"]
    return Fence(
        series=tuple(msgspec.convert(one, OpenBook, from_attributes=True) for one in view.series),
        **{name: getattr(view, name) for name in names},
    )


def preview_of(previews: list[Preview]) -> FencePreview:
    """Say which numbers will be given up."""
    return FencePreview(
        skipped=tuple(
            Skipped(
                register=one.series.register, year=one.series.year, first=skip.first,
                last=skip.last, guard=skip.guard,
            )
            for one in previews
            for skip in one.skips
        )
    )  # fmt: skip


def lifted_of(lifted: Lifted) -> FenceLifted:
    """Say what lifting the fence did."""
    return FenceLifted(
        epoch=lifted.epoch,
        already=lifted.already,
        skipped=tuple(
            msgspec.convert(one, Skipped, from_attributes=True) for one in lifted.skipped
        ),
    )


def life_of(found: Passport) -> Life:
    """Say all that is known of a number."""
    gap = found.gap.gap if found.gap else None
    return Life(
        register=found.register,
        year=found.year,
        number=found.number,
        emergency=found.emergency,
        state=found.state,
        late=found.late,
        problems=tuple(one.trouble for one in found.problems),
        settled=found.settled,
        grant=msgspec.convert(found.grant, Paper, from_attributes=True) if found.grant else None,
        letter=letter_of(found.entry) if found.entry else None,
        steps=tuple(_step(one) for one in found.steps),
        files=found.files,
        deliveries=tuple(receiver_of(one) for one in found.deliveries),
        gap_why=gap.why if gap else "",
        explanations=tuple(
            msgspec.convert(one, Explained, from_attributes=True)
            for one in (gap.explanations if gap else ())
        ),
        backup_count=found.backup_count,
        elsewhere=tuple(_elsewhere(one) for one in found.colleagues),
    )


def proof_of(proof: Proof) -> WholeProof:
    """Say what was proved."""
    return WholeProof(
        node=proof.node,
        office=proof.office,
        whole=proof.whole,
        total=proof.total,
        head=proof.head,
        head_hash=proof.head_hash,
        verified=proof.verified,
        series=tuple(_series(one) for one in proof.series),
    )


def _elsewhere(one: Elsewhere) -> OtherLine:
    line = one.line
    return OtherLine(
        node=line.node,
        event=line.event,
        state=State(line.state),
        at=line.registered_at,
        who=one.who,
        subject=line.subject,
        letter_no=line.letter_no,
        reason=line.reason,
        acts=tuple(act_of(act) for act in one.acts),
        deliveries=tuple(receiver_of(sent) for sent in one.deliveries),
    )


def _step(step: Step) -> LifeStep:
    act = step.happening
    return LifeStep(
        event=act.event,
        kind=act.kind,
        at=act.at,
        who=act.who,
        text=act.text,
        node=step.node,
        former=act.former,
        hash=step.hash,
        clock=step.clock,
        stored_at=step.stored_at,
        signature_good=step.signature_good,
    )


def _series(proof: SeriesProof) -> SeriesAccount:
    return SeriesAccount(
        register=proof.register,
        year=proof.year,
        whole=proof.whole,
        agrees=proof.agrees,
        granted=proof.account.total,
        counts={str(state): count for state, count in proof.account.counts.items()},
        problems=tuple(
            Wrong(trouble=one.trouble, first=one.first, last=one.last)
            for one in proof.account.problems
        ),
        settled=tuple(
            msgspec.convert(one, GivenTwice, from_attributes=True) for one in proof.settled
        ),
        odd=tuple(msgspec.convert(one, Odd, from_attributes=True) for one in proof.notable),
    )
