"""What a case of the list is."""

from typing import Callable, NamedTuple, Union


class Seeds(NamedTuple):
    """A whole JPEG and a whole WebP of 16 x 12, written by the binary under test."""
    jpeg: bytes
    webp: bytes


class Case(NamedTuple):
    """A broken input and what the command line must make of it."""
    name: str
    # The input's name in the test's folder, or an absolute path.
    file: str
    # Its bytes; or a function of the seeds that gives them; or None: there is no such file.
    data: Union[bytes, Callable[[Seeds], bytes], None]
    code: int
    # A regular expression for the line on standard error.
    message: str
    # Files that belong beside it.
    beside: dict = {}
    # Puts what no bytes can be (a pipe, a link, a folder) at the path.
    place: Union[Callable, None] = None
