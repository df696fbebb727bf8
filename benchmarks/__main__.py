"""`python -m benchmarks`: measure, and print the figures as a table."""

from benchmarks import native, oracle_stepping, trace_checking, unicorn_stepping, vector_judging

PROGRAMS = ("sort-mips3-32", "sha256-mips3-32")
ROUNDS = 3
SMALLEST_SHARE = 0.01


def main() -> None:
    """Print the speed of each program, the ratio to Unicorn, and where the time goes."""
    print(f"Instructions per second ({native.MODEL.name}, best of {ROUNDS})\n")
    print(f"{'program':18}{'reference':>12}{'Unicorn, stepped':>20}{'ratio':>8}")
    for program in PROGRAMS:
        reference = max(native.instructions_per_second(program) for _ in range(ROUNDS))
        stepped = max(unicorn_stepping.instructions_per_second(program) for _ in range(ROUNDS))
        print(f"{program:18}{reference:12,.0f}{stepped:20,.0f}{reference / stepped:8.1f}")
    stepped = max(unicorn_stepping.instructions_per_second(PROGRAMS[0]) for _ in range(ROUNDS))
    print(f"\nOracle steps per second, {PROGRAMS[0]}, whole state read back\n")
    for what, recording in (("recording", True), ("not recording", False)):
        rate = max(
            oracle_stepping.instructions_per_second(PROGRAMS[0], recording=recording)
            for _ in range(ROUNDS)
        )
        print(f"{what:18}{rate:12,.0f}{stepped:20,.0f}{rate / stepped:8.1f}")
    print(f"{'disco serve':18}{oracle_stepping.requests_per_second():12,.0f}")
    print("\nTrace lines per second\n")
    for what, rate in trace_checking.lines_per_second(PROGRAMS[0]):
        print(f"{what:18}{rate:12,.0f}")
    print("\nVectors per second\n")
    for what, rate in vector_judging.cases_per_second():
        print(f"{what:18}{rate:12,.0f}")
    print(f"\nWhere the time goes in {PROGRAMS[0]}, under Python's profiler\n")
    for part, share in native.profile(PROGRAMS[0]):
        if share >= SMALLEST_SHARE:
            print(f"{part:34}{share:7.1%}")


main()
