"""The `monitor` commands of a debugger: what the remote protocol has no packet for."""

from collections.abc import Callable

from disco.bits import MASK64
from disco.mips.address import Access, find_segment, translate
from disco.mips.cp0 import mode
from disco.mips.exceptions import MipsException
from disco.oracle.gdb.debuggee import Debuggee

_HELP = """\
physical on|off     memory commands take physical addresses, or virtual ones again
translate ADDRESS   what a load and a store there refer to now; ADDRESS has 64 bits
tlb                 the entries of the TLB
where               steps since the start, mode, and whether pc is in a delay slot
"""


class Monitor:
    """Carries out monitor commands; none of them changes the board."""

    def __init__(self, debuggee: Debuggee) -> None:
        self._debuggee = debuggee
        self.physical = False
        """Memory packets give physical addresses."""

    def run(self, command: str) -> str:
        """Carry out a command and give what to print, whole lines."""
        name, *arguments = command.split() or ["help"]
        handler: Callable[..., str] | None
        handler, count = self._commands().get(name, (None, 0))
        if handler is None:
            return f"no such command: {name[:40]}\n{_HELP}"
        if len(arguments) != count:
            return f"{name} takes {count} argument{'' if count == 1 else 's'}\n{_HELP}"
        return handler(*arguments)

    def _commands(self) -> dict[str, tuple[Callable[..., str], int]]:
        """Give each command with the number of its arguments."""
        return {
            "help": (lambda: _HELP, 0),
            "physical": (self._set_physical, 1),
            "translate": (self._translate, 1),
            "tlb": (self._show_tlb, 0),
            "where": (self._show_place, 0),
        }

    def _set_physical(self, state: str) -> str:
        if state not in ("on", "off"):
            return f"physical is on or off, not {state[:40]}\n"
        self.physical = state == "on"
        return f"memory addresses are {'physical' if self.physical else 'virtual'}\n"

    def _translate(self, text: str) -> str:
        try:
            address = int(text, 0)
        except ValueError:
            address = -1
        if not 0 <= address <= MASK64:
            return f"{text[:40]} is no address of 64 bits\n"
        cpu = self._debuggee.cpu
        segment = find_segment(cpu.model, cpu.cp0.status, address)
        lines = [f"{address:#018x} in {segment.name if segment else 'no segment'}\n"]
        for access in (Access.LOAD, Access.STORE):
            try:
                paddr, attribute = translate(cpu, address, access)
                outcome = f"physical {paddr:#x}, cache attribute {attribute}"
            except MipsException as exception:
                outcome = f"{exception.kind.name} exception"
            lines.append(f"{access.name.lower()}: {outcome}\n")
        return "".join(lines)

    def _show_tlb(self) -> str:
        tlb = self._debuggee.cpu.tlb
        lines = [
            f"{index}: vpn2 {entry.vpn2:#x} mask {entry.mask:#x} asid {entry.asid:#x} "
            f"global {int(entry.glob)} lo0 {entry.lo0:#x} lo1 {entry.lo1:#x}\n"
            for index, entry in ((index, tlb[index]) for index in range(tlb.size))
            if entry.present
        ]
        return "".join(lines) or "the TLB has no entry\n"

    def _show_place(self) -> str:
        cpu = self._debuggee.cpu
        slot = ", in a delay slot" if cpu.delay_slot else ""
        current = mode(cpu.cp0.status).name.lower()
        return f"after {self._debuggee.position} steps, in {current} mode{slot}\n"
