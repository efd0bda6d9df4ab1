"""Encrypts the values of a key4.db anew, in another form of NSS's: `rewrite.py FILE PASSWORD FORM`.

Forms: "old", 3DES throughout, as NSS before 3.49 wrote it; "mixed", 3DES for every other value;
"sha384", with a global salt of 48 octets, as NSS since 3.118 does. An implementation of its own, by
Python's hashes and OpenSSL's ciphers.
"""

import hashlib
import hmac
import os
import sqlite3
import subprocess
import sys

PBES2 = bytes.fromhex("06092a864886f70d01050d")
TRIPLE_DES = bytes.fromhex("060b2a864886f70d010c050103")
PBKDF2 = bytes.fromhex("06092a864886f70d01050c")
HMAC_SHA256 = bytes.fromhex("300a06082a864886f70d0209")
AES_256_CBC = bytes.fromhex("060960864801650304012a")


def value(tag, *parts):
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + content


def parts(der):
    found = []
    while der:
        length, start = der[1], 2
        if length & 0x80:
            start = 2 + (length & 0x7F)
            length = int.from_bytes(der[2:start], "big")
        found.append((der[: start + length], der[start : start + length]))
        der = der[start + length :]
    return found


def inside(der):
    return parts(parts(der)[0][1])


def cipher(name, options, key, iv, text):
    command = ["openssl", "enc", name, *options, "-K", key.hex(), "-iv", iv.hex()]
    return subprocess.run(command, input=text, capture_output=True, check=True).stdout


def decrypt(base_key, encrypted):
    (algorithm, _), (_, ciphertext) = inside(encrypted)
    (name, _), (parameters, _) = inside(algorithm)
    assert name == PBES2
    (derivation, _), (scheme, _) = inside(parameters)
    salt, iterations, length, *_ = [content for _, content in inside(inside(derivation)[1][0])]
    key = hashlib.pbkdf2_hmac(
        "sha256", base_key, salt, int.from_bytes(iterations, "big"), int.from_bytes(length, "big")
    )
    iv = inside(scheme)[1][0]
    return cipher("-aes-256-cbc", ["-d"], key, iv, ciphertext)


def in_new_form(base_key, text, iterations):
    salt, iv = os.urandom(32), b"\x04\x0e" + os.urandom(14)
    key = hashlib.pbkdf2_hmac("sha256", base_key, salt, iterations, 32)
    count = value(2, iterations.to_bytes(2, "big"))
    derivation = value(
        0x30, PBKDF2, value(0x30, value(4, salt), count, value(2, b"\x20"), HMAC_SHA256)
    )
    algorithm = value(0x30, PBES2, value(0x30, derivation, value(0x30, AES_256_CBC, iv)))
    return value(0x30, algorithm, value(4, cipher("-aes-256-cbc", [], key, iv, text)))


def in_old_form(base_key, text):
    salt = os.urandom(20)
    padded = salt.ljust(20, b"\0")
    combined = hashlib.sha1(base_key + salt).digest()
    mac = lambda message: hmac.new(combined, message, "sha1").digest()
    derived = mac(padded + salt) + mac(mac(padded) + salt)
    algorithm = value(0x30, TRIPLE_DES, value(0x30, value(4, salt), value(2, b"\x01")))
    text = cipher("-des-ede3-cbc", [], derived[:24], derived[32:], text)
    return value(0x30, algorithm, value(4, text))


def main():
    file, password, form = sys.argv[1:]
    database = sqlite3.connect(file)
    select = "select item1, item2 from metaData where id = 'password'"
    salt, check = database.execute(select).fetchone()
    password = password.encode()
    old_key = new_key = hashlib.sha1(salt + password).digest()
    if form == "sha384":
        salt = os.urandom(48)
        new_key = hashlib.sha384(salt + password).digest()
    written = 0

    def anew(encrypted):
        nonlocal written
        written += 1
        text = decrypt(old_key, encrypted)
        if form == "sha384":
            return in_new_form(new_key, text, 10000)
        if form == "mixed" and written % 2 == 0:
            return encrypted
        return in_old_form(new_key, text)

    database.execute(
        "update metaData set item1 = ?, item2 = ? where id = 'password'", (salt, anew(check))
    )
    columns = ["a11", *(f"a12{digit}" for digit in range(3, 9))]
    for column in columns:
        select = f"select id, {column} from nssPrivate where a0 = x'00000003' and {column} is not null"
        for row, encrypted in database.execute(select).fetchall():
            update = f"update nssPrivate set {column} = ? where id = ?"
            database.execute(update, (anew(encrypted), row))
    database.commit()
    print(written)


main()
