//! DER structures shared by reader and writer (`Pfx`, `AuthenticatedSafe`, `SafeBag`, `MacData`, `EncryptedPrivateKeyInfo`, PBES2/PBKDF2/PBMAC1 params), `oid` constants, BER to DER.
