"""Floating-point registers, control registers, moves, branches and conditional moves.

Sources of what is expected: R10000 15.3 to 15.5, R4000 chapter 6 and appendix B.
"""

import pytest

from disco.mips.model import MODELS, R4000, R10000, Model
from disco.mips.processor import Processor
from disco.mips.unpredictable import Unpredictable
from tests.mips.machine import (
    CODE,
    DATA,
    DATA_PHYSICAL,
    NOP,
    Recorded,
    encode,
    exc_code,
    fault,
    machine,
    run,
    user_machine,
)

CU1, FR, XX, USER = 1 << 29, 1 << 26, 1 << 31, 0x10
M1 = 0xFFFF_FFFF_FFFF_FFFF
OLD = 0x1111_2222_3333_4444
"""What registers hold before."""
VALUE = 0x8877_6655_C433_2211
FPE, CAUSE_E = 15, 1 << 17
both_models = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


def _machine(*words: int, model: Model = R10000, status: int = CU1 | FR) -> Processor:
    cpu = machine(*words, model=model, status=status)
    for number in range(32):
        cpu.fpr[number] = OLD
    cpu.gpr[1], cpu.gpr[2] = VALUE, DATA
    cpu.memory.write(DATA_PHYSICAL, 8, VALUE)
    return cpu


def _upper(model: Model, inputs: Recorded) -> int:
    """Bits 63:32 after a word was written with FR = 1: zero, or on the R4000 what we are told."""
    assert inputs.asked == ([] if model is R10000 else [Unpredictable.FPR_UPPER])
    return 0 if model is R10000 else 0xABCD_0123 << 32


def _answers() -> Recorded:
    return Recorded(answers={Unpredictable.FPR_UPPER: 0xABCD_0123_0000_0000})


@both_models
@pytest.mark.parametrize("register", [4, 5])
@pytest.mark.parametrize(
    ("word", "low"),
    [(encode("MTC1", rt=1), 0xC433_2211), (encode("LWC1", base=2), 0x8877_6655)],
)
def test_words_with_fr_1(model: Model, register: int, word: int, low: int) -> None:
    """MTC1 and LWC1 write the low half of any register; the upper does not survive."""
    field = 11 if word >> 26 == 0x11 else 16
    cpu, inputs = _machine(word | register << field, model=model), _answers()
    run(cpu, inputs=inputs)
    assert cpu.fpr[register] == _upper(model, inputs) | low
    assert all(cpu.fpr[number] == OLD for number in range(32) if number != register)


@both_models
@pytest.mark.parametrize("register", [4, 5])
@pytest.mark.parametrize(
    ("word", "low"),
    [(encode("MTC1", rt=1), 0xC433_2211), (encode("LWC1", base=2), 0x8877_6655)],
)
def test_words_with_fr_0(model: Model, register: int, word: int, low: int) -> None:
    """An odd number is the upper half of the even register below; the other half stays."""
    field = 11 if word >> 26 == 0x11 else 16
    cpu, inputs = _machine(word | register << field, model=model, status=CU1), Recorded()
    run(cpu, inputs=inputs)
    assert cpu.fpr[4] == (0x1111_2222 << 32 | low if register == 4 else low << 32 | 0x3333_4444)
    assert cpu.fpr[5] == OLD
    assert inputs.asked == []


@both_models
@pytest.mark.parametrize(
    ("fr", "register", "word"),
    [(FR, 4, 0x3333_4444), (FR, 5, 0xC433_2211), (0, 4, 0x3333_4444), (0, 5, 0x1111_2222)],
)
def test_reading_words(model: Model, fr: int, register: int, word: int) -> None:
    """MFC1 sign-extends, SWC1 stores."""
    cpu = _machine(
        encode("MFC1", rt=3, fs=register), encode("SWC1", ft=register, base=2),
        model=model, status=CU1 | fr,
    )  # fmt: skip
    cpu.fpr[5] = VALUE
    run(cpu, 2)
    assert cpu.gpr[3] == (word | 0xFFFF_FFFF << 32 if word >> 31 else word)
    assert cpu.memory.read(DATA_PHYSICAL, 4) == word
    assert cpu.memory.read(DATA_PHYSICAL + 4, 4) == VALUE & 0xFFFF_FFFF


DOUBLE_WRITES = {"DMTC1": encode("DMTC1", rt=1), "LDC1": encode("LDC1", base=2)}
DOUBLE_READS = {"DMFC1": encode("DMFC1", rt=3), "SDC1": encode("SDC1", base=2)}


def _with_register(word: int, register: int) -> int:
    return word | register << (11 if word >> 26 == 0x11 else 16)


@both_models
@pytest.mark.parametrize("word", DOUBLE_WRITES.values(), ids=DOUBLE_WRITES)
@pytest.mark.parametrize(("fr", "register"), [(FR, 6), (FR, 7), (0, 6)])
def test_writing_doublewords(model: Model, word: int, fr: int, register: int) -> None:
    inputs = Recorded()
    cpu = _machine(_with_register(word, register), model=model, status=CU1 | fr)
    run(cpu, inputs=inputs)
    assert cpu.fpr[register] == VALUE
    assert all(cpu.fpr[number] == OLD for number in range(32) if number != register)
    assert inputs.asked == []


@both_models
@pytest.mark.parametrize("word", DOUBLE_READS.values(), ids=DOUBLE_READS)
@pytest.mark.parametrize(("fr", "register"), [(FR, 6), (FR, 7), (0, 6)])
def test_reading_doublewords(model: Model, word: int, fr: int, register: int) -> None:
    cpu = _machine(_with_register(word, register), model=model, status=CU1 | fr)
    cpu.fpr[register] = VALUE + 1
    run(cpu)
    seen = cpu.gpr[3] if word >> 26 == 0x11 else cpu.memory.read(DATA_PHYSICAL, 8)
    assert seen == VALUE + 1


@both_models
@pytest.mark.parametrize("word", [*DOUBLE_WRITES.values(), *DOUBLE_READS.values()])
def test_odd_doublewords_with_fr_0_are_open(model: Model, word: int) -> None:
    inputs = Recorded(answers={Unpredictable.ODD_DOUBLE: 0x77})
    cpu = _machine(_with_register(word, 7), model=model, status=CU1)
    run(cpu, inputs=inputs)
    assert inputs.asked == [Unpredictable.ODD_DOUBLE]
    assert 0x77 in (cpu.fpr[6], cpu.gpr[3], cpu.memory.read(DATA_PHYSICAL, 8))


INDEXED = {
    "LWXC1": ("fd", 0x8877_6655), "LDXC1": ("fd", VALUE), "SWXC1": ("fs", 0x3333_4444),
    "SDXC1": ("fs", OLD),
}  # fmt: skip


@pytest.mark.parametrize("name", INDEXED)
@pytest.mark.parametrize(("base", "index"), [(2, 3), (3, 2)])
def test_indexed(name: str, base: int, index: int) -> None:
    """Base plus index; a small negative base and a large index name the same place."""
    field, value = INDEXED[name]
    inputs = Recorded(answers={Unpredictable.INDEXED_REGION: DATA})
    cpu = _machine(encode(name, base=base, index=index, **{field: 8}))
    cpu.gpr[2], cpu.gpr[3] = DATA + 8, M1 - 7
    run(cpu, inputs=inputs)
    if name.startswith("L"):
        assert cpu.fpr[8] == value
    else:
        size = 4 if name == "SWXC1" else 8
        assert cpu.memory.read(DATA_PHYSICAL, size) == value
    assert inputs.asked == []


@pytest.mark.parametrize("region", [1, 2, 3])
@pytest.mark.parametrize("name", INDEXED)
def test_an_index_into_another_region_is_open(name: str, region: int) -> None:
    """The address is asked for when bits 63:62 of base and sum differ."""
    inputs = Recorded(answers={Unpredictable.INDEXED_REGION: 2**64 + DATA})
    cpu = _machine(encode(name, base=2, index=3))
    cpu.gpr[2], cpu.gpr[3] = 8, region << 62
    run(cpu, inputs=inputs)
    assert inputs.asked == [Unpredictable.INDEXED_REGION]


# Control registers.


@both_models
def test_cfc1(model: Model) -> None:
    """FCR0 is the implementation (9 or 5), FCR31 is sign-extended, the others are open."""
    inputs = Recorded(answers={Unpredictable.FCR_RESERVED: 0x8000_0001})
    cpu = _machine(*(encode("CFC1", rt=3 + fs % 5, fs=fs) for fs in (0, 31, 2)), model=model)
    cpu.fcr31 = 0x8100_0003
    run(cpu, 3, inputs=inputs)
    assert cpu.gpr[3] >> 8 == (0x09 if model is R10000 else 0x05)
    assert cpu.gpr[4] == 0xFFFF_FFFF_8100_0003
    assert cpu.gpr[5] == 0xFFFF_FFFF_8000_0001
    assert inputs.asked == [Unpredictable.FCR_RESERVED]


def test_a_control_register_that_does_not_exist_reads_as_zero_by_default() -> None:
    cpu = _machine(encode("CFC1", rt=3, fs=1))
    cpu.gpr[3] = 5
    run(cpu)
    assert cpu.gpr[3] == 0


@both_models
def test_ctc1_writable_bits(model: Model) -> None:
    """R10000: all but 22:18. R4000: 31:25 too are zero. Enables without causes raise nothing."""
    writable = 0xFF83_FFFF if model is R10000 else 0x0183_FFFF
    cpu = _machine(encode("CTC1", rt=1, fs=31), model=model)
    cpu.gpr[1] = M1 & ~0x3F000
    run(cpu)
    assert cpu.fcr31 == writable & ~0x3F000


@both_models
@pytest.mark.parametrize("number", [0, 1, 30])
def test_ctc1_elsewhere_does_nothing(model: Model, number: int) -> None:
    cpu = _machine(encode("CTC1", rt=1, fs=number), encode("CFC1", rt=3), model=model)
    cpu.gpr[1] = M1
    run(cpu, 2)
    assert cpu.fcr31 == 0
    assert cpu.gpr[3] == model.fcr0


@both_models
@pytest.mark.parametrize("cause", range(5))
@pytest.mark.parametrize("enable", range(5))
def test_ctc1_raises_for_an_enabled_cause(model: Model, cause: int, enable: int) -> None:
    """The register keeps what was written, the flags are not touched, EPC is the CTC1."""
    cpu = _machine(encode("CTC1", rt=1, fs=31), model=model)
    cpu.gpr[1] = 1 << (12 + cause) | 1 << (7 + enable)
    if cause == enable:
        fault(cpu)
        assert (exc_code(cpu), cpu.cp0.epc) == (FPE, CODE)
    else:
        run(cpu)
    assert cpu.fcr31 == cpu.gpr[1]


@both_models
def test_ctc1_raises_for_e_always(model: Model) -> None:
    cpu = _machine(encode("CTC1", rt=1, fs=31), model=model)
    cpu.gpr[1] = CAUSE_E
    fault(cpu)
    assert exc_code(cpu) == FPE


def test_unimplemented_operation_leaves_flags_and_operands() -> None:
    cpu = _machine(encode("ADD.D", fd=2, fs=4, ft=6))
    cpu.fcr31 = 0x1F07C | 0x0F80
    fault(cpu)
    assert exc_code(cpu) == FPE
    assert cpu.fcr31 == CAUSE_E | 0x7C | 0x0F80
    assert cpu.fpr[2] == OLD


# Conditions.


def _code_bit(cc: int) -> int:
    """CC0 is bit 23, CC1 to CC7 are bits 25 to 31."""
    return 23 if cc == 0 else 24 + cc


@pytest.mark.parametrize("cc", range(8))
@pytest.mark.parametrize("value", [False, True])
@pytest.mark.parametrize("name", ["BC1F", "BC1T", "BC1FL", "BC1TL"])
def test_branches(name: str, cc: int, value: bool) -> None:
    cpu = _machine(encode(name, cc=cc, offset=0x10), NOP)
    bit = 1 << _code_bit(cc)
    cpu.fcr31 = bit if value else 0xFE80_0000 & ~bit
    taken = value == ("T" in name)
    run(cpu)
    if name.endswith("L") and not taken:
        assert (cpu.pc, cpu.delay_slot) == (CODE + 8, False)
        return
    assert cpu.delay_slot
    run(cpu)
    assert cpu.pc == (CODE + 0x44 if taken else CODE + 8)


@pytest.mark.parametrize("name", ["BC1F", "BC1T", "BC1FL", "BC1TL"])
def test_the_r4000_has_one_condition(name: str) -> None:
    cpu = _machine(encode(name, cc=0), model=R4000)
    run(cpu)
    cpu = _machine(encode(name, cc=1), model=R4000)
    fault(cpu)
    assert (exc_code(cpu), cpu.fcr31) == (FPE, CAUSE_E)


@pytest.mark.parametrize("xx", [0, XX])
def test_more_conditions_need_mips4_in_user_mode(xx: int) -> None:
    cpu = user_machine(encode("BC1F", cc=3), status=CU1 | USER | xx)
    if xx:
        run(cpu)
    else:
        fault(cpu)
        assert (exc_code(cpu), cpu.fcr31) == (FPE, CAUSE_E)


@pytest.mark.parametrize("cc", range(8))
@pytest.mark.parametrize("value", [False, True])
@pytest.mark.parametrize("name", ["MOVF", "MOVT", "MOVF.S", "MOVT.S", "MOVF.D", "MOVT.D"])
def test_moves_on_a_condition(name: str, cc: int, value: bool) -> None:
    """Moved or not; MOVx.S clears the upper half even when it does not move (R10000 15.5)."""
    integer = "." not in name
    word = encode(name, cc=cc, rs=1, rd=3) if integer else encode(name, cc=cc, fs=4, fd=6)
    cpu = _machine(word)
    cpu.fpr[4], cpu.gpr[3] = VALUE, OLD
    bit = 1 << _code_bit(cc)
    cpu.fcr31 = bit if value else 0xFE80_0000 & ~bit
    result = VALUE if value == ("T" in name) else OLD
    run(cpu)
    if integer:
        assert cpu.gpr[3] == result
    else:
        assert cpu.fpr[6] == (result & 0xFFFF_FFFF if name.endswith("S") else result)


@pytest.mark.parametrize("tested", [0, 1 << 63])
@pytest.mark.parametrize("name", ["MOVZ.S", "MOVN.S", "MOVZ.D", "MOVN.D"])
def test_moves_on_a_register(name: str, tested: int) -> None:
    cpu = _machine(encode(name, rt=3, fs=4, fd=6))
    cpu.fpr[4], cpu.gpr[3] = VALUE, tested
    run(cpu)
    result = VALUE if (tested == 0) == ("Z" in name) else OLD
    assert cpu.fpr[6] == (result & 0xFFFF_FFFF if name.endswith("S") else result)


@both_models
@pytest.mark.parametrize("fr", [FR, 0])
def test_mov(model: Model, fr: int) -> None:
    """MOV leaves FCR31 alone."""
    inputs = _answers()
    cpu = _machine(
        encode("MOV.D", fs=4, fd=6), encode("MOV.S", fs=4, fd=8), model=model, status=CU1 | fr
    )
    cpu.fpr[4] = VALUE
    cpu.fcr31 = 0x3F07C
    run(cpu, 2, inputs=inputs)
    assert cpu.fpr[6] == VALUE
    assert cpu.fpr[8] == _upper(model, inputs) | VALUE & 0xFFFF_FFFF
    assert cpu.fcr31 == 0x3F07C


@pytest.mark.parametrize("name", ["MOV.S", "MOV.D"])
def test_moves_of_odd_registers_with_fr_0_are_open(name: str) -> None:
    inputs = Recorded(answers={Unpredictable.ODD_DOUBLE: 0x77})
    cpu = _machine(encode(name, fs=5, fd=8), status=CU1)
    run(cpu, inputs=inputs)
    assert inputs.asked == [Unpredictable.ODD_DOUBLE]
    assert cpu.fpr[8] == 0x77
