#!/usr/bin/env python3
"""Writes codes.txt: a server code and the three shares of a recovery key, written from
docs/protocol.md 11 without a look at the C code.

Run: python3 codes.py > codes.txt"""
import contextlib
import io

with contextlib.redirect_stdout(io.StringIO()):
    from crypto import NINE, ed25519, h, x25519

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def run(first, count):
    return bytes((first + i) & 0xFF for i in range(count))


def u32(v):
    return v.to_bytes(4, "little")


def text(data):
    data += h("krv invite sum", data, length=4)
    bits = "".join(f"{b:08b}" for b in data)
    bits += "0" * (-len(bits) % 5)
    return "".join(ALPHABET[int(bits[i:i + 5], 2)] for i in range(0, len(bits), 5))


PROGRAMME, SERVER, SINCE, SIGNER, ADDRESS = run(0x10, 16), run(0x20, 32), 300, 2, b"10.0.0.7:7440"
pk, signature = ed25519(run(0, 32), h("krv server sign", PROGRAMME, SERVER, u32(SINCE), u32(SIGNER),
                                      ADDRESS))
print("server", text(b"s\x01" + PROGRAMME + SERVER + u32(SINCE) + u32(SIGNER)
                     + bytes([len(ADDRESS)]) + ADDRESS + signature))


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


SEED, SPLIT, PART1, PART2 = run(0, 32), run(0x60, 4), run(0x80, 32), run(0xC0, 32)
seal_pk = x25519(h("krv recovery", SEED), NINE)
tie = h("krv share", PROGRAMME, pk, seal_pk, length=8)
parts = [PART1, PART2, xor(SEED, xor(PART1, PART2))]
for i in range(3):
    letters = text(b"r\x01" + tie + SPLIT + bytes([i + 1]) + parts[i] + parts[(i + 1) % 3])
    print(f"share{i + 1}", "-".join(letters[k:k + 5] for k in range(0, len(letters), 5)))
