"""The disassembler against capstone, over every instruction."""

import re

import capstone

from disco.bits import MASK64
from disco.mips.disassembler import disassemble
from disco.mips.instruction import Instruction
from disco.mips.model import R10000
from disco.mips.syntax import Names
from disco.mips.table import instructions
from tests.mips.deviations import CAPSTONE_DEVIATIONS
from tests.mips.words import sample_words

PC = 0xFFFF_FFFF_8000_1000
_NUMBER = re.compile(r"(?<![\w$])-?(?:0x[0-9a-f]+|[0-9]+)\b")


def normal(text: str) -> str:
    """Write every number as 64 bits in decimal, and an offset of zero as one."""
    text = re.sub(r"(?<=[ ])\((?=\$)", "0(", text)
    return _NUMBER.sub(lambda match: str(int(match[0], 0) & MASK64), text)


def ours(word: int) -> tuple[str, str]:
    """Give our two texts, with and without aliases."""
    with_aliases = disassemble(word, PC, names=Names.O32)
    plain = disassemble(word, PC, names=Names.O32, use_aliases=False)
    return normal(with_aliases), normal(plain)


def test_capstone_writes_the_same() -> None:
    engine = capstone.Cs(
        capstone.CS_ARCH_MIPS, capstone.CS_MODE_MIPS64 | capstone.CS_MODE_BIG_ENDIAN
    )
    needed = set()
    for row in instructions(R10000):
        for word in sample_words(row, 60):
            found = next(engine.disasm_lite(word.to_bytes(4), PC), None)
            theirs = None if found is None else normal(f"{found[2]} {found[3]}".rstrip())
            if theirs not in ours(word):
                needed.add(explain(row, word, theirs))
    assert needed == {deviation.name for deviation in CAPSTONE_DEVIATIONS}


def explain(row: Instruction, word: int, theirs: str | None) -> str:
    """Give the name of the deviation that explains capstone's text."""
    for text in ours(word):
        for deviation in CAPSTONE_DEVIATIONS:
            if deviation.explains(row, word, text, theirs):
                return deviation.name
    raise AssertionError(f"{row.name} {word:#010x}: {ours(word)} here, {theirs!r} in capstone")
