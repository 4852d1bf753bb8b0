"""Reads plain data out of a pickle without ever unpickling: an interpreter of the opcodes that data needs.

`pickle.loads` runs whatever a file says, and a restricted `find_class` still leaves ways to crash or confuse a process
(hashes of nested tuples, state set on classes). Here the standard library's `pickletools` only reads the arguments of
opcodes; nothing is looked up, imported or called, and an object of a class that the caller expects becomes a dict.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, NamedTuple, TypeVar

from stylus_core.refiner.model.pickle_file import BadPickle, Bounded

_T = TypeVar("_T")

# Together they bound time and memory: 75,000 adapters of StylusDocs take some 20 million opcodes, and about ten lists
# and objects and fifteen fields each.
_MAX_BITS = 128  # of one number
_MAX_OPCODES = 30_000_000
_MAX_CONTAINERS = 1_200_000
_MAX_FIELDS = 3_000_000  # of all objects together: giving one its fields copies them
_MAX_FIELDS_OF_ONE = 100
_MAX_STACK = 2_000_000
_MAX_GAP = 100  # places of the memo that may be left out


class Global(NamedTuple):
    """A name that the pickle refers to. It is never resolved."""

    module: str
    name: str


class Instance(dict[str, Any]):
    """What the pickle says of the fields of one object of an expected class."""


class _Mark:
    """Where a group of values begins on the stack."""


_MARK = _Mark()
#: How pickles of protocol 0 and 1 say "a new object of this class".
_RECONSTRUCT = frozenset((Global("copyreg", "_reconstructor"), Global("copy_reg", "_reconstructor")))
_OBJECT = frozenset((Global("builtins", "object"), Global("__builtin__", "object")))


def read_data(file: BinaryIO, expected: frozenset[Global], progress: Callable[[int], None] | None = None) -> Any:
    """The value in the pickle `file`: lists, tuples, dicts with keys of text, text, numbers, and `Instance` objects.

    `expected` are the classes of which objects may occur. `progress` gets the number of bytes read now and then.
    The work grows with the file alone, and so does the memory. Raises `BadPickle` for everything else that a pickle can
    hold, for one that is broken, and for one that is far larger than a catalogue.
    """
    machine = _Machine(expected)
    bounded = Bounded(file)
    try:
        for count in range(_MAX_OPCODES):
            bounded.opcode = code = file.read(1)
            if code not in _OPCODES:
                raise BadPickle("it is broken (no opcode)" if code else "it ends before its end")
            name, reader = _OPCODES[code]
            if name == "STOP":
                return machine.result()
            machine.step(name, reader(bounded) if reader is not None else None)
            if progress and not count % 200_000:
                progress(file.tell())
    except BadPickle:
        raise
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, MemoryError) as error:
        raise BadPickle(f"it is broken ({type(error).__name__})") from None
    raise BadPickle("it is far larger than any catalogue")


class _Machine:
    """The pickle's stack machine, for data alone."""

    def __init__(self, expected: frozenset[Global]) -> None:
        self._expected = expected
        self._stack: list[Any] = []
        self._memo: list[Any] = []  # places that are left out hold the mark
        self._puts = 0
        self._containers = 0
        self._fields = 0

    def result(self) -> Any:
        if len(self._stack) != 1:
            raise BadPickle("it is broken (a stack of values at its end)")
        return self._stack[0]

    def step(self, name: str, argument: Any) -> None:
        handler = _HANDLERS.get(name)
        if handler is not None:
            handler(self, argument)
        elif name in _VALUES:
            if type(argument) is int and argument.bit_length() > _MAX_BITS:
                raise BadPickle("it holds a number that is far larger than any in a catalogue")
            self._push(argument)
        elif name not in _NOTHING:
            raise BadPickle(f"it holds {name}, which a catalogue has no need of")

    def _push(self, value: Any) -> None:
        if len(self._stack) > _MAX_STACK:
            raise BadPickle("it nests or lists far more values than any catalogue")
        self._stack.append(value)

    def _new(self, value: Any) -> None:
        self._containers += 1
        if self._containers > _MAX_CONTAINERS:
            raise BadPickle("it holds far more lists and objects than any catalogue")
        self._push(value)

    def _group(self) -> list[Any]:
        """Takes the values above the last mark, and the mark."""
        at = len(self._stack) - 1
        while self._stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise BadPickle("it is broken (no mark)")
        values = self._stack[at + 1 :]
        del self._stack[at:]
        return values

    def _global(self, module: Any, name: Any) -> None:
        found = Global(str(module)[:200], str(name)[:200])
        if found not in self._expected | _RECONSTRUCT | _OBJECT:
            names = " or ".join(sorted(f"{known.module}.{known.name}" for known in self._expected))
            raise BadPickle(f"it refers to {found.module}.{found.name}, and only {names} may occur in it")
        self._push(found)

    def _instance(self, kind: Any) -> None:
        # asked for its type first: the hash of a deeply nested tuple would end the process
        if not isinstance(kind, Global) or kind not in self._expected:
            raise BadPickle("it makes an object of something that is no class of a catalogue")
        self._new(Instance())

    def _put(self, number: int) -> None:
        # Places are numbered in their order, so that none costs more than itself.
        self._puts += 1
        if not 0 <= number < self._puts + _MAX_GAP:
            raise BadPickle("it is broken (a place of its memo out of order)")
        value = self._stack[-1]
        if number < len(self._memo):
            self._memo[number] = value
        else:
            self._memo.extend([_MARK] * (number - len(self._memo)))
            self._memo.append(value)

    # One method an opcode, by its name in lower case; a trailing _ keeps Python's own names free.

    def mark(self, _: Any) -> None:
        self._push(_MARK)

    def pop(self, _: Any) -> None:
        self._stack.pop()

    def pop_mark(self, _: Any) -> None:
        self._group()

    def none(self, _: Any) -> None:
        self._push(None)

    def newtrue(self, _: Any) -> None:
        self._push(True)

    def newfalse(self, _: Any) -> None:
        self._push(False)

    def empty_list(self, _: Any) -> None:
        self._new([])

    def list_(self, _: Any) -> None:
        self._new(self._group())

    def append(self, _: Any) -> None:
        value = self._stack.pop()
        self._target(list).append(value)

    def appends(self, _: Any) -> None:
        values = self._group()
        self._target(list).extend(values)

    def empty_tuple(self, _: Any) -> None:
        self._push(())

    def tuple_(self, _: Any) -> None:
        self._new(tuple(self._group()))

    def tuple1(self, _: Any) -> None:
        self._last(1)

    def tuple2(self, _: Any) -> None:
        self._last(2)

    def tuple3(self, _: Any) -> None:
        self._last(3)

    def empty_dict(self, _: Any) -> None:
        self._new({})

    def dict_(self, _: Any) -> None:
        values = self._group()
        self._new({})
        self._fill(values)

    def setitem(self, _: Any) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._fill([key, value])

    def setitems(self, _: Any) -> None:
        self._fill(self._group())

    def put(self, number: int) -> None:
        self._put(number)

    def memoize(self, _: Any) -> None:
        self._put(len(self._memo))

    def get(self, number: int) -> None:
        value = self._memo[number] if 0 <= number < len(self._memo) else _MARK
        if value is _MARK:
            raise BadPickle("it is broken (an empty place of its memo)")
        self._push(value)

    def global_(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self._global(module, name)

    def stack_global(self, _: Any) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        if not (isinstance(module, str) and isinstance(name, str)):
            raise BadPickle("it is broken (a name that is no text)")
        self._global(module, name)

    def newobj(self, _: Any) -> None:
        arguments, kind = self._stack.pop(), self._stack.pop()
        if arguments != ():
            raise BadPickle("it makes an object out of arguments")
        self._instance(kind)

    def reduce(self, _: Any) -> None:
        arguments, function = self._stack.pop(), self._stack.pop()
        if not isinstance(function, Global) or function not in _RECONSTRUCT:
            raise BadPickle("it calls something")
        kind, base, state = arguments
        if not isinstance(base, Global) or base not in _OBJECT or state is not None:
            raise BadPickle("it makes an object out of another one")
        self._instance(kind)

    def build(self, _: Any) -> None:
        state = self._stack.pop()
        target = self._target(Instance)
        # a class with slots: (what is in its __dict__, what is in its slots)
        for fields in state if isinstance(state, tuple) and len(state) == 2 else (state,):
            if type(fields) is dict:
                self._fields += len(fields)
                if len(fields) > _MAX_FIELDS_OF_ONE or self._fields > _MAX_FIELDS:
                    raise BadPickle("it gives objects far more fields than any catalogue")
                target.update(fields)
            elif fields is not None:
                raise BadPickle("it gives an object something else than fields")

    def _last(self, count: int) -> None:
        values = self._stack[-count:]
        if len(values) < count:
            raise BadPickle("it is broken (too few values)")
        del self._stack[-count:]
        self._new(tuple(values))

    def _target(self, kind: type[_T]) -> _T:
        """The value on top of the stack, once it is known to be of this very type."""
        value = self._stack[-1]
        if type(value) is not kind:
            raise BadPickle("it is broken (a value of the wrong type)")
        return value

    def _fill(self, values: Sequence[Any]) -> None:
        target = self._target(dict)
        for key, value in zip(values[::2], values[1::2], strict=True):
            if type(key) is not str:  # numbers can be chosen so that they collide, a number's hash takes its length
                raise BadPickle("it holds a dict with keys that are no text")
            target[key] = value


_VALUES = frozenset(
    "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING UNICODE BINUNICODE "
    "SHORT_BINUNICODE BINUNICODE8".split()
)
_NOTHING = frozenset(("PROTO", "FRAME"))
#: Each opcode's name, and what reads its argument.
_OPCODES: dict[bytes, tuple[str, Callable[[Any], Any] | None]] = {
    o.code.encode("latin-1"): (o.name, o.arg.reader if o.arg else None) for o in pickletools.opcodes
}
_HANDLERS: dict[str, Callable[[_Machine, Any], None]] = {
    **{
        name.upper(): getattr(_Machine, name)
        for name in "mark pop pop_mark none newtrue newfalse empty_list append appends empty_tuple tuple1 tuple2 "
        "tuple3 empty_dict setitem setitems put memoize get stack_global newobj reduce build".split()
    },
    **dict.fromkeys(("BINPUT", "LONG_BINPUT"), _Machine.put),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), _Machine.get),
    "GLOBAL": _Machine.global_,
    "LIST": _Machine.list_,
    "TUPLE": _Machine.tuple_,
    "DICT": _Machine.dict_,
}
