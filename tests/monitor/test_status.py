"""The hardware Status under a guest, for every virtual Status."""

from hypothesis import given
from hypothesis import strategies as st

from disco.mips.cp0 import (
    STATUS_CU0,
    STATUS_CU1,
    STATUS_CU2,
    STATUS_ERL,
    STATUS_EXL,
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
from disco.monitor.status import hardware_status
from spec.privilege import unprivileged

GUESTS = STATUS_XX | STATUS_CU2 | STATUS_CU1 | STATUS_FR | STATUS_RE | STATUS_UX
MONITORS = STATUS_KX | STATUS_IM | STATUS_IE
REAL_MODE = {Mode.KERNEL: Mode.SUPERVISOR, Mode.SUPERVISOR: Mode.SUPERVISOR, Mode.USER: Mode.USER}

statuses = st.one_of(
    st.integers(0, 0xFFFF_FFFF),
    st.builds(
        lambda high, ksu: high << 5 | ksu << 3, st.integers(0, 0x7FF_FFFF), st.integers(0, 3)
    ),
)


@given(virtual=statuses)
def test_the_real_mode_is_never_the_kernel_mode(virtual: int) -> None:
    real = hardware_status(virtual)
    assert unprivileged(real)
    assert real & (STATUS_CU0 | STATUS_EXL | STATUS_ERL) == 0
    assert mode(real) is REAL_MODE[mode(virtual)]


@given(virtual=statuses)
def test_what_is_the_guests_is_mirrored(virtual: int) -> None:
    real = hardware_status(virtual)
    assert real & GUESTS == virtual & GUESTS
    if mode(virtual) is Mode.KERNEL:
        assert real & STATUS_SX, "64-bit operations are always legal in the guest's kernel mode"
    else:
        assert real & STATUS_SX == virtual & STATUS_SX


@given(virtual=statuses)
def test_the_rest_is_the_monitors(virtual: int) -> None:
    """Interrupts are enabled and 64-bit kernel addresses exist, whatever the guest wants."""
    real = hardware_status(virtual)
    assert real & MONITORS == MONITORS
    assert real & ~(GUESTS | MONITORS | STATUS_SX | 0x18) == 0


def test_examples() -> None:
    """A booting kernel, a 32-bit kernel with a handler running, a 64-bit application."""
    assert hardware_status(0x0040_0004) == 0x0000_FFC9
    assert hardware_status(0x3400_0003) == 0x2400_FFC9
    assert hardware_status(0xB400_FFB1) == 0xA400_FFB1
