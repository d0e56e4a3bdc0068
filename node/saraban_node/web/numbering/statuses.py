"""HTTP statuses of what can go wrong with numbers, clocks and the identity of a machine."""

from typing import Final

from saraban_node import errors
from saraban_node.clocks import errors as clock_errors
from saraban_node.identity import errors as identity_errors
from saraban_node.numbering import errors as range_errors
from saraban_sync import errors as shared
from saraban_sync.errors import SarabanError

STATUS: Final[dict[type[SarabanError], int]] = {
    errors.ReservationOver: 409,
    errors.ReservationWrong: 422,
    errors.NumbersLeft: 409,
    errors.EmergencyClosedNow: 409,
    errors.EmergencyOpenAlready: 409,
    errors.NotWhileReserved: 409,
    errors.JournalsDiverge: 409,
    clock_errors.ClockUntrusted: 409,
    clock_errors.ClockMoved: 409,
    clock_errors.AdministratorConfirms: 403,
    identity_errors.TwinFound: 409,
    identity_errors.Superseded: 409,
    identity_errors.NotStated: 422,
    identity_errors.PaperTooLow: 422,
    identity_errors.PaperTooHigh: 422,
    identity_errors.CentreDecides: 409,
    identity_errors.EpochRefused: 409,
    identity_errors.NotFenced: 409,
    identity_errors.Renamed: 409,
    identity_errors.ForkRefused: 409,
    range_errors.AlreadyAsked: 409,
    range_errors.AlreadyHeld: 409,
    range_errors.NothingAsked: 409,
    range_errors.NumberNotUnderstood: 422,
    range_errors.NotGivenUp: 422,
    shared.RangeProblem: 409,
    shared.PhoneCodeUnreadable: 422,
    shared.PhoneCodeWrong: 422,
    shared.SizeNotSpoken: 422,
    shared.NotARangeFile: 422,
    shared.BrokenChain: 409,
}
