"""Fills a database of NSS: `nss_fill.py FOLDER PASSWORD PAIRS`.

In the database there is one identity, put there by pk12util, with a P-256 key. It gets one more for each
pair of files NUMBER.crt.pem and NUMBER.key.pem below PAIRS that it lacks: rows like those of the first,
the keys encrypted and signed as softoken does it (lib/softoken/sftkpwd.c), each under salts of its own.
"""

import hashlib
import hmac
import os
import pathlib
import sqlite3
import sys

from cryptography import x509
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

VALUE = 0x11
# Where the salts, the initialization vector and the text lie in what softoken writes: the template's.
SALT = slice(35, 67)


def rows(database, table):
    cursor = database.execute(f"select * from {table}")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row)) for row in cursor]


def insert(database, table, row):
    columns = {name: value for name, value in row.items() if value is not None}
    marks = ", ".join("?" * len(columns))
    names = ", ".join(columns)
    database.execute(f"insert into {table} ({names}) values ({marks})", list(columns.values()))


def value(tag, content):
    assert len(content) < 0x80
    return bytes([tag, len(content)]) + content


class Keys:
    """Encrypts keys under the password of the database."""

    def __init__(self, private, password, template):
        select = "select item1 from metaData where id = 'password'"
        ((salt,),) = private.execute(select)
        self.base_key = hashlib.sha1(salt + password.encode()).digest()
        self.encrypted = template["a11"]
        select = "select item1 from metaData where id = ?"
        ((self.signature,),) = private.execute(select, [self.name(template["id"])])
        # The iterations follow the salt: 02 01 01, or 02 02 27 10.
        length = self.encrypted[68]
        self.iterations = int.from_bytes(self.encrypted[69 : 69 + length], "big")
        assert self.iterations in (1, 10_000), self.iterations
        self.at_vector = self.encrypted.index(b"\x04\x0e", SALT.stop)
        assert self.encrypted[33:35] == self.signature[33:35] == b"\x04\x20"

    def name(self, number):
        return f"sig_key_{number:08x}_{VALUE:08x}"

    def derived(self):
        salt = os.urandom(32)
        return salt, hashlib.pbkdf2_hmac("sha256", self.base_key, salt, self.iterations, 32)

    def encrypt(self, text):
        salt, key = self.derived()
        # Of the vector, two octets are its own tag and length.
        vector = b"\x04\x0e" + os.urandom(14)
        padder = padding.PKCS7(128).padder()
        padded = padder.update(text) + padder.finalize()
        encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
        ciphertext = encryptor.update(padded) + encryptor.finalize()
        start = self.encrypted[: SALT.start] + salt + self.encrypted[SALT.stop : self.at_vector]
        whole = start + vector + value(0x04, ciphertext)
        assert len(whole) == len(self.encrypted)
        return whole

    def sign(self, text):
        salt, key = self.derived()
        # Of an encrypted value, the number of the object is left out.
        mac = hmac.new(key, bytes(4) + VALUE.to_bytes(4, "big") + text, "sha256").digest()
        start = self.signature[: SALT.start] + salt
        return start + self.signature[SALT.stop : -len(mac)] + mac


def main():
    folder, password, pairs = sys.argv[1:]
    public = sqlite3.connect(os.path.join(folder, "cert9.db"))
    private = sqlite3.connect(os.path.join(folder, "key4.db"))
    (key,) = rows(private, "nssPrivate")
    of_key = [row for row in rows(public, "nssPublic") if row["a102"] == key["a102"]]
    (certificate,) = [row for row in of_key if row["a0"] == b"\0\0\0\1"]
    (public_key,) = [row for row in of_key if row["a0"] == b"\0\0\0\2"]
    keys = Keys(private, password, key)
    free = 1
    for file in sorted(pathlib.Path(pairs).rglob("*.crt.pem")):
        own = x509.load_pem_x509_certificate(file.read_bytes())
        der = own.public_bytes(Encoding.DER)
        if der == certificate["a11"]:
            continue
        pem = file.with_name(file.name.replace(".crt.", ".key.")).read_bytes()
        scalar = load_pem_private_key(pem, None).private_numbers().private_value.to_bytes(32, "big")
        point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        serial = own.serial_number
        (name,) = own.subject
        shared = {
            "a3": name.value.encode(),
            "a101": own.subject.public_bytes(),
            "a102": hashlib.sha1(point).digest(),
        }
        issued = {
            "a11": der,
            "a81": own.issuer.public_bytes(),
            "a82": value(0x02, serial.to_bytes(serial.bit_length() // 8 + 1, "big")),
        }
        insert(public, "nssPublic", {**certificate, **shared, **issued, "id": free})
        half = {"a102": shared["a102"], "a181": value(0x04, point), "id": free + 1}
        insert(public, "nssPublic", {**public_key, **half})
        encrypted = {"a11": keys.encrypt(scalar), "ad5a0db00": point, "id": free + 2}
        insert(private, "nssPrivate", {**key, **shared, **encrypted})
        signed = (keys.name(free + 2), keys.sign(scalar))
        private.execute("insert into metaData (id, item1) values (?, ?)", signed)
        free += 3
    public.commit()
    private.commit()


main()
