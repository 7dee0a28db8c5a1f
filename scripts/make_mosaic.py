#!/usr/bin/env python3
"""Writes a large picture out of small ones, a tile at a time, so that it never has to fit in memory.

    scripts/make_mosaic.py WIDTH HEIGHT OUT.tif TILE.ppm...

The result is an uncompressed tiled TIFF, 8 bits, RGB. The tiles, all square and of one size (a multiple of
16), are laid out in a pattern that repeats neither along rows nor along columns, every other one mirrored,
so that their edges meet.
"""
import struct
import sys


def read_ppm(path):
    with open(path, "rb") as file:
        data = file.read()
    fields, at = [], 0
    while len(fields) < 4:
        end = at
        while not data[end : end + 1].isspace():
            end += 1
        fields.append(data[at:end])
        at = end + 1
    if fields[0] != b"P6" or fields[1] != fields[2] or fields[3] != b"255":
        sys.exit(f"{path}: not a square 8-bit PPM")
    return int(fields[1]), data[at:]


def mirrored(side, pixels, rows, columns):
    lines = [pixels[3 * side * y : 3 * side * (y + 1)] for y in range(side)]
    if rows:
        lines.reverse()
    if columns:
        lines = [b"".join(line[3 * x : 3 * x + 3] for x in reversed(range(side))) for line in lines]
    return b"".join(lines)


def main():
    width, height, out = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    tiles = [read_ppm(path) for path in sys.argv[4:]]
    side = tiles[0][0]
    variants = {
        (n, rows, columns): mirrored(side, pixels, rows, columns)
        for n, (_, pixels) in enumerate(tiles)
        for rows in (False, True)
        for columns in (False, True)
    }
    across, down = -(-width // side), -(-height // side)
    size, first = 3 * side * side, 4096 + 8 * across * down
    entries = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 3, 4090), (259, 3, 1, 1), (262, 3, 1, 2),
        (277, 3, 1, 3), (284, 3, 1, 1), (322, 4, 1, side), (323, 4, 1, side),
        (324, 4, across * down, 4096), (325, 4, across * down, 4096 + 4 * across * down),
    ]
    with open(out, "wb") as file:
        file.write(struct.pack("<2sHIH", b"II", 42, 8, len(entries)))
        for tag, kind, count, value in entries:
            file.write(struct.pack("<HHII" if kind == 4 or count > 1 else "<HHIHxx", tag, kind, count, value))
        file.write(struct.pack("<I", 0))
        file.seek(4090)
        file.write(struct.pack("<3H", 8, 8, 8))
        file.write(struct.pack(f"<{across * down}I", *(first + size * i for i in range(across * down))))
        file.write(struct.pack(f"<{across * down}I", *([size] * (across * down))))
        for y in range(down):
            for x in range(across):
                file.write(variants[(x * x + 3 * y * y + x * y) % len(tiles), y % 2 == 1, x % 2 == 1])


main()
