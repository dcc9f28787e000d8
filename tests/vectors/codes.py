#!/usr/bin/env python3
"""Writes codes.txt: a server code, written from docs/protocol.md 11 without a look at the C code.

Run: python3 codes.py > codes.txt"""
import contextlib
import io

with contextlib.redirect_stdout(io.StringIO()):
    from crypto import ed25519, h

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
