//! Certificates and keys to put into stores, valid until 2124. `tests/data/make.sh` made them;
//! they protect nothing.

use certstow_formats::certificate::Certificate;
use certstow_formats::secret::PrivateKey;
use zeroize::Zeroizing;

/// Something a store may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sample {
    /// RSA, 2048 bits, with its key.
    Rsa,
    /// ECDSA on P-256, with its key.
    P256,
    /// Ed25519, with its key.
    Ed25519,
    /// Expired in 2021, with its key.
    Expired,
    /// Not valid before 2120, with its key.
    Future,
    /// Without its key.
    Keyless,
    /// With its key encrypted under [`certstow_formats::testing::PASSWORD`].
    Locked,
    /// With a key that the store's policy keeps in.
    NotExportable,
    /// A CA certificate without its key: no entry, but an issuer.
    Issuer,
    /// What should be a certificate and is not readable.
    Malformed,
}

macro_rules! pem {
    ($path:literal) => {
        include_str!(concat!("../../../formats/tests/data/", $path))
    };
}

impl Sample {
    /// The certificate as PEM; for [`Sample::Malformed`] a block that decodes to nothing sound.
    pub fn certificate_pem(self) -> &'static str {
        match self {
            Self::Rsa => pem!("certificates/rsa.pem"),
            Self::P256 => pem!("certificates/P-256.pem"),
            Self::Ed25519 => pem!("certificates/ed25519.pem"),
            Self::Expired => pem!("certificates/expired.pem"),
            Self::Future => pem!("certificates/future.pem"),
            Self::Keyless => pem!("certificates/keyless.pem"),
            Self::Locked => pem!("certificates/P-256.pem"),
            Self::NotExportable => pem!("certificates/rsa-renewed.pem"),
            Self::Issuer => pem!("certificates/ca.pem"),
            Self::Malformed => "-----BEGIN CERTIFICATE-----\nMAMCAQU=\n-----END CERTIFICATE-----\n",
        }
    }

    /// The key as PEM of PKCS#8, encrypted for [`Sample::Locked`]; `None` where the store is to
    /// have none.
    pub fn key_pem(self) -> Option<&'static str> {
        match self {
            Self::Rsa | Self::NotExportable => Some(pem!("keys/rsa.pem")),
            Self::P256 => Some(pem!("keys/P-256.pem")),
            Self::Ed25519 => Some(pem!("keys/ed25519.pem")),
            Self::Expired => Some(pem!("keys/P-384.pem")),
            Self::Future => Some(pem!("keys/P-521.pem")),
            Self::Locked => Some(pem!("keys/P-256.encrypted.pem")),
            Self::Keyless | Self::Issuer | Self::Malformed => None,
        }
    }

    /// The certificate; `None` for [`Sample::Malformed`].
    pub fn certificate(self) -> Option<Certificate> {
        Certificate::from_der(&decoded(self.certificate_pem())).ok()
    }

    /// The unencrypted key, also for [`Sample::Locked`].
    pub fn key(self) -> Option<PrivateKey> {
        let pem = match self {
            Self::Locked => Self::P256.key_pem(),
            other => other.key_pem(),
        };
        pem.map(|pem| PrivateKey::from_pkcs8_der(Zeroizing::new(decoded(pem))))
    }
}

fn decoded(pem: &str) -> Vec<u8> {
    match pem_rfc7468::decode_vec(pem.as_bytes()) {
        Ok((_, der)) => der,
        Err(error) => panic!("a sample is damaged: {error}"),
    }
}
