"""Changes how a key4.db says that its values are encrypted: `renumber.py FILE WHAT VALUE`.

WHAT is "entry", the password's, or the column of a private key, such as "a11". VALUE is the number of
iterations that it is to state, or "cipher" for a cipher that NSS does not have.
"""

import sqlite3
import sys

ITERATIONS = [b"\x01", b"\x27\x10"]
AES_256_CBC = bytes.fromhex("60864801650304012a")


def changed(der, to):
    out = b""
    while der:
        tag, length, start = der[0], der[1], 2
        if length & 0x80:
            start = 2 + (length & 0x7F)
            length = int.from_bytes(der[2:start], "big")
        content, der = der[start : start + length], der[start + length :]
        if tag & 0x20:
            content = changed(content, to)
        elif tag == 2 and content in ITERATIONS and to != "cipher":
            number = int(to)
            content = number.to_bytes(number.bit_length() // 8 + 1, "big")
        elif tag == 6 and content == AES_256_CBC and to == "cipher":
            content = content[:-1] + b"\x7f"
        size = len(content)
        digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
        head = bytes([size]) if size < 0x80 else bytes([0x80 | len(digits)]) + digits
        out += bytes([tag]) + head + content
    return out


file, what, to = sys.argv[1:]
table, column, condition = ("metaData", "item2", "id = 'password'")
if what != "entry":
    table, column, condition = ("nssPrivate", what, "a0 = x'00000003'")
database = sqlite3.connect(file)
(value,) = database.execute(f"select {column} from {table} where {condition}").fetchone()
new = changed(value, to)
assert new != value
database.execute(f"update {table} set {column} = ? where {condition}", (new,))
database.commit()
