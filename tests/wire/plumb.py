"""
Talk to libplumb, the library in which heartbeat reads and writes messages.

Run as a program it answers each line of its input with one line: what C{read}
in hexadecimal is when the library writes it again, what the field C{expand}
holds, or what C{fields} are as the library compresses them.  It runs in a
process of its own, because some input kills the library.  It imports nothing
but the standard library.
"""

from __future__ import annotations

import ctypes
import sys

NO_LIBRARY = 77
"""The exit status where the library is not installed."""

_POINTER = ctypes.c_void_p
_STRING = ctypes.c_char_p


class Plumb:
    """The few functions that are needed here."""

    def __init__(self) -> None:
        # The library loads its compressors as plugins, which look for its symbols.
        self.library = ctypes.CDLL("libplumb.so.2", mode=ctypes.RTLD_GLOBAL)

    def call(self, name: str, result: type | None, *arguments: tuple[object, object]) -> object:
        """Call a function; each argument comes with its type."""
        function = getattr(self.library, name)
        function.restype, function.argtypes = result, [kind for kind, _ in arguments]
        return function(*(value for _, value in arguments))

    def parse(self, data: bytes) -> object:
        """Read a message without signature; None when the library refuses it."""
        return self.call(
            "wirefmt2msg", _POINTER, (_STRING, data), (ctypes.c_size_t, len(data)), (ctypes.c_int, 0)
        )

    def write(self, message: object, function: str = "msg2wirefmt_noac") -> bytes:
        """Write a message without signature; empty when the library refuses it."""
        length = ctypes.c_size_t()
        size = (ctypes.POINTER(ctypes.c_size_t), ctypes.byref(length))
        written = self.call(function, _POINTER, (_POINTER, message), size)
        return ctypes.string_at(written, length.value) if isinstance(written, int) else b""

    def expand(self, message: object, name: bytes) -> object:
        """Return the message in a field, expanded if it is compressed."""
        return self.call("cl_get_struct", _POINTER, (_POINTER, message), (_STRING, name))

    def compressed_field(self, algorithm: bytes, nested: object) -> bytes:
        """Write a message with one field that is to be compressed."""
        self.call("cl_set_compress_fns", ctypes.c_int, (_STRING, algorithm))
        message = self.call("ha_msg_new", _POINTER, (ctypes.c_int, 0))
        self.call("ha_msg_add", ctypes.c_int, (_POINTER, message), (_STRING, b"t"), (_STRING, b"outer"))
        child = ((_POINTER, message), (_STRING, b"child"), (_POINTER, nested))
        self.call("ha_msg_addstruct_compress", ctypes.c_int, *child)
        return self.write(message, "msg2wirefmt")


def answer(plumb: Plumb, line: str) -> bytes:
    """Answer one line of input; nothing for a message that the library refuses."""
    verb, argument, data = line.split(" ")
    message = plumb.parse(bytes.fromhex(data))
    if message is None:
        return b""
    if verb == "expand":
        return plumb.write(plumb.expand(message, argument.encode()))
    if verb == "compress":
        return plumb.compressed_field(argument.encode(), message)
    return plumb.write(message)


def main() -> int:
    """Answer until the input ends."""
    try:
        plumb = Plumb()
    except OSError as error:
        print(error, file=sys.stderr)
        return NO_LIBRARY
    for line in sys.stdin:
        print(answer(plumb, line.rstrip("\n")).hex())
    return 0


if __name__ == "__main__":
    sys.exit(main())
