"""The manual's arithmetic on Python integers.

Registers and memory hold *unsigned* integers of their width; the functions here give the signed
views and the extensions. They use only operators that an exact symbolic integer has too, so the
same text is executed and proved.
"""

MASK16 = 0xFFFF
MASK32 = 0xFFFF_FFFF
MASK64 = 0xFFFF_FFFF_FFFF_FFFF
_SIGN32 = 0x8000_0000
_SIGN64 = 0x8000_0000_0000_0000
_UPPER33 = 0xFFFF_FFFF_0000_0000


def signed(value: int, width: int) -> int:
    """Read the low `width` bits of `value` as a two's complement number."""
    sign = 1 << (width - 1)
    return ((value & ((1 << width) - 1)) ^ sign) - sign


def signed32(value: int) -> int:
    """Read the low 32 bits of `value` as a two's complement number."""
    return ((value & MASK32) ^ _SIGN32) - _SIGN32


def signed64(value: int) -> int:
    """Read the low 64 bits of `value` as a two's complement number."""
    return ((value & MASK64) ^ _SIGN64) - _SIGN64


def sext(value: int, width: int) -> int:
    """Sign-extend the low `width` bits of `value` to a 64-bit register image."""
    return signed(value, width) & MASK64


def sext16(value: int) -> int:
    """Sign-extend the low 16 bits of `value` to a 64-bit register image."""
    return (((value & MASK16) ^ 0x8000) - 0x8000) & MASK64


def sext32(value: int) -> int:
    """Sign-extend the low 32 bits of `value` to a 64-bit register image."""
    return (((value & MASK32) ^ _SIGN32) - _SIGN32) & MASK64


def is_word(value: int) -> bool:
    """Tell whether the 64-bit register image `value` is a sign-extended 32-bit word."""
    return (value + _SIGN32) & _UPPER33 == 0


def field(value: int, high: int, low: int) -> int:
    """Extract bits `high` to `low` of `value`, as the manual's value<high..low>."""
    return (value >> low) & ((1 << (high - low + 1)) - 1)
