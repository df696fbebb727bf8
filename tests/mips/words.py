"""Words to try instructions with: field values at the ends of their ranges and in between."""

import random
from collections.abc import Iterator

from disco.mips.instruction import Instruction
from disco.mips.model import Model
from disco.mips.syntax import Form, aliases, forms


def sample_words(row: Instruction, count: int) -> Iterator[int]:
    """Give `count` words of `row`, the same ones each time, often with extreme fields."""
    choose = random.Random(row.name)
    for _ in range(count):
        yield row.encode(*(_value(choose, field.width) for field in row.fields))


def sample_form(form: Form, count: int) -> Iterator[int]:
    """Give `count` words that `form` can write."""
    choose = random.Random(form.mnemonic)
    for _ in range(count):
        word = form.template
        for operand in (operand for item in form.items for operand in item):
            word |= operand.insert(_value(choose, operand.width))
        yield word


def _value(choose: random.Random, width: int) -> int:
    limit = 1 << width
    return choose.choice((0, 1, limit >> 1, limit - 1, *choose.choices(range(limit), k=3)))


def all_forms(row: Instruction, model: Model) -> tuple[Form, ...]:
    """Give every way to write `row`, aliases included."""
    return aliases(row, model) + forms(row)
