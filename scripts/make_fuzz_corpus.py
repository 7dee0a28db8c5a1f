#!/usr/bin/env python3
"""Writes tests/fuzz/corpus: for each reader small files that are right and files made to do harm.

    scripts/make_fuzz_corpus.py

What libFuzzer finds besides is copied there by hand under a name that says what it is.
"""
import io
import json
import pathlib
import pickle
import struct
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT / "tests" / "fuzz" / "corpus"
CHECKPOINTS = ROOT / "tests" / "data" / "checkpoint"


def safetensors(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(begin, end, shape, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def stored(entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, payload in entries.items():
            archive.writestr(zipfile.ZipInfo(name), payload)
    return buffer.getvalue()


def deflated(size):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("m/data.pkl", bytes(size))
    return buffer.getvalue()


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def integer(value):
    return b"J" + struct.pack("<i", value)


def tensor(elements, offset, shape, strides, key="0", kind="FloatStorage"):
    numbers = lambda values: b"(" + b"".join(map(integer, values)) + b"t"
    return (b"ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + b"ctorch\n" + kind.encode()
            + b"\n" + text(key) + text("cpu") + integer(elements) + b"tQ" + integer(offset)
            + numbers(shape) + numbers(strides) + b"\x89)tR")


def state(tensors):
    body = b"".join(text(name) + value for name, value in tensors.items())
    return b"\x80\x02}(" + body + b"u."


def torch_zip(pickled, storage=bytes(24)):
    return stored({"m/data.pkl": pickled, "m/data/0": storage, "m/version": b"3\n"})


def convolution(outputs, inputs):
    return tensor(outputs * inputs * 9, 0, [outputs, inputs, 3, 3], [inputs * 9, 9, 3, 1])


def multiplying(width, depth):
    """A dict whose values are all the same dict, and so on: width**depth names."""
    if depth == 0:
        return b"}"
    slot = bytes([depth])
    rest = b"".join(text(str(i)) + b"h" + slot for i in range(1, width))
    return b"}(" + text("0") + multiplying(width, depth - 1) + b"q" + slot + rest + b"u"


class Command:
    def __reduce__(self):
        import os
        return os.system, ("false",)


def zip_corpus():
    good = stored({"m/data.pkl": b"}.", "m/data/0": bytes(8)})
    huge = bytearray(good)
    at = huge.find(b"PK\1\2")
    huge[at + 20:at + 28] = b"\xfe" * 8  # both sizes
    shared = bytearray(good)
    second = shared.find(b"PK\1\2", at + 4)
    shared[second + 42:second + 46] = shared[at + 42:at + 46]  # the first one's local header
    many = bytearray(good)
    end = many.find(b"PK\5\6")
    many[end + 8:end + 12] = b"\xff\xff\xff\xff"
    return {"good": good, "bomb": deflated(1 << 22), "sizes-beyond-the-file": huge,
            "two-names-for-one-payload": shared, "65535-entries-announced": many,
            "end-record-alone": good[good.find(b"PK\5\6"):], "no-end-record": good[:end],
            "empty": b"", "nested": stored({"m/inner.zip": good, "m/data.pkl": good})}


def pickle_corpus():
    return {"good": state({"w": tensor(6, 0, [2, 3], [3, 1])}),
            "command": pickle.dumps(Command(), 2), "command-protocol-0": pickle.dumps(Command(), 0),
            "command-protocol-4": pickle.dumps(Command(), 4),
            "eval": b"cbuiltins\neval\n(" + text("1") + b"tR.",
            "text-beyond-the-file": b"X\xff\xff\xff\x7fno", "many-marks": b"(" * 4000 + b".",
            "deep-lists": b"]" * 2000 + b"a" * 1999 + b".", "list-in-itself": b"]q\0h\0a.",
            "doubling": b"\x80\x02)" + b"q\0h\0\x86" * 500 + b".",
            "memo-4294967295": b"Nr\xff\xff\xff\xffj\xff\xff\xff\xff0.",
            "no-stop": b"\x80\x02}", "number-of-255-bytes": b"\x8a\xff" + bytes(255) + b"."}


def safetensors_corpus():
    two = {"a": entry(0, 8, [2]), "b": entry(8, 11, [3], "U8")}
    return {"good": safetensors(two, bytes(11)),
            "header-of-2-62-bytes": safetensors(two, bytes(11), 1 << 62),
            "header-longer-than-the-file": safetensors(two, bytes(11), 10_000),
            "overlap": safetensors({"a": entry(0, 8, [2]), "b": entry(4, 8, [1])}, bytes(8)),
            "hole": safetensors({"a": entry(0, 4, [1]), "b": entry(8, 12, [1])}, bytes(12)),
            "shape-overflows": safetensors({"a": entry(0, 0, [1 << 62])}),
            "shape-overflows-twice": safetensors({"a": entry(0, 0, [1 << 40, 1 << 40, 0])}),
            "offsets-reversed": safetensors({"a": entry(8, 0, [2])}, bytes(8)),
            "deep": safetensors(b'{"a":' + b"[" * 3000 + b"]" * 3000 + b"}"),
            "deep-objects": safetensors(b'{"a":' * 1500 + b"1" + b"}" * 1500),
            "many-empty": safetensors({str(i): entry(0, 0, [0]) for i in range(200)}),
            "named-twice": safetensors(b'{"a":%s,"a":%s}' % ((json.dumps(entry(0, 0, [0])).encode(),) * 2)),
            "not-utf-8": safetensors(b'{"\xff\xfe":1}'), "truncated": safetensors(two)[:20],
            "odd-bools": safetensors({"a": entry(0, 3, [3], "BOOL")}, b"\2\xff\0")}


def checkpoint_corpus():
    huge = 0x7FFFFFFF
    ffdnet = {f"model.{2 * i}.{kind}": shape for i, (out, inputs) in enumerate([(2, 5), (4, 2)])
              for kind, shape in (("weight", [out, inputs, 3, 3]), ("bias", [out]))}
    header, data = {}, 0
    for name, shape in ffdnet.items():
        size = 4
        for extent in shape:
            size *= extent
        header[name] = entry(data, data + size, shape)
        data += size
    claims = {"time_embed.0.weight": [128, 0], "input_blocks.0.0.weight": [0, 3, 3, 3],
              **{f"output_blocks.{i}.0.in_layers.0.weight": [0] for i in range(60)}}
    empty = lambda shapes: safetensors({name: entry(0, 0, shape) for name, shape in shapes.items()})
    unet = {"conv_in.weight": [0, 3, 3, 3], "down_blocks.0.resnets.0.conv1.weight": [0, 1]}
    card = {"restore.prior": json.dumps({"architecture": {"kind": "ffdnet"}, "parametrization":
            {"kind": "discrete", "num_train_timesteps": 1 << 30}})}
    return {
        "good-ffdnet": safetensors(header, bytes(data)),
        "torch-zip": (CHECKPOINTS / "nested.pth").read_bytes(),
        "torch-legacy": (CHECKPOINTS / "legacy.pth").read_bytes(),
        "command": torch_zip(pickle.dumps({"state_dict": Command()}, 2)),
        "offset-beyond": torch_zip(state({"w": tensor(6, huge, [2], [1])})),
        "expanded-to-terabytes": torch_zip(state({"w": tensor(6, 0, [huge, huge], [0, 0])})),
        "negative-stride": torch_zip(state({"w": tensor(6, 5, [6], [-1])})),
        "storage-of-doubles": torch_zip(state({"w": tensor(6, 0, [6], [1], kind="DoubleStorage")})),
        "multiplying-dicts": torch_zip(b"\x80\x02" + multiplying(60, 8) + b"."),
        "one-storage-many-names": torch_zip(state({str(i): tensor(1024, 0, [1024], [1])
                                                   for i in range(60)}), bytes(4096)),
        "drunet-of-nothing": empty({"m_head.weight": [0, 4, 3, 3], "m_tail.weight": [3, 0, 3, 3]}),
        "adm-of-60-stages": empty(claims),
        "adm-wide": empty({**claims, "input_blocks.1.0.out_layers.3.weight": [1 << 40, 0]}),
        "edm-of-nothing": empty({"enc.4096x4096_conv.weight": [0, 3, 3, 3], "map_layer0.weight": [0]}),
        "unet-without-config": empty(unet),
        "card-of-a-million-steps": safetensors({"__metadata__": card, **header}, bytes(data)),
        "plain-of-dims-1": empty({"model.0.weight": [0], "model.2.weight": [0]}),
        "ircnn-claims": torch_zip(state({f"{k}.model.0.weight": convolution(1, 1) for k in range(9)}),
                                  bytes(36))}


def main():
    for name, files in {"zip": zip_corpus(), "pickle": pickle_corpus(), "safetensors": safetensors_corpus(),
                        "checkpoint": checkpoint_corpus()}.items():
        folder = CORPUS / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in files.items():
            (folder / file).write_bytes(content)


if __name__ == "__main__":
    main()
