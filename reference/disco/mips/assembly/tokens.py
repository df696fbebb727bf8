"""Assembly source: its tokens and the errors in it."""

import enum
import re

import attrs

from disco.bits import MASK64


class AssemblyError(Exception):
    """An error in assembly source: one line that says what is wrong where."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(f"{line}:{column}: {message}")
        self.line = line
        """Number of the line, from 1."""
        self.column = column
        """Number of the character in the line, from 1."""
        self.message = message


class TokenKind(enum.Enum):
    """What a token is."""

    NAME = "name"
    REGISTER = "register"
    NUMBER = "number"
    STRING = "string"
    CHARACTER = "character"
    PART = "part of an address"
    OPERATOR = "operator"
    END = "end of line"


@attrs.frozen
class Token:
    """A token and where it stands."""

    kind: TokenKind
    text: str
    line: int
    column: int

    def error(self, message: str) -> AssemblyError:
        """Make the error that `message` tells about this token."""
        return AssemblyError(self.line, self.column, message)

    def __str__(self) -> str:
        return self.kind.value if self.kind is TokenKind.END else f"'{self.text}'"


_TOKEN = re.compile(
    r"""(?P<skipped>[ \t\r\f\v]+|\#.*|//.*)
    |(?P<STRING>"(?:[^"\\]|\\.)*")
    |(?P<CHARACTER>'(?:[^'\\]|\\.)')
    |(?P<REGISTER>\$\w+)
    |(?P<NUMBER>\d\w*)
    |(?P<PART>%(?:highest|higher|hi|lo)\b)
    |(?P<NAME>[A-Za-z_.][\w.$]*)
    |(?P<OPERATOR><<|>>|[-+*/%&|^~(),:;=])
    """,
    re.VERBOSE | re.ASCII,
)


def scan(text: str, line: int) -> list[Token]:
    """Divide the line `text` into tokens, the last of which is END. Comments are left out."""
    tokens = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            what = "string or character" if text[position] in "\"'" else "token"
            raise AssemblyError(
                line, position + 1, f"no {what} begins with {text[position]!a} here"
            )
        if match.lastgroup is not None and match.lastgroup != "skipped":
            tokens.append(Token(TokenKind[match.lastgroup], match[0], line, position + 1))
        position = match.end()
    tokens.append(Token(TokenKind.END, "", line, position + 1))
    return tokens


_NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+)|(0[bB][01]+)|(0[0-7]*)|([1-9][0-9]*)")
_BASES = {1: 16, 2: 2, 3: 8, 4: 10}
_LONGEST = 66


def number(token: Token) -> int:
    """Read an unsigned number: hexadecimal 0x, binary 0b, octal 0 or decimal, as in C."""
    match = _NUMBER.fullmatch(token.text)
    if match is None or match.lastindex is None:
        raise token.error(f"{token} is not a number")
    if len(token.text) > _LONGEST or (value := int(token.text, _BASES[match.lastindex])) > MASK64:
        raise token.error("the number does not fit 64 bits")
    return value


_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(.))|([^\\])", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}


def string(token: Token) -> bytes:
    """Read a string or character: its bytes, characters beyond ASCII in UTF-8."""
    content = bytearray()
    for octal, hexadecimal, escaped, plain in _ESCAPE.findall(token.text[1:-1]):
        if octal:
            content.append(int(octal, 8) & 0xFF)
        elif hexadecimal:
            content.append(int(hexadecimal, 16))
        elif escaped and escaped not in "\\\"'" and escaped not in _ESCAPED:
            raise token.error(f"there is no escape \\{escaped}")
        else:
            content += (plain or _ESCAPED.get(escaped, escaped)).encode("utf-8", "surrogatepass")
    return bytes(content)
