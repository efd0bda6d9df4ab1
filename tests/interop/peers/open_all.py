"""Opens each file of a list with its password file, and prints key and certificates."""

import base64
import sys

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)


def read(name):
    with open(name, "rb") as file:
        return file.read()


def open_one(name, password_name):
    content = pkcs12.load_pkcs12(read(name), read(password_name))
    key = content.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    certificates = [content.cert, *content.additional_certs]
    parts = [key] + [one.certificate.public_bytes(Encoding.DER) for one in certificates]
    return "\t".join(base64.b64encode(part).decode() for part in parts)


for line in read(sys.argv[1]).decode().splitlines():
    try:
        print("ok", open_one(*line.split("\t")), sep="\t")
    except Exception as error:  # whatever it is, it is the answer for this file
        print("failed", " ".join(repr(error).split()), sep="\t")
