"""`disco check`: what agrees, what differs and how that is shown, and bad input."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from click.testing import CliRunner, Result

from disco.mips.assembler import assemble
from disco.mips.model import MODELS, R10000, Model
from disco.mips.table import TABLE
from disco.oracle.clause_index import _instruction
from disco.oracle.cli import main
from disco.oracle.elf_writer import write_elf
from spec.ledger import clauses, index
from tests.oracle.commands import DISCO, GUESTS, environment

Document: TypeAlias = dict[str, object]
CLAUSES = Path(__file__).parents[2] / "reference" / "disco" / "oracle" / "clauses.json"

PROGRAM = """
        .org  0xffffffff80000180
        mfc0  $k0, $14
        addiu $k0, $k0, 4
        mtc0  $k0, $14
        eret
        .org  0xffffffff80001000
_start:
        mtc0  $zero, $12
        la    $s0, 0xffffffff80002000
        li    $t0, 0x1234
        mult  $t0, $t0
        sd    $t0, 0($s0)
        ll    $t1, 0($s0)
        sc    $t0, 0($s0)
        la    $s1, 0xffffffffbfd003f8
        lbu   $t2, 5($s1)
        sb    $t2, 0($s1)
        tlbwr
        mfc0  $t3, $1
        dsll32 $t8, $s1, 0
        addu  $t9, $t8, $zero
        syscall
1:      b     1b
        nop
"""


def disco(*arguments: object, text: bytes = b"") -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)), input=text)


class Recorded:
    """A program and its trace, which tests change."""

    def __init__(self, folder: Path, model: Model = R10000) -> None:
        self.program, self.trace = folder / "program", folder / "trace.jsonl"
        self.program.write_bytes(write_elf(assemble(PROGRAM, model=model), model))
        disco("run", self.program, "--model", model.name, "--trace", self.trace)

    def check(self) -> Result:
        return disco("check", self.trace, "--elf", self.program)

    def change(self, mnemonic: str, do: Callable[[Document], object]) -> Document:
        """Change the first line of an instruction, and take out every text."""
        documents = [json.loads(line) for line in self.trace.read_text().splitlines()]
        chosen: Document = next(
            item for item in documents if item.get("text", "").split(" ")[0] == mnemonic
        )
        do(chosen)
        for document in documents:
            document.pop("text", None)
        self.trace.write_text("".join(json.dumps(document) + "\n" for document in documents))
        return chosen

    def report(self) -> list[str]:
        """Give the report of a divergence."""
        result = self.check()
        assert (result.exit_code, result.stderr) == (1, "")
        return result.stdout.splitlines()


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    return Recorded(tmp_path)


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_the_reference_agrees_with_itself(model: Model, tmp_path: Path) -> None:
    result = Recorded(tmp_path, model).check()
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("27 steps agree; ")


@pytest.mark.parametrize("name", ["kernel-mips3-32", "lisp-mips4-xkphys", "spinlock-mips3-64"])
def test_guests_agree(name: str, tmp_path: Path) -> None:
    trace, guest = tmp_path / "t.zst", GUESTS / "bin" / name
    disco("run", guest, "--max-instructions", 20_000, "--trace", trace)
    assert disco("check", trace, "--elf", guest).stdout.startswith("20000 steps agree; ")


def test_from_the_running_program(recorded: Recorded, tmp_path: Path) -> None:
    """A trace is checked while it is written, through a named pipe."""
    pipe = tmp_path / "pipe"
    subprocess.run(["mkfifo", pipe], check=True)
    with subprocess.Popen(
        [*DISCO, "run", recorded.program, "--trace", pipe], env=environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ), pipe.open("rb") as stream:  # fmt: skip
        done = subprocess.run(
            [*DISCO, "check", "-", "--elf", recorded.program], stdin=stream, env=environment(),
            capture_output=True, check=False, timeout=60,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"27 steps agree; ")


def set_to(key: str, value: object) -> Callable[[Document], object]:
    return lambda line: line.__setitem__(key, value)


def without(key: str) -> Callable[[Document], object]:
    return lambda line: line.pop(key)


WRONG: list[tuple[str, Callable[[Document], object], str, str, str, str]] = [
    ("mult", set_to("lo", "0x1"), "lo", "0x1", "0x14b5a90", "ISA-10"),
    ("mult", without("lo"), "lo", "0x0", "0x14b5a90", "ISA-10"),
    ("mult", set_to("hi", "0x1"), "hi", "0x1", "0x0", "ISA-10"),
    ("addu", set_to("gpr", {"3": "0x7"}), "gpr[3]", "0x7", "0x0", "ISA-6"),
    ("addu", set_to("fpr", {"3": "0x7"}), "fpr[3]", "0x7", "0x0", "ISA-6"),
    ("mtc0", without("cp0"), "cp0[status]", "0x400000", "0x0", "PRIV-10"),
    ("mult", set_to("cp0", {"count": "0x9"}), "cp0[count]", "0x9", "0x5", "ISA-10"),
    ("sd", without("memory"), "memory[0x2000]", "nothing", "0x0", "ISA-19"),
    ("sd", set_to("memory", [["0x2000", 8, "0x1235"]]), "memory[0x2007]", "0x35", "0x34", "ISA-19"),
    ("sb", without("memory"), "memory[0x1fd003f8]", "nothing", "0x60", "ISA-19"),
    ("tlbwr", without("tlb"), "tlb[63]", "absent", "vpn2 0x0 asid 0x0 ", "TLB-6"),
    ("syscall", without("exception"), "exception", "nothing", "System call", "EXC-13"),
    ("syscall", set_to("delay_slot", True), "delay_slot", "true", "false", "EXC-13"),
    ("nop", set_to("word", "0x00000001"), "word", "0x1", "0x0", "ISA-6"),
    ("eret", set_to("pc", "0x0"), "pc", "0x0", "0xffffffff8000018c", "PRIV-10"),
]


@pytest.mark.parametrize(("mnemonic", "change", "place", "theirs", "ours", "clause"), WRONG)
def test_what_differs(
    recorded: Recorded, mnemonic: str, change: Callable[[Document], object], place: str,
    theirs: str, ours: str, clause: str,
) -> None:  # fmt: skip
    step = recorded.change(mnemonic, change)["step"]
    report = recorded.report()
    assert report[0].startswith(f"step {step} (line {int(str(step)) + 1}) differs: {place}")
    shown = next(line for line in report if line.startswith(f"  {place} "))
    assert " ".join(shown.split()).startswith(f"{place} {theirs} {ours}")
    assert any(line.startswith(f"clause {clause}: ") for line in report)


def test_the_report(recorded: Recorded) -> None:
    """The instructions around the divergence and both states, side by side."""
    recorded.change("mult", set_to("lo", "0x1"))
    report = recorded.report()
    assert report[2:8] == [
        "  step 1         ffffffff80001000  40806000  mtc0 $0, $12",
        "  step 2         ffffffff80001004  3c108000  lui $16, 0x8000",
        "  step 3         ffffffff80001008  26102000  addiu $16, $16, 8192",
        "  step 4         ffffffff8000100c  240c1234  li $12, 4660",
        "> step 5         ffffffff80001010  018c0018  mult $12, $12",
        "                 ffffffff80001014  fe0c0000  sd $12, 0($16)",
    ]
    state = report[report.index("") :]
    assert "* lo                  0x1                   0x14b5a90" in state
    assert "  gpr[12]             0x1234                0x1234" in state
    assert not any("gpr[13]" in line for line in state), "zero on both sides"


UNCHANGED: list[tuple[str, Callable[[Document], object]]] = [
    ("mult", set_to("hi", "0x0")),
    ("mult", set_to("gpr", {"7": "0x0"})),
    ("mult", set_to("cp0", {"count": "0x5"})),
    ("sd", set_to("memory", [["0x2004", 4, "0x1234"], ["0x2000", 4, "0x0"]])),
    ("mult", set_to("interrupt_lines", "0x0")),
]


@pytest.mark.parametrize(("mnemonic", "change"), UNCHANGED)
def test_another_way_to_say_the_same(
    recorded: Recorded, mnemonic: str, change: Callable[[Document], object]
) -> None:
    recorded.change(mnemonic, change)
    assert recorded.check().exit_code == 0


def test_the_inputs_are_the_traces(recorded: Recorded) -> None:
    """What another implementation was told, the reference is told, and so it does the same."""
    recorded.change("sc", lambda line: line.update(
        answers=[["store_conditional", "0x0"]], gpr={"12": "0x0"}, memory=[]
    ))  # fmt: skip
    trace = recorded.trace.read_text().splitlines()
    after = [json.loads(line) for line in trace]
    by_word = {line.get("word"): line for line in after}
    load, store = by_word["0x922e0005"], by_word["0xa22e0000"]
    load |= {"device_reads": [["0x1fd003fd", 1, "0x61"]], "gpr": {"14": "0x61"}}
    store["memory"] = [["0x1fd003f8", 1, "0x61"]]
    random = by_word["0x400f0800"]
    random |= {"answers": [["random", "0x5"]], "gpr": {"15": "0x5"}}
    recorded.trace.write_text("".join(json.dumps(line) + "\n" for line in after))
    result = recorded.check()
    assert (result.exit_code, result.stdout[:15]) == (0, "27 steps agree;")


def test_an_interrupt_from_the_trace(recorded: Recorded) -> None:
    recorded.change("mult", set_to("interrupt_lines", "0x1"))
    assert recorded.report()[0].endswith(" differs: cp0[cause]")


def test_answers_that_nothing_asks_for(recorded: Recorded) -> None:
    recorded.change("mult", set_to("answers", [["random", "0x5"]]))
    assert recorded.report()[0].endswith(" differs: answer random, not asked for")


def test_device_data_that_nothing_reads(recorded: Recorded) -> None:
    recorded.change("mult", set_to("device_reads", [["0x1fd003fd", 1, "0x61"]]))
    assert recorded.report()[0].endswith(" differs: device read at 0x1fd003fd")


def test_notes(recorded: Recorded) -> None:
    """What the trace does not answer, and what the architecture leaves open."""
    recorded.change("tlbwr", lambda line: (line.pop("answers"), line.pop("tlb")))
    assert "note: the reference asked for random and took 0x3f; the trace does not answer it" in (
        recorded.report()
    )


def test_an_open_value_is_named(recorded: Recorded) -> None:
    recorded.change("addu", set_to("gpr", {"17": "0x7"}))
    report = "\n".join(recorded.report())
    assert "note: the architecture leaves open NOT_A_WORD: " in report
    assert "clause ISA-OPEN: " in report


def test_the_place_where_the_program_ended(recorded: Recorded) -> None:
    *lines, last = recorded.trace.read_text().splitlines()
    recorded.trace.write_text("\n".join([*lines, last.replace("0xffffffff8000", "0xffffffff8800")]))
    assert recorded.report()[0] == "step 28 (line 29) differs: pc, word"


def refused(result: Result) -> str:
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_bad_traces(recorded: Recorded, tmp_path: Path) -> None:
    first, *rest = recorded.trace.read_text().splitlines(keepends=True)
    for content, message in (
        ("", "empty: a trace begins with a header"),
        (first.replace("2", "1", 1), "line 1: version 1; version 2 is needed: record it again"),
        (first.replace("R10000", "R8000"), "line 1: model 'R8000' is not one of R10000, R4000"),
        (first.replace("0x1000000", "0x10"), "line 1: 16 bytes of RAM: the size must be a multip"),
        (first, "cut off: no end line after 1 lines"),
        (first + rest[0] + rest[1][:-9], "line 3: cut off"),
        (first + rest[1], "line 2: step 2 where step 1 belongs: lines out of order"),
        (
            first + rest[0].replace('"gpr"', '"answers":[["store_conditional","0x2"]],"gpr"')
            if '"gpr"' in rest[0]
            else first + rest[0][:-2] + ',"answers":[["store_conditional","0x2"]]}\n',
            "step 1: 0x2 is no answer to store_conditional",
        ),
    ):
        recorded.trace.write_text(content)
        assert refused(recorded.check()).startswith(f"disco: {recorded.trace}: {message}")
    missing = disco("check", tmp_path / "missing", "--elf", recorded.program)
    assert refused(missing) == f"disco: {tmp_path / 'missing'}: No such file or directory\n"
    assert refused(disco("check", tmp_path, "--elf", recorded.program)).endswith("Is a directory\n")
    piped = disco("check", "-", "--elf", recorded.program, text=b"\xff")
    assert refused(piped) == "disco: -: line 1: no header of a disco-trace\n"


def test_bad_programs(recorded: Recorded, tmp_path: Path) -> None:
    other = GUESTS / "bin" / "sort-mips3-32"
    assert refused(disco("check", recorded.trace, "--elf", other)) == (
        f"disco: {other}: not the program of the trace, which has another SHA-256\n"
    )
    assert "not an ELF file" in refused(disco("check", recorded.trace, "--elf", recorded.trace))
    assert "No such file" in refused(disco("check", recorded.trace, "--elf", tmp_path / "none"))
    assert "Missing option '--elf'" in refused(disco("check", recorded.trace))


def test_every_instruction_has_clauses() -> None:
    rows = json.loads(CLAUSES.read_text()).values()
    known = {name for clause in rows for name in (*clause["code"], *clause["named"])}
    chapters = {name.rpartition(".")[0] for clause in rows for name in clause["code"]}
    lost = [row.name for row in TABLE if not {*_instruction(row)} & (known | chapters)]
    assert lost == []


def test_the_clauses_are_those_of_the_specification() -> None:
    """Write them anew with `python -m spec --index > reference/disco/oracle/clauses.json`."""
    assert CLAUSES.read_text() == index(clauses())


def test_the_schema() -> None:
    result = disco("check", "--schema")
    assert result.exit_code == 0
    assert {"TraceHeader", "TraceLine", "TraceEnd"} <= set(json.loads(result.stdout)["$defs"])


def test_what_follows_is_shown_as_far_as_it_can_be_read(tmp_path: Path) -> None:
    """The next page has no translation; reading it raises nothing."""
    source = "li $t0, 2; jr $t0; nop"
    program, trace = tmp_path / "program", tmp_path / "trace"
    program.write_bytes(write_elf(assemble(source), R10000))
    disco("run", program, "--max-instructions", 4, "--trace", trace)
    trace.write_text(trace.read_text().replace('"code":4', '"code":5'))
    report = disco("check", trace, "--elf", program).stdout.splitlines()
    assert report[0] == "step 4 (line 5) differs: exception"
    step = next(place for place, line in enumerate(report) if line.startswith("> step 4 "))
    assert " 0000000000000002  --------     [Address error " in report[step]
    assert report[step + 1] == ""
    both = next(line for line in report if line.startswith("  exception  "))
    assert ", code 5, vector 0xffffffffbfc00380  Address error" in both
    assert both.endswith(", code 4, vector 0xffffffffbfc00380")
