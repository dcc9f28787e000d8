"""Payloads of every message, written from docs/protocol.md 5 without a look at the C code.

Prints tests/vectors/messages.txt: a line for each, name and hex."""


def varint(v):
    out = bytearray()
    while v >= 0x80:
        out.append(v & 0x7F | 0x80)
        v >>= 7
    out.append(v)
    return bytes(out)


def u16(v):
    return v.to_bytes(2, "little")


def u32(v):
    return v.to_bytes(4, "little")


def run(first, count):
    """count bytes: first, first + 1, ..."""
    return bytes((first + i) & 0xFF for i in range(count))


CASE, KEY_ID, SALT, VOUCH = run(0x10, 16), run(0x20, 16), run(0x30, 16), run(0x40, 16)
CIPHER = run(0x50, 144)

MESSAGES = {
    "OPEN": b"\x01" + varint(70000) + run(1, 8) + varint(300) + varint(7) + run(9, 8) + varint(129),
    "ANSWER": u16(513) + varint(200 << 1 | 1) + varint(2) + varint(3) + b"\x1f" + varint(130) + b"\x23",
    "ACK": varint(1 << 1) + varint(0),
    "CURSOR": varint(128 << 1 | 1) + run(1, 8) + varint(5),
    "RESTART": b"",
    "REFUSE": b"\x1a" + varint(2),
    "BYE": b"",
    "WATCH": b"",
    "PING": b"",
    "GENESIS": b"\x09\x11" + varint(3) + run(0x60, 32) + b"\x02\x01\x02\x81\x01\x01" + SALT + VOUCH
    + CIPHER,
    "COMMIT": b"\x0b\x11" + varint(300) + CASE + varint(129) + run(0xA0, 4) + varint(2)
    + run(0xB0, 4) + SALT + VOUCH + CIPHER,
    "GRANT": b"\x01" + CASE + varint(1) + KEY_ID + varint(4) + varint(2) + b"\x02" + varint(200)
    + run(0xC0, 48),
    "UNROUTE": CASE + varint(130),
    "NEED": CASE + KEY_ID + varint(4),
    "BOX": varint(1) + varint(2) + varint(6) + varint(3) + run(0xD0, 48),
    "RECEIPT": b"\x03" + varint(1) + varint(2) + varint(2) + run(0xE0, 16) + b"\x00\x03" + run(1, 16),
    "DOC": run(0x70, 32) + run(0, 40),
    "ROSTER": run(0x80, 50),
    "JOIN": b"\x01" + run(0x90, 60),
    "ENROLLED": b"\x01" + u32(1767225600),
    "WANT": CASE + varint(300) + varint(129) + run(1, 8),
    "CONFIRM": run(0, 32),
    "NOTICE": varint(300) + b"\x23" + varint(20454),
}

for name, payload in MESSAGES.items():
    print(name, payload.hex() or "-")
