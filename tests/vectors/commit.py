#!/usr/bin/env python3
"""Writes commit_vectors.h: what proto/outer and proto/seal must yield, computed without them.

BLAKE2b comes from hashlib, Ed25519 and ChaCha20-Poly1305 from the package `cryptography`.
Run: python3 commit.py > commit_vectors.h
"""
import hashlib
import random
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def h(domain, *parts, length=32):
    data = b"".join(struct.pack("<I", len(p)) + p for p in parts)
    return hashlib.blake2b(data, digest_size=32, person=domain.encode().ljust(16, b"\0")).digest()[:length]


def varint(v):
    out = b""
    while v >= 128:
        out += bytes([v & 127 | 128])
        v >>= 7
    return out + bytes([v])


def pad(body):
    n = len(body)
    if n <= 64:
        size = 64
    elif n <= 256:
        size = -(-n // 32) * 32
    else:
        e = n.bit_length() - 1
        mask = (1 << (e - e.bit_length())) - 1
        size = (n + mask) & ~mask
    return body + bytes(size - n)


def key_commit(key):
    return h("krv key commit", key)


def head_ad(programme, case, device, n, prev, epoch, key):
    id4 = h("krv key id", key_commit(key), length=4) if epoch else bytes(4)
    return (b"\1\1" + programme + case + device + struct.pack("<Q", n) + prev
            + struct.pack("<I", epoch) + id4)


def commit_key(key, ad, salt):
    return h("krv commit key", key, ad, salt)


def seal(key, seed, ad, padded):
    digest = h("krv commit sign", ad, key_commit(key), padded)
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(digest)
    salt = h("krv salt", h("krv salt key", key), ad, signature, padded, length=16)
    plain = signature + padded
    return salt, ChaCha20Poly1305(commit_key(key, ad, salt)).encrypt(bytes(12), plain, ad)


def body(height, head8, wall, quality, context, ops):
    out = varint(height) + head8 + struct.pack("<IB", wall - 1577836800, quality)
    out += varint(len(context))
    for device, n, id8 in context:
        out += varint(device) + varint(n) + id8
    return out + ops


P = 2**130 - 5


def poly_key(key):
    stream = Cipher(algorithms.ChaCha20(key, bytes(16)), None).encryptor().update(bytes(32))
    r = int.from_bytes(stream[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    return r, int.from_bytes(stream[16:], "little")


def two_keys(key1, key2, ad, length):
    """length bytes of ciphertext and one tag that verify under both keys: Poly1305 commits to no
    key. Two blocks are unknowns, the two wanted sums are two linear equations mod 2^130 - 5."""
    rng = random.Random(6)
    (r1, s1), (r2, s2) = poly_key(key1), poly_key(key2)
    text = bytearray(rng.randbytes(length))
    data = ad + bytes(-len(ad) % 16)
    at = len(data)

    def total(r):
        full = data + bytes(text) + struct.pack("<QQ", len(ad), length)
        acc = 0
        for i in range(0, len(full), 16):
            acc = (acc + int.from_bytes(full[i:i + 16] + b"\1", "little")) * r % P
        return acc

    blocks = (at + length + 16) // 16
    ix, iy = at // 16, at // 16 + 1
    while True:
        text[:32] = bytes(32)
        tag = rng.getrandbits(128)
        want = [(tag - s) % 2**128 + (rng.randrange(4) << 128) for s in (s1, s2)]
        if max(want) >= P:
            continue
        top = 1 << 128
        rows = []
        for r, w in ((r1, want[0]), (r2, want[1])):
            a, b = pow(r, blocks - ix, P), pow(r, blocks - iy, P)
            rows.append((a, b, (w - total(r) + top * (a + b)) % P))
        (a1, b1, c1), (a2, b2, c2) = rows
        inverse = pow(a1 * b2 - a2 * b1, -1, P)
        x = (c1 * b2 - c2 * b1) * inverse % P - top
        y = (a1 * c2 - a2 * c1) * inverse % P - top
        if 0 <= x < top and 0 <= y < top:
            text[:16], text[16:32] = x.to_bytes(16, "little"), y.to_bytes(16, "little")
            sealed = bytes(text) + tag.to_bytes(16, "little")
            for key in (key1, key2):
                ChaCha20Poly1305(key).decrypt(bytes(12), sealed, ad)
            return sealed


def define(name, value, note):
    print(f"/* {note} */\n#define {name} \\\n  \"{value.hex()}\"")


def main():
    programme = bytes(range(0x10, 0x20))
    key, key2, seed = bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))
    sign_pk = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(
        Encoding.Raw, PublicFormat.Raw)
    print("/* Made by commit.py; not edited by hand. Hexadecimal. */")
    print("#ifndef KRV_COMMIT_VECTORS_H\n#define KRV_COMMIT_VECTORS_H\n")
    device = h("krv device", programme, sign_pk, b"\xa1" * 32, b"\xb2" * 32, length=16)
    define("VECTOR_DEVICE_ID", device, "programme 10..1f, signing seed 40..5f, seal a1.., session b2..")
    access = varint(2) + varint(0) + b"\2" + varint(300) + b"\1"
    case = h("krv case", programme, device, key_commit(key), access, length=16)
    define("VECTOR_ACCESS", access, "group 0 writes, group 300 reads")
    define("VECTOR_CASE_ID", case, "that list, created by that device under the key 00..1f")
    ops = bytes.fromhex("9194" "00000c") + b"\xa5Leila"
    context = [(3, 1, b"\x33" * 8), (3, 200, b"\x44" * 8), (40, 5, b"\x55" * 8)]
    raw = body(300, bytes(range(1, 9)), 1767225600, 2, context, ops)
    define("VECTOR_OPS", ops, "set record 0, field 12: Leila")
    define("VECTOR_BODY", raw, "height 300, head 01..08, 2026-01-01 by the server's clock, 3 entries")
    padded = pad(b"\0" + raw)
    prev = bytes(16)
    for n, epoch in ((1, 0), (2, 3)):
        ad = head_ad(programme, case, device, n, prev, epoch, key)
        salt, sealed = seal(key, seed, ad, padded)
        prev = h("krv commit", ad, salt, sealed, length=16)
        define(f"VECTOR_AD_{n}", ad, f"n = {n}, epoch {epoch}")
        define(f"VECTOR_SALT_{n}", salt, "synthetic")
        define(f"VECTOR_SEALED_{n}", sealed, "signature, padded body, tag")
        define(f"VECTOR_COMMIT_ID_{n}", prev, "which is the next one's prev")
    define("VECTOR_VOUCH", h("krv vouch", key2, prev, length=16), "of the last, shared secret 20..3f")
    ad = head_ad(programme, case, device, 1, bytes(16), 0, key)
    salt = b"\x77" * 16
    define("VECTOR_TWO_KEYS", two_keys(commit_key(key, ad, salt), commit_key(key2, ad, salt), ad, 128),
           "opens under the keys 00..1f and 20..3f, AD 1, salt 77..")
    print("\n#endif")


main()
