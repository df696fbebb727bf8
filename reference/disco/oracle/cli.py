"""The command line: `disco COMMAND`."""

import sys
from collections.abc import Sequence

import click

from disco import __version__
from disco.oracle.assembly_commands import asm_command, disasm_command
from disco.oracle.check_command import check_command
from disco.oracle.gdbserver_command import gdbserver_command
from disco.oracle.lockstep_command import lockstep_command
from disco.oracle.run_command import run_command
from disco.oracle.serve_command import serve_command
from disco.oracle.step_command import step_command
from disco.oracle.vectors_command import vectors_command


class _OneLineErrors(click.Group):
    """A group whose errors are one line on standard error."""

    def main(  # type: ignore[override] # of the arguments only those that are used here
        self, args: Sequence[str] | None = None, prog_name: str = "disco", **extra: object
    ) -> None:
        """Run the command and exit."""
        try:
            status = super().main(args, prog_name, standalone_mode=False)
        except click.ClickException as error:
            message = " ".join(error.format_message().split())
            click.echo(f"{_command_path(error)}: {message}", err=True)
            sys.exit(error.exit_code)
        except click.Abort:
            click.echo("disco: interrupted", err=True)
            sys.exit(130)
        sys.exit(status)

    def invoke(self, ctx: click.Context) -> object:
        """Run the chosen command. Ctrl-C leaves no empty line."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.Abort from None


def _command_path(error: click.ClickException) -> str:
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return error.ctx.command_path
    return "disco"


@click.group("disco", cls=_OneLineErrors, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="disco")
def main() -> None:
    """An executable reference of the MIPS R10000 processor."""


main.add_command(run_command)
main.add_command(step_command)
main.add_command(gdbserver_command)
main.add_command(serve_command)
main.add_command(asm_command)
main.add_command(disasm_command)
main.add_command(check_command)
main.add_command(lockstep_command)
main.add_command(vectors_command)
