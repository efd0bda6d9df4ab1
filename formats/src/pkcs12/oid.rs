//! The object identifiers PKCS#12 files are made of, by the names of the documents that define
//! them: RFC 7292, RFC 8018, RFC 9579, RFC 2985, RFC 5652, and Microsoft's wincrypt.h.

use const_oid::ObjectIdentifier;

macro_rules! oids {
    ($($(#[$doc:meta])* $name:ident = $oid:literal;)*) => {
        $($(#[$doc])* pub const $name: ObjectIdentifier = ObjectIdentifier::new_unwrap($oid);)*
    };
}

oids! {
    /// id-data.
    DATA = "1.2.840.113549.1.7.1";
    /// id-signedData.
    SIGNED_DATA = "1.2.840.113549.1.7.2";
    /// id-envelopedData.
    ENVELOPED_DATA = "1.2.840.113549.1.7.3";
    /// id-encryptedData.
    ENCRYPTED_DATA = "1.2.840.113549.1.7.6";
    /// keyBag.
    KEY_BAG = "1.2.840.113549.1.12.10.1.1";
    /// pkcs8ShroudedKeyBag.
    SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.2";
    /// certBag.
    CERTIFICATE_BAG = "1.2.840.113549.1.12.10.1.3";
    /// crlBag.
    CRL_BAG = "1.2.840.113549.1.12.10.1.4";
    /// secretBag.
    SECRET_BAG = "1.2.840.113549.1.12.10.1.5";
    /// safeContentsBag.
    SAFE_CONTENTS_BAG = "1.2.840.113549.1.12.10.1.6";
    /// x509Certificate, the usual content of a certBag.
    X509_CERTIFICATE = "1.2.840.113549.1.9.22.1";
    /// sdsiCertificate, another content of a certBag.
    SDSI_CERTIFICATE = "1.2.840.113549.1.9.22.2";
    /// x509CRL, the usual content of a crlBag.
    X509_CRL = "1.2.840.113549.1.9.23.1";
    /// friendlyName.
    FRIENDLY_NAME = "1.2.840.113549.1.9.20";
    /// localKeyId.
    LOCAL_KEY_ID = "1.2.840.113549.1.9.21";
    /// szOID_PKCS_12_KEY_PROVIDER_NAME_ATTR: the provider that is to hold the key.
    PROVIDER_NAME = "1.3.6.1.4.1.311.17.1";
    /// szOID_LOCAL_MACHINE_KEYSET: the key belongs to the machine.
    MACHINE_KEYSET = "1.3.6.1.4.1.311.17.2";
    /// szOID_PKCS_12_EXTENDED_ATTRIBUTES: certificate property N is attribute N below it.
    PROPERTY = "1.3.6.1.4.1.311.17.3";
    /// id-PBES2.
    PBES2 = "1.2.840.113549.1.5.13";
    /// id-PBKDF2.
    PBKDF2 = "1.2.840.113549.1.5.12";
    /// id-PBMAC1.
    PBMAC1 = "1.2.840.113549.1.5.14";
    /// scrypt (RFC 7914).
    SCRYPT = "1.3.6.1.4.1.11591.4.11";
    /// pbeWithSHAAnd3-KeyTripleDES-CBC.
    PBE_3DES = "1.2.840.113549.1.12.1.3";
    /// pbeWithSHAAnd2-KeyTripleDES-CBC.
    PBE_2KEY_3DES = "1.2.840.113549.1.12.1.4";
    /// pbeWithSHAAnd128BitRC2-CBC.
    PBE_RC2_128 = "1.2.840.113549.1.12.1.5";
    /// pbewithSHAAnd40BitRC2-CBC.
    PBE_RC2_40 = "1.2.840.113549.1.12.1.6";
    /// id-aes128-CBC.
    AES128_CBC = "2.16.840.1.101.3.4.1.2";
    /// id-aes192-CBC.
    AES192_CBC = "2.16.840.1.101.3.4.1.22";
    /// id-aes256-CBC.
    AES256_CBC = "2.16.840.1.101.3.4.1.42";
    /// des-EDE3-CBC.
    DES_EDE3_CBC = "1.2.840.113549.3.7";
    /// id-hmacWithSHA1.
    HMAC_SHA1 = "1.2.840.113549.2.7";
    /// id-hmacWithSHA224.
    HMAC_SHA224 = "1.2.840.113549.2.8";
    /// id-hmacWithSHA256.
    HMAC_SHA256 = "1.2.840.113549.2.9";
    /// id-hmacWithSHA384.
    HMAC_SHA384 = "1.2.840.113549.2.10";
    /// id-hmacWithSHA512.
    HMAC_SHA512 = "1.2.840.113549.2.11";
    /// id-sha1.
    SHA1 = "1.3.14.3.2.26";
    /// id-sha224.
    SHA224 = "2.16.840.1.101.3.4.2.4";
    /// id-sha256.
    SHA256 = "2.16.840.1.101.3.4.2.1";
    /// id-sha384.
    SHA384 = "2.16.840.1.101.3.4.2.2";
    /// id-sha512.
    SHA512 = "2.16.840.1.101.3.4.2.3";
}
