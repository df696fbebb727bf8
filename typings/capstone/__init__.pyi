from collections.abc import Iterator

CS_ARCH_MIPS: int
CS_MODE_MIPS64: int
CS_MODE_BIG_ENDIAN: int

class Cs:
    def __init__(self, arch: int, mode: int) -> None: ...
    def disasm_lite(
        self, code: bytes, offset: int, count: int = ...
    ) -> Iterator[tuple[int, int, str, str]]: ...
