"""A header is taken exactly where the loader takes it: compared with the safetensors package itself."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from safetensors import SafetensorError, safe_open

from stylus_core.library.header import read_header
from stylus_core.library.hostile_text import Malformed
from stylus_core.library.loader_json import BITS
from tests.library.build import raw_safetensors

DATA = bytes(64)
PLAIN = '{"dtype":"F16","shape":[32],"data_offsets":[0,64]}'
EMPTY = '{"dtype":"F16","shape":%s,"data_offsets":[64,64]}'


def with_field(field: str) -> str:
    return f'{{"t":{PLAIN[:-1]},{field}}}}}'


def alone(entry: str) -> str:
    return f'{{"t":{entry}}}'


FORMS = {
    "plain": alone(PLAIN),
    "space in front": " \n" + alone(PLAIN),
    "space behind": alone(PLAIN) + " \t\r\n",
    "a zero byte behind": alone(PLAIN) + "\0",
    "a mark of byte order": "\ufeff" + alone(PLAIN),
    "a tensor twice": f'{{"t":{PLAIN},"t":{PLAIN}}}',
    "a tensor twice, once broken": f'{{"t":1,"t":{PLAIN}}}',
    "a tensor twice, once negative": f'{{"t":{PLAIN.replace("[32]", "[-32]")},"t":{PLAIN}}}',
    "a tensor twice, once elsewhere": f'{{"t":{PLAIN.replace("[0,64]", "[5,7]")},"t":{PLAIN}}}',
    "a field twice": with_field('"dtype":"F16"'),
    "a field twice, once with escapes": with_field('"d\\u0074ype":"F16"'),
    "a field with escapes": alone(PLAIN.replace("dtype", "d\\u0074ype")),
    "metadata twice": f'{{"__metadata__":{{}},"__metadata__":{{}},"t":{PLAIN}}}',
    "metadata twice, once with escapes": f'{{"__metadata__":{{}},"\\u005f_metadata__":{{}},"t":{PLAIN}}}',
    "metadata that is null": f'{{"__metadata__":null,"t":{PLAIN}}}',
    "a key of the metadata twice": f'{{"__metadata__":{{"a":"b","a":"c"}},"t":{PLAIN}}}',
    "quotes and backslashes in the metadata": f'{{"__metadata__":{{"a":"\\"dtype\\" \\\\"}},"t":{PLAIN}}}',
    "a sign in the metadata": f'{{"__metadata__":{{"a":"2024-01-01, -0"}},"t":{PLAIN}}}',
    "half a character": f'{{"__metadata__":{{"a":"\\ud800"}},"t":{PLAIN}}}',
    "half a character as a name": f'{{"\\uDC00":{PLAIN}}}',
    "a whole character of two halves": f'{{"__metadata__":{{"a":"\\ud83e\\udd8a"}},"t":{PLAIN}}}',
    "a control character": f'{{"__metadata__":{{"a":"\x01"}},"t":{PLAIN}}}',
    "an unknown field": with_field('"x":[1]'),
    "an unknown field twice": with_field('"x":1,"x":2'),
    "NaN": with_field('"x":NaN'),
    "a number beyond floats": with_field('"x":1e999'),
    "digits beyond floats": with_field(f'"x":{"9" * 400}'),
    "digits beyond 64 bits": with_field(f'"x":{"9" * 40}'),
    "an entry in a list": alone('["F16",[32],[0,64]]'),
    "an entry in a longer list": alone('["F16",[32],[0,64],1]'),
    "a type in an object": alone(PLAIN.replace('"F16"', '{"F16":null}')),
    "a type in an object with more": alone(PLAIN.replace('"F16"', '{"F16":{}}')),
    "a type that there is not": alone(PLAIN.replace("F16", "F1e")),
    "a zero with a sign": alone(PLAIN.replace("[0,", "[-0,")),
    "an offset with a point": alone(PLAIN.replace("64]", "64.0]")),
    "true for an offset": alone(PLAIN.replace("[0,", "[false,")),
    "three offsets": alone(PLAIN.replace("64]", "64,64]")),
    "offsets in an object": alone(PLAIN.replace("[0,64]", '{"0":0,"1":64}')),
    "many lengths": alone(PLAIN.replace("[32]", f"[32{',1' * 30}]")),
    "nothing of very much": f'{{"t":{PLAIN},"u":{EMPTY % f"[0,{2**64 - 1},{2**64 - 1}]"}}}',
    "very much of nothing": f'{{"t":{PLAIN},"u":{EMPTY % f"[{2**64 - 1},2,0]"}}}',
    "nothing of too much": f'{{"t":{PLAIN},"u":{EMPTY % f"[0,{2**64}]"}}}',
    "bits beyond 64 bits": f'{{"t":{PLAIN},"u":{EMPTY % f"[{2**61}]"}}}',
    "half a byte": f'{{"t":{PLAIN},"u":{EMPTY.replace("F16", "F4") % "[1]"}}}',
    "overlap": f'{{"t":{PLAIN},"u":{PLAIN}}}',
    "a gap": alone('{"dtype":"F16","shape":[31],"data_offsets":[2,64]}'),
    "nothing": "{}",
    **{f"{depth} lists": with_field(f'"x":{"[" * depth}{"]" * depth}') for depth in (2, 124, 125, 126, 200)},
    **{
        f"{depth} objects": with_field(f'"x":{chr(34).join(["{", "a", ":"]) * depth}1{"}" * depth}')
        for depth in (125, 126)
    },
}


def is_taken(path: Path) -> bool:
    try:
        with safe_open(str(path), "np") as file:
            list(file.keys())
    except SafetensorError:
        return False
    return True


def is_read(path: Path) -> bool:
    try:
        read_header(str(path))
    except Malformed:
        return False
    return True


@pytest.mark.parametrize("header", FORMS.values(), ids=FORMS)
def test_every_form_of_a_header_is_judged_as_the_loader_does(header: str, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(raw_safetensors(header.encode(), DATA))
    assert is_read(path) == is_taken(path)


@pytest.mark.parametrize("dtype", sorted(BITS))
def test_every_type_that_is_known_is_the_loaders(dtype: str, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    header = f'{{"t":{{"dtype":"{dtype}","shape":[{64 * 8 // BITS[dtype]}],"data_offsets":[0,64]}}}}'
    if 64 * 8 % BITS[dtype]:
        header = f'{{"t":{{"dtype":"{dtype}","shape":[8],"data_offsets":[0,{BITS[dtype]}]}}}}'
    data = DATA if 64 * 8 % BITS[dtype] == 0 else bytes(BITS[dtype])
    path.write_bytes(raw_safetensors(header.encode(), data))
    assert is_read(path)
    if not is_taken(path):
        pytest.skip("this release of the loader is older than the type")


def test_any_change_of_a_header_is_judged_as_the_loader_does(tmp_path: Path) -> None:
    rng = random.Random(15)
    path = tmp_path / "a.safetensors"
    forms = [form.encode() for form in FORMS.values() if len(form) < 400]
    taken = 0
    for _ in range(1500):
        header = bytearray(rng.choice(forms))
        for _ in range(rng.choice((1, 1, 2, 4))):
            at = rng.randrange(len(header) + 1)
            way = rng.random()
            if way < 0.4:
                header[at:at] = bytes([rng.choice(b' "{}[],:-0129.eE\\\nuadt')])
            elif way < 0.7:
                del header[at : at + rng.choice((1, 1, 5))]
            else:
                header[at : at + 1] = bytes([rng.randrange(256)])
        path.write_bytes(raw_safetensors(bytes(header), DATA))
        assert is_read(path) == is_taken(path), bytes(header)
        taken += is_taken(path)
    assert taken > 10
