"""Opens each file of a list with its password file, and prints for how many certificates a key came out."""

import sys

from cryptography.hazmat.primitives.serialization import pkcs12


def read(name):
    with open(name, "rb") as file:
        return file.read()


def restored(name, password_name):
    content = pkcs12.load_pkcs12(read(name), read(password_name) or None)
    if content.key is None or content.cert is None:
        return 0
    same = content.key.public_key() == content.cert.certificate.public_key()
    return int(same)


for line in read(sys.argv[1]).decode().splitlines():
    try:
        print("ok", restored(*line.split("\t")), sep="\t")
    except BaseException as error:  # whatever it is, it is the answer for this file
        print("failed", " ".join(repr(error).split()), sep="\t")
