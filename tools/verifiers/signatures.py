"""Given a note and two vkeys, verifies both lines by the words of C2SP signed-note and
tlog-cosignature, with the Ed25519 of `cryptography`.

Exit code 0: both hold. Anything else: one does not.
"""

import base64
import hashlib
import json
import struct
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def main(path):
    with open(path) as file:
        claimed = json.load(file)
    text, lines = claimed["note"].rsplit("\n\n", 1)
    text = text.encode() + b"\n"
    lines = lines.splitlines()
    assert len(lines) == len(claimed["vkeys"]) == 2
    for line, vkey in zip(lines, claimed["vkeys"]):
        dash, name, encoded = line.split(" ")
        key_name, key_id, material = vkey.split("+", 2)
        kind, public = (lambda key: (key[0], key[1:]))(base64.b64decode(material))
        expected = hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]
        decoded = base64.b64decode(encoded, validate=True)
        assert (dash, name, key_id) == ("\u2014", key_name, expected.hex())
        assert decoded[:4] == expected
        signature, message = decoded[4:], text
        if kind == 4:
            (time,) = struct.unpack(">Q", signature[:8])
            assert time == claimed["time"]
            message = b"cosignature/v1\ntime %d\n" % time + text
            signature = signature[8:]
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
