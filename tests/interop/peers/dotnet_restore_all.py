"""Opens each file of a list with its password file in .NET, and prints for how many certificates a key signs.

`X509Certificate2` takes the file, and so does its collection, which is how .NET gets at several.
"""

import sys

import dotnet_runtime

dotnet_runtime.start()

from System import Array, Byte  # noqa: E402
from System.Security.Cryptography import (  # noqa: E402
    DSASignatureFormat,
    HashAlgorithmName,
    RSASignaturePadding,
)
from System.Security.Cryptography.X509Certificates import (  # noqa: E402
    DSACertificateExtensions,
    ECDsaCertificateExtensions,
    RSACertificateExtensions,
    X509Certificate2,
    X509Certificate2Collection,
    X509KeyStorageFlags,
)

SHA256 = HashAlgorithmName.SHA256
CHALLENGE = Array[Byte](bytes(32))


def signs(certificate):
    if not certificate.HasPrivateKey:
        return False
    key = RSACertificateExtensions.GetRSAPrivateKey(certificate)
    if key is not None:
        padding = RSASignaturePadding.Pkcs1
        signed = key.SignData(CHALLENGE, SHA256, padding)
        public = RSACertificateExtensions.GetRSAPublicKey(certificate)
        return public.VerifyData(CHALLENGE, signed, SHA256, padding)
    key = ECDsaCertificateExtensions.GetECDsaPrivateKey(certificate)
    if key is not None:
        signed = key.SignData(CHALLENGE, SHA256)
        public = ECDsaCertificateExtensions.GetECDsaPublicKey(certificate)
        return public.VerifyData(CHALLENGE, signed, SHA256)
    key = DSACertificateExtensions.GetDSAPrivateKey(certificate)
    if key is not None:
        signed = key.SignData(CHALLENGE, SHA256)
        public = DSACertificateExtensions.GetDSAPublicKey(certificate)
        return public.VerifyData(CHALLENGE, signed, SHA256)
    return False


def restored(name, password_name):
    with open(password_name, encoding="utf-8", newline="") as file:
        password = file.read()
    flags = X509KeyStorageFlags.Exportable
    one = X509Certificate2(name, password, flags)
    if not signs(one):
        return 0
    several = X509Certificate2Collection()
    several.Import(name, password, flags)
    return len({each.Thumbprint for each in several if signs(each)})


with open(sys.argv[1], encoding="utf-8") as list_of_files:
    for line in list_of_files.read().splitlines():
        try:
            print("ok", restored(*line.split("\t")), sep="\t")
        except BaseException as error:  # whatever it is, it is the answer for this file
            print("failed", " ".join(str(error).split()), sep="\t")
