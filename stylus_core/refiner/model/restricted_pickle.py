"""Reads plain data out of a pickle without unpickling it: nothing is looked up, imported or called.

A `pickle.Unpickler` with a `find_class` of one's own is no way to do this: the hash of a deeply nested tuple or a far
place of the memo ends the process before any bound is asked. Here `pickletools` reads the arguments of opcodes, from a
file that bounds them, and a table says what the few opcodes of data do.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple

# Together they bound time and memory: 75,000 adapters of StylusDocs take some 20 million opcodes, and about ten lists
# and objects and fifteen fields each.
_MAX_OPCODES = 30_000_000
_MAX_CONTAINERS, _MAX_STACK = 1_200_000, 2_000_000
_MAX_FIELDS, _MAX_FIELDS_OF_ONE = 3_000_000, 100  # of all objects together: giving one its fields copies them
_MAX_GAP = 100  # places of the memo that may be left out
_MAX_TEXT, _MAX_BITS = 4 * 2**20, 128  # bytes of a string, bits of a number
_MAX_DIGITS = 40  # of a number that is written in digits: an older Python reads millions of them in minutes
_IN_DIGITS = frozenset(("INT", "LONG", "FLOAT", "PUT", "GET"))


class BadPickle(ValueError):
    """The pickle holds something else than the expected data; the message is one clause."""


class Global(NamedTuple):
    """A name that the pickle refers to. It is never resolved."""

    module: str
    name: str


class Instance(dict[str, Any]):
    """What the pickle says of the fields of one object of an expected class."""


#: Where a group of values begins on the stack, and what is in an empty place of the memo.
_MARK = object()
#: How pickles of protocol 0 and 1 say "a new object of this class".
_RECONSTRUCT = frozenset((Global("copyreg", "_reconstructor"), Global("copy_reg", "_reconstructor")))
_OBJECT = frozenset((Global("builtins", "object"), Global("__builtin__", "object")))


def read_data(file: BinaryIO, expected: frozenset[Global], progress: Callable[[int], None] | None = None) -> Any:
    """Reads the value in a pickle: lists, tuples, dicts with keys of text, text, numbers, and `Instance` objects.

    Args:
        file: a pickle of any protocol. Time and memory grow with it alone.
        expected: the classes of which objects may occur.
        progress: gets the number of bytes read now and then.

    Raises:
        BadPickle: for all else that a pickle can hold, a broken one, and one far larger than a catalogue.
    """
    machine = _Machine(file, expected)
    try:
        for count in range(_MAX_OPCODES):
            if (code := file.read(1)) not in _OPCODES:
                raise BadPickle("it is broken (no opcode)" if code else "it ends before its end")
            name, reader, step = _OPCODES[code]
            if name == "STOP":
                (value,) = machine.stack
                return value
            if step is None:
                raise BadPickle(f"it holds {name}, which a catalogue has no need of")
            machine.longest_line = _MAX_DIGITS if name in _IN_DIGITS else _MAX_TEXT
            step(machine, reader(machine) if reader else None)
            if progress and not count % 200_000:
                progress(file.tell())
    except BadPickle:
        raise
    except Exception as error:  # whatever a stack of other values than the opcodes expect leads to
        raise BadPickle(f"it is broken ({type(error).__name__})") from None
    raise BadPickle("it is far larger than any catalogue")


def _need(holds: bool, otherwise: str) -> None:
    if not holds:
        raise BadPickle(otherwise)


class _Machine:
    """A pickle's stack and memo, for data alone. `pickletools` reads the file through it."""

    def __init__(self, file: BinaryIO, expected: frozenset[Global]) -> None:
        self._file, self._expected = file, expected
        self.stack: list[Any] = []
        self.memo: list[Any] = []
        self.longest_line = self._puts = self._containers = self._fields = 0

    def read(self, size: int) -> bytes:
        _need(0 <= size <= _MAX_TEXT, f"it holds a string of more than {_MAX_TEXT} bytes")
        return self._file.read(size)

    def readline(self) -> bytes:
        line = self._file.readline(self.longest_line + 1)
        _need(len(line) <= self.longest_line, f"it holds a line of more than {self.longest_line} bytes")
        return line

    def push(self, value: Any) -> None:
        _need(len(self.stack) <= _MAX_STACK, "it nests or lists far more values than any catalogue")
        if type(value) is int:
            _need(value.bit_length() <= _MAX_BITS, "it holds a number that is far larger than any in a catalogue")
        self.stack.append(value)

    def new(self, value: Any) -> None:
        self._containers += 1
        _need(self._containers <= _MAX_CONTAINERS, "it holds far more lists and objects than any catalogue")
        self.push(value)

    def take(self, count: int = 0) -> list[Any]:
        """Takes so many values off the stack; without a number those above the last mark, and the mark."""
        at = len(self.stack) - (count or 1)
        while not count and self.stack[at] is not _MARK:
            at -= 1
        _need(at >= 0, "it is broken (too few values)")
        values = self.stack[at if count else at + 1 :]
        del self.stack[at:]
        return values

    def top(self, kind: type) -> Any:
        _need(type(self.stack[-1]) is kind, "it is broken (a value of the wrong type)")
        return self.stack[-1]

    def fill(self, values: list[Any], *, new: bool = False) -> None:
        if new:
            self.new({})
        target = self.top(dict)
        for key, value in zip(values[::2], values[1::2], strict=True):
            # numbers can be chosen so that they collide, and the hash of a deep tuple ends the process
            _need(type(key) is str, "it holds a dict with keys that are no text")
            target[key] = value

    def put(self, place: int) -> None:
        self._puts += 1  # in their order, so that none costs more than itself
        _need(0 <= place < self._puts + _MAX_GAP, "it is broken (a place of its memo out of order)")
        self.memo.extend([_MARK] * (place + 1 - len(self.memo)))
        self.memo[place] = self.stack[-1]

    def get(self, place: int) -> None:
        _need(place >= 0 and self.memo[place] is not _MARK, "it is broken (an empty place of its memo)")
        self.push(self.memo[place])

    def refer(self, module: str, name: str) -> None:
        found, names = Global(module[:200], name[:200]), " or ".join(sorted(map(".".join, self._expected)))
        known = found in self._expected | _RECONSTRUCT | _OBJECT
        _need(known, f"it refers to {found.module}.{found.name}, and only {names} may occur in it")
        self.push(found)

    def create(self, kind: Any, arguments: Any) -> None:
        _need(arguments == (), "it makes an object out of arguments")
        known = type(kind) is Global and kind in self._expected
        _need(known, "it makes an object of something that is no class of a catalogue")
        self.new(Instance())

    def reconstruct(self, function: Any, arguments: Any) -> None:
        _need(type(function) is Global and function in _RECONSTRUCT, "it calls something")
        kind, base, state = arguments
        _need(type(base) is Global and base in _OBJECT and state is None, "it makes an object out of another one")
        self.create(kind, ())

    def build(self, state: Any) -> None:
        target = self.top(Instance)
        # a class with slots: (what is in its __dict__, what is in its slots)
        for fields in filter(None, state if type(state) is tuple and len(state) == 2 else (state,)):
            _need(type(fields) is dict, "it gives an object something else than fields")
            self._fields += len(fields)
            few = len(fields) <= _MAX_FIELDS_OF_ONE and self._fields <= _MAX_FIELDS
            _need(few, "it gives objects far more fields than any catalogue")
            target.update(fields)


_Step = Callable[[_Machine, Any], object]
_VALUES = """INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING UNICODE
    BINUNICODE SHORT_BINUNICODE BINUNICODE8"""
_STEPS: dict[str, _Step] = {
    **dict.fromkeys(("PROTO", "FRAME"), lambda m, _: None),
    **dict.fromkeys(_VALUES.split(), _Machine.push),
    "NONE": lambda m, _: m.push(None),
    "NEWTRUE": lambda m, _: m.push(True),
    "NEWFALSE": lambda m, _: m.push(False),
    "MARK": lambda m, _: m.push(_MARK),
    "POP": lambda m, _: m.take(1),
    "POP_MARK": lambda m, _: m.take(),
    "EMPTY_TUPLE": lambda m, _: m.push(()),
    "TUPLE": lambda m, _: m.new(tuple(m.take())),
    "TUPLE1": lambda m, _: m.new(tuple(m.take(1))),
    "TUPLE2": lambda m, _: m.new(tuple(m.take(2))),
    "TUPLE3": lambda m, _: m.new(tuple(m.take(3))),
    "EMPTY_LIST": lambda m, _: m.new([]),
    "LIST": lambda m, _: m.new(m.take()),
    "APPEND": lambda m, _: (values := m.take(1)) and m.top(list).extend(values),
    "APPENDS": lambda m, _: (values := m.take()) and m.top(list).extend(values),
    "EMPTY_DICT": lambda m, _: m.new({}),
    "DICT": lambda m, _: m.fill(m.take(), new=True),
    "SETITEM": lambda m, _: m.fill(m.take(2)),
    "SETITEMS": lambda m, _: m.fill(m.take()),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _Machine.put),
    "MEMOIZE": lambda m, _: m.put(len(m.memo)),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.get),
    "GLOBAL": lambda m, names: m.refer(*names.split(" ", 1)),
    "STACK_GLOBAL": lambda m, _: m.refer(*m.take(2)),
    "NEWOBJ": lambda m, _: m.create(*m.take(2)),
    "REDUCE": lambda m, _: m.reconstruct(*m.take(2)),
    "BUILD": lambda m, _: m.build(*m.take(1)),
}
#: By its byte each opcode's name, what reads its argument, and what it does; None where data has no need of it.
_OPCODES: dict[bytes, tuple[str, Callable[[Any], Any] | None, _Step | None]] = {
    o.code.encode("latin-1"): (o.name, o.arg.reader if o.arg else None, _STEPS.get(o.name)) for o in pickletools.opcodes
}
