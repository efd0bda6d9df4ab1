"""Writes a key, its certificate and the path as a PKCS#12 file."""

import re
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12


def read(name):
    with open(name, "rb") as file:
        return file.read()


form, name, key_file, certificate_file, path_file, password_file, out = sys.argv[1:]
blocks = re.findall(rb"-----BEGIN.*?-----END [^\n]*\n", read(path_file), re.DOTALL)
password = read(password_file)
if form == "best":
    encryption = serialization.BestAvailableEncryption(password)
else:
    encryption = (
        serialization.PrivateFormat.PKCS12.encryption_builder()
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())
        .kdf_rounds(50000)
        .build(password)
    )
content = pkcs12.serialize_key_and_certificates(
    name.encode(),
    serialization.load_pem_private_key(read(key_file), None),
    x509.load_pem_x509_certificate(read(certificate_file)),
    [x509.load_pem_x509_certificate(block) for block in blocks],
    encryption,
)
with open(out, "wb") as file:
    file.write(content)
