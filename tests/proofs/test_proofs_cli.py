"""The command line of the proofs."""

import pkgutil
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import pytest

from proofs import cli, solvers, theorems
from proofs.obligations import Result
from proofs.runner import ProofTask, run_proof

ROOT = Path(__file__).parents[2]
GOOD = "tests.proofs.toy_theorem"
BAD = "tests.proofs.toy_false_theorem"


def run(
    capsys: pytest.CaptureFixture[str], *arguments: str, modules: Sequence[str] = (GOOD, BAD)
) -> tuple[int, list[str], str]:
    status = cli.main(arguments, modules)
    captured = capsys.readouterr()
    return status, captured.out.splitlines(), captured.err


def test_everything_holds(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "--jobs", "2", modules=[GOOD])
    assert (status, err) == (0, "")
    assert [line.split()[1] for line in out[:4]] == ["bounded", "replayed", "scales", "steps"]
    assert all(line.startswith("T1 ") and line.endswith(" s  proved") for line in out[:4])
    assert out[4].startswith("T1   4 of 4 obligations proved, 6 paths, ")
    assert out[5].startswith("all  4 of 4 obligations proved, 6 paths, ")
    assert len(out) == 6


def test_a_failure_is_printed_with_its_state(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "--jobs=1", "t2/wrong", "T1/scales")
    assert status == 1
    assert out[0].startswith("T1   scales")
    assert out[1].startswith("T2   wrong")
    assert out[1].endswith("refuted")
    assert out[2] == "       is never 77"
    assert out[3].startswith("       value = ")
    assert out[-1].startswith("all  1 of 2 obligations proved")


def test_a_theorem_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "--jobs=1", "T2")
    assert status == 1
    assert out[-2].startswith("T2   1 of 9 obligations proved")


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "--list", "T1")
    assert (status, out) == (0, ["T1/bounded", "T1/replayed", "T1/scales", "T1/steps"])
    status, out, _ = run(capsys, "--list", "--mutants", "T1")
    assert (status, out) == (0, ["T1/not-cut", "T1/divides", "T1/method", "T1/in-table"])


@pytest.mark.parametrize(("number", "taken"), [("1", 1), ("2", 2), ("3", 2), ("4", 4), ("9", 4)])
def test_a_sample_is_spread_and_repeatable(
    capsys: pytest.CaptureFixture[str], number: str, taken: int
) -> None:
    _, out, _ = run(capsys, "--list", "--sample", number, "T1")
    assert len(out) == taken
    assert out[0] == "T1/bounded"
    assert run(capsys, "--list", "--sample", number, "T1")[1] == out


def test_all_mutants_killed(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "--mutants", "--jobs=2", modules=[GOOD])
    assert status == 0
    assert [line.split()[1] for line in out if line.endswith("killed")] == [
        "not-cut",
        "divides",
        "method",
        "in-table",
    ]
    assert out[1] == "       bounded refuted: at most the limit"
    assert out[-1].startswith("4 of 4 mutants killed")


def test_a_surviving_mutant(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "--mutants", "--jobs=1", "T2/elsewhere", "T1/method")
    assert status == 1
    assert out[2].endswith("SURVIVED")
    assert out[3] == "       every obligation holds"
    assert out[4].startswith("1 of 2 mutants killed")


@pytest.mark.parametrize("solver", sorted(solvers.SECOND_SOLVERS))
def test_second_solver_and_questions(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, solver: str
) -> None:
    target = tmp_path / "deep" / "questions"
    status, out, _ = run(
        capsys, "T1/bounded", "--smt2", str(target), "--second-solver", solver, "--jobs=1"
    )
    assert status == 0
    files = list(target.rglob("*.smt2"))
    assert len(files) > 1
    assert out[-1].endswith("s elapsed")
    assert f", {len(files)} answers confirmed" in out[-1]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["T9"], "nothing is named 'T9'; valid names: T1, T2"),
        (["T1/none"], "'T1/none'; valid names: T1/bounded, T1/replayed, T1/scales, T1/steps"),
        (["--mutants", "T1/bounded"], "valid names: T1/not-cut, T1/divides"),
        (["--jobs", "0"], "argument --jobs: '0' is not a positive number"),
        (["--jobs", "many"], "'many' is not a positive number"),
        (["--sample", "-1"], "argument --sample"),
        (["--second-solver", "abacus"], "invalid choice: 'abacus'"),
        (["--frobnicate"], "unrecognized arguments: --frobnicate"),
        (["--mutants", "--smt2", "x"], "--mutants does not go together with"),
        (["--smt2", f"{__file__}/x"], f"cannot write to {__file__}/x: "),
    ],
)
def test_bad_command_lines(
    capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, [])
    assert err.startswith("python -m proofs: ")
    assert complaint in err
    assert err.count("\n") == 1


def test_of_many_names_the_nearest_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["T1/LWUX"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("python -m proofs: nothing is named 'T1/LWUX'; do you mean T1/LWU")
    assert "--list prints the " in err
    assert len(err) < 200


def test_a_reader_that_leaves_is_no_error() -> None:
    line = f"PYTHONPATH=reference {sys.executable} -m proofs --list | head -1"
    done = subprocess.run(["sh", "-c", line], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout.count("\n"), done.stderr) == (1, "")


def test_a_solver_that_is_not_installed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cvc5", None)
    status, _, err = run(capsys, "--second-solver", "cvc5")
    assert status == 2
    assert err == (
        "python -m proofs: cvc5 is not installed: run pip install -e '.[prove]' in the checkout\n"
    )


def test_nothing_to_prove_is_not_a_success(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(theorems, "modules", list)
    status, _, err = run(capsys, modules=())
    assert (status, err) == (2, "python -m proofs: there are no obligations\n")


def test_an_interruption_prints_what_was_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(
        function: object, tasks: Sequence[ProofTask], jobs: int, finished: Callable[[], None]
    ) -> Generator[Result, None, None]:
        yield run_proof(tasks[0])
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "run_all", interrupted)
    status, out, _ = run(capsys, "T1")
    assert status == 130
    assert out[0].startswith("T1   bounded")
    assert out[-1] == "interrupted: 1 of 4 obligations were done"


def test_a_signal_ends_the_workers_too() -> None:
    script = (
        "import sys; from proofs.cli import main; "
        "sys.exit(main(['--jobs', '2'], ['tests.proofs.toy_slow_theorem']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()  # ends when the last worker has closed it
    assert process.returncode == 130
    assert first.startswith("T3   quick")
    assert rest.endswith("interrupted: 1 of 2 obligations were done\n")


def test_a_terminal_shows_progress(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    status, out, _ = run(capsys, "--jobs=1", "T1")
    assert status == 0
    assert any("obligations" in line and "4/4" in line for line in out)
    assert sum("proved" in line for line in out) == 6


def test_theorems_are_found_in_the_order_of_their_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    class Module:
        def __init__(self, name: str) -> None:
            self.name = name

    names = ["t10_ownership", "t0_decode", "terms", "t2_virtualizable", "theorems"]
    monkeypatch.setattr(pkgutil, "iter_modules", lambda path: map(Module, names))
    assert theorems.modules() == [
        "proofs.t0_decode",
        "proofs.t2_virtualizable",
        "proofs.t10_ownership",
    ]


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=ROOT, check=False
    )


def test_help_documents_the_exit_statuses() -> None:
    done = command("-m", "proofs", "--help")
    assert done.returncode == 0
    assert done.stderr == ""
    for status in ("  0  ", "  1  ", "  2  ", "  130  "):
        assert f"\n{status}" in done.stdout


@pytest.mark.parametrize("package", ["z3", "rich"])
def test_a_missing_package_is_one_clear_line(package: str) -> None:
    blocked = (
        "import runpy, sys; "
        f"sys.modules[{package!r}] = None; "
        "runpy.run_module('proofs', run_name='__main__')"
    )
    done = command("-c", blocked)
    assert done.returncode == 2
    assert done.stderr == (
        f"python -m proofs: {package} is not installed: "
        "run pip install -e '.[prove]' in the checkout\n"
    )
