"""The hardware Status under a guest: computed from the guest's virtual Status, never copied.

Source: the Disco paper, 3.1 and 4.1 (guest kernels in supervisor mode, applications in user mode).
"""

from disco.mips.cp0 import (
    STATUS_CU1,
    STATUS_CU2,
    STATUS_FR,
    STATUS_IE,
    STATUS_IM,
    STATUS_KX,
    STATUS_RE,
    STATUS_SX,
    STATUS_UX,
    STATUS_XX,
    Mode,
    mode,
)

_MIRRORED = STATUS_XX | STATUS_CU2 | STATUS_CU1 | STATUS_FR | STATUS_RE | STATUS_SX | STATUS_UX
_MONITORS = STATUS_KX | STATUS_IM | STATUS_IE
_SUPERVISOR = 1 << 3
_USER = 2 << 3


def hardware_status(virtual: int) -> int:
    """Give the Status in which direct execution means what it means under the `virtual` one.

    The guest's kernel and supervisor modes run in supervisor mode, its user mode in user mode, with
    EXL = ERL = 0 and CU0 = 0. The availability of the units, FR, RE and the 64-bit operations are
    the guest's: those are always legal in its kernel mode, hence SX = 1 there. KX, IM and IE are
    the monitor's own: its handlers use 64-bit addresses, and every interrupt is the monitor's.
    """
    status = virtual & _MIRRORED | _MONITORS
    current = mode(virtual)
    if current is Mode.USER:
        return status | _USER
    if current is Mode.KERNEL:
        return status | _SUPERVISOR | STATUS_SX
    return status | _SUPERVISOR
