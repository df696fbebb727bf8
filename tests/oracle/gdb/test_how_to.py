"""The session with GDB in the documentation."""

from pathlib import Path

from disco.mips.assembler import assemble
from disco.mips.model import R10000
from disco.oracle.elf_writer import write_elf
from tests.docs.snippets import ROOT, blocks, matches, read_console
from tests.oracle.gdb.test_gdbserver_command import run_gdb, serving


def test_the_session_in_the_documentation(tmp_path: Path) -> None:
    found = blocks(ROOT / "docs" / "how-to" / "debug-with-gdb.md")
    files = {block.value: block.text for block in found if block.mark == "file"}
    (session,) = (
        output
        for block in found
        if block.language == "console"
        for command, output in read_console(block.text)
        if command == "gdb-multiarch -q -batch -x adding.gdb adding"
    )
    program, script = tmp_path / "adding", tmp_path / "adding.gdb"
    program.write_bytes(write_elf(assemble(files["adding.s"]), R10000))
    with serving(program) as server:
        script.write_text(files["adding.gdb"].replace("1234", str(server.port)))
        printed = run_gdb("-batch", "-x", script, program)
        assert server.finish()[0] == 0
    assert matches(session, printed), printed
