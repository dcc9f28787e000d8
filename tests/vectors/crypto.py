#!/usr/bin/env python3
"""Writes crypto_vectors.h: what proto/crypto must yield, computed without it.

Everything here is the standard library's hashlib and the RFCs' own arithmetic
(8439: ChaCha20-Poly1305, 7748: X25519, 8032: Ed25519; the XChaCha20 draft,
draft-irtf-cfrg-xchacha-03). Each primitive is first held against its RFC's
vector. Run: python3 crypto.py > crypto_vectors.h
"""
import hashlib
import struct

P = 2**255 - 19


# ---- BLAKE2b with domains ----
def h(domain, *parts, length=32):
    data = b"".join(struct.pack("<I", len(p)) + p for p in parts)
    person = domain.encode().ljust(16, b"\0")
    return hashlib.blake2b(data, digest_size=32, person=person).digest()[:length]


# ---- ChaCha20-Poly1305 (RFC 8439) ----
def rotl(v, n):
    return ((v << n) | (v >> (32 - n))) & 0xFFFFFFFF


def rounds(s):
    def quarter(a, b, c, d):
        s[a] = (s[a] + s[b]) & 0xFFFFFFFF; s[d] = rotl(s[d] ^ s[a], 16)
        s[c] = (s[c] + s[d]) & 0xFFFFFFFF; s[b] = rotl(s[b] ^ s[c], 12)
        s[a] = (s[a] + s[b]) & 0xFFFFFFFF; s[d] = rotl(s[d] ^ s[a], 8)
        s[c] = (s[c] + s[d]) & 0xFFFFFFFF; s[b] = rotl(s[b] ^ s[c], 7)

    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return s


SIGMA = list(struct.unpack("<4I", b"expand 32-byte k"))


def chacha_block(key, counter, nonce):
    s = SIGMA + list(struct.unpack("<8I", key)) + [counter] + list(struct.unpack("<3I", nonce))
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(rounds(s[:]), s)))


def hchacha(key, nonce16):
    s = rounds(SIGMA + list(struct.unpack("<8I", key)) + list(struct.unpack("<4I", nonce16)))
    return struct.pack("<8I", *(s[:4] + s[12:]))


def poly1305(key, msg):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    acc = 0
    for i in range(0, len(msg), 16):
        acc = (acc + int.from_bytes(msg[i:i + 16] + b"\1", "little")) * r % (2**130 - 5)
    return ((acc + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def aead(key, nonce12, ad, plain):
    stream = b"".join(chacha_block(key, 1 + i, nonce12) for i in range((len(plain) + 63) // 64))
    ct = bytes(a ^ b for a, b in zip(plain, stream))
    pad = lambda x: x + bytes(-len(x) % 16)
    tag = poly1305(chacha_block(key, 0, nonce12)[:32],
                   pad(ad) + pad(ct) + struct.pack("<QQ", len(ad), len(ct)))
    return ct + tag


def noise_aead(key, counter, ad, plain):
    return aead(key, bytes(4) + struct.pack("<Q", counter), ad, plain)


def xaead(key, nonce24, ad, plain):
    return aead(hchacha(key, nonce24[:16]), bytes(4) + nonce24[16:], ad, plain)


# ---- X25519 (RFC 7748) ----
def x25519(k, u):
    k = int.from_bytes(k, "little") & ~7 & (2**255 - 1) | 2**254
    x1 = int.from_bytes(u, "little") & (2**255 - 1)
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a, b * b, d * a, c * b
        e = aa - bb
        x3, z3 = (da + cb)**2 % P, x1 * (da - cb)**2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


NINE = (9).to_bytes(32, "little")

# ---- Ed25519 (RFC 8032) ----
D = -121665 * pow(121666, P - 2, P) % P
L = 2**252 + 27742317777372353535851937790883648493
BASE_Y = 4 * pow(5, P - 2, P) % P


def recover_x(y, sign):
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return P - x if x & 1 != sign else x


def add(p, q):
    (x1, y1), (x2, y2) = p, q
    t = D * x1 * x2 * y1 * y2
    return ((x1 * y2 + x2 * y1) * pow(1 + t, P - 2, P) % P,
            (y1 * y2 + x1 * x2) * pow(1 - t, P - 2, P) % P)


def mul(k, p):
    q = (0, 1)
    while k:
        if k & 1:
            q = add(q, p)
        p, k = add(p, p), k >> 1
    return q


def compress(p):
    return (p[1] | (p[0] & 1) << 255).to_bytes(32, "little")


BASE = (recover_x(BASE_Y, 0), BASE_Y)


def ed25519(seed, msg):
    """(public key, signature)"""
    digest = hashlib.sha512(seed).digest()
    a = int.from_bytes(digest[:32], "little") & ~7 & (2**255 - 1) | 2**254
    pk = compress(mul(a, BASE))
    r = int.from_bytes(hashlib.sha512(digest[32:] + msg).digest(), "little") % L
    big_r = compress(mul(r, BASE))
    k = int.from_bytes(hashlib.sha512(big_r + pk + msg).digest(), "little") % L
    return pk, big_r + ((r + k * a) % L).to_bytes(32, "little")


# ---- the test world's generator (splitmix64, low byte of each number) ----
def seeded(seed, count):
    out, mask = [], 2**64 - 1
    for _ in range(count):
        seed = (seed + 0x9E3779B97F4A7C15) & mask
        z = (seed ^ seed >> 30) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
        out.append((z ^ z >> 31) & 255)
    return bytes(out)


def self_check():
    sun = (b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for "
           b"the future, sunscreen would be it.")
    sealed = aead(bytes(range(0x80, 0xA0)), bytes.fromhex("070000004041424344454647"),
                  bytes.fromhex("50515253c0c1c2c3c4c5c6c7"), sun)
    assert sealed[-16:].hex() == "1ae10b594f09e26a7e902ecbd0600691"  # RFC 8439, 2.8.2
    sealed = xaead(bytes(range(0x80, 0xA0)), bytes(range(0x40, 0x58)),
                   bytes.fromhex("50515253c0c1c2c3c4c5c6c7"), sun)
    assert sealed[-16:].hex() == "c0875924c1c7987947deafd8780acf49"  # xchacha-03, A.3.1
    alice = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
    assert x25519(alice, NINE).hex() == (
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")  # RFC 7748, 6.1
    pk, sig = ed25519(bytes.fromhex(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"), b"")
    assert pk.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert sig.hex().startswith("e5564300c360ac729086e2cc806e828a")  # RFC 8032, 7.1


def define(name, value):
    text = value.hex()
    rows = [f'  "{text[i:i + 80]}"' for i in range(0, len(text), 80)]
    print(f"#define {name} \\\n" + " \\\n".join(rows))


def main():
    self_check()
    key, other = bytes(range(32)), bytes(range(32, 64))
    print("/* Made by crypto.py; not edited by hand. Hexadecimal. */")
    print("#ifndef KRV_CRYPTO_VECTORS_H\n#define KRV_CRYPTO_VECTORS_H\n")
    print("/* H(domain, \"abc\", \"\", bytes 0 to 31) */")
    print("#define VECTOR_H_MAP(X) \\")
    names = ["PROGRAMME", "DEVICE", "COMMIT", "COMMIT_SIGN", "VAULT_LOOKUP", "CHAIN"]
    rows = [f'  X({n}, "{h("krv " + n.lower().replace("_", " "), b"abc", b"", key).hex()}")'
            for n in names]
    print(" \\\n".join(rows))
    commit = h("krv key commit", key)
    key_id = h("krv key id", commit, length=16)
    define("VECTOR_KEY_COMMIT", commit)
    define("VECTOR_KEY_ID", key_id)
    define("VECTOR_MAC16", h("krv vouch", key, b"one", b"two", length=16))
    print("\n/* key 00..1f, nonce counter 7, AD \"ad\", plaintext \"plain\" */")
    define("VECTOR_AEAD", noise_aead(key, 7, b"ad", b"plain"))
    print("\n/* the same, nonce: first 24 bytes of the generator seeded with 42 */")
    nonce = seeded(42, 24)
    define("VECTOR_ROW", nonce + xaead(key, nonce, b"ad", b"plain"))
    print("\n/* giver's secret 00..1f, receiver's 20..3f, purpose grant, the key above */")
    giver_pk, receiver_pk = x25519(key, NINE), x25519(other, NINE)
    shared = x25519(key, receiver_pk)
    assert shared == x25519(other, giver_pk)
    wrap = h("krv envelope", shared, giver_pk, receiver_pk, b"\1", key_id)
    define("VECTOR_GIVER_PK", giver_pk)
    define("VECTOR_RECEIVER_PK", receiver_pk)
    define("VECTOR_SHARED", shared)
    define("VECTOR_ENVELOPE", noise_aead(wrap, 0, b"", key))
    print("\n/* secret 00..1f, group 3, epoch 258, \"Leila\" */")
    ad = struct.pack("<II", 3, 258)
    salt = h("krv group salt", h("krv salt key", key), ad, b"Leila", length=16)
    define("VECTOR_GROUPSEAL",
           salt + noise_aead(h("krv group key", key, ad, salt), 0, ad, b"Leila"))
    print("\n/* seed 00..1f signs (\"krv entry sign\", \"one\", \"two\") */")
    pk, sig = ed25519(key, h("krv entry sign", b"one", b"two"))
    define("VECTOR_SIGN_PK", pk)
    define("VECTOR_SIGNATURE", sig)
    print("\n#endif")


main()
