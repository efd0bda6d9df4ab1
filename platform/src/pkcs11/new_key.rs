//! A key as the attributes by which a token makes an object of it (`C_CreateObject`): the numbers of an RSA
//! key, the number and the curve of an EC key, the octets of an Ed25519 key. Source: PKCS #11 Current
//! Mechanisms 3.0, 2.1 and 2.3.

use certstow_formats::certificate::Certificate;
use certstow_formats::der;
use certstow_formats::key::{self, EcScalar, forms};
use certstow_formats::secret::PrivateKey;
use cryptoki::object::{Attribute, KeyType, ObjectClass};
use sha1::{Digest, Sha1};
use zeroize::Zeroize as _;

/// The curve of Ed25519 as RFC 8410 names it: 1.3.101.112, in DER.
const EDWARDS_25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];

/// A private key that tokens take.
pub(super) enum NewKey<'k> {
    Rsa([&'k [u8]; 8]),
    Ec(EcScalar),
    Ed25519(&'k [u8; 32]),
}

/// Attributes with secrets in them, which are wiped.
pub(super) struct Secret(Vec<Attribute>);

impl Secret {
    pub(super) fn template(&self) -> &[Attribute] {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        for attribute in &mut self.0 {
            match attribute {
                Attribute::PrivateExponent(value)
                | Attribute::Prime1(value)
                | Attribute::Prime2(value)
                | Attribute::Exponent1(value)
                | Attribute::Exponent2(value)
                | Attribute::Coefficient(value)
                | Attribute::Value(value) => value.zeroize(),
                _ => {}
            }
        }
    }
}

/// The CKA_ID of what belongs to a certificate: SHA-1 of its public value, as NSS has it.
pub(super) fn id(certificate: &Certificate) -> [u8; 20] {
    let spki = certificate.spki_der();
    let value = key::public_value(spki);
    Sha1::digest(value.as_deref().unwrap_or(spki)).into()
}

impl<'k> NewKey<'k> {
    /// The key, if it is of a kind that tokens take.
    pub(super) fn of(key: &'k PrivateKey) -> Option<Self> {
        if let Some(seed) = forms::ed25519_seed(key) {
            return Some(Self::Ed25519(seed));
        }
        if let Ok(Some(scalar)) = key::ec_scalar(key) {
            return Some(Self::Ec(scalar));
        }
        forms::rsa_numbers(key).ok().map(Self::Rsa)
    }

    fn kind(&self) -> KeyType {
        match self {
            Self::Rsa(_) => KeyType::RSA,
            Self::Ec(_) => KeyType::EC,
            Self::Ed25519(_) => KeyType::EC_EDWARDS,
        }
    }

    /// The private key for a token, which gives it out again only if it is `exportable`.
    pub(super) fn private(
        &self,
        id: &[u8],
        label: &str,
        subject: &[u8],
        exportable: bool,
    ) -> Secret {
        let mut template = vec![
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::KeyType(self.kind()),
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(exportable),
            Attribute::Label(label.as_bytes().to_vec()),
            Attribute::Id(id.to_vec()),
            Attribute::Subject(subject.to_vec()),
            Attribute::Sign(true),
        ];
        match self {
            Self::Rsa(numbers) => {
                let [modulus, public, private, p, q, dp, dq, inverse] = numbers.map(<[u8]>::to_vec);
                template.extend([
                    Attribute::Decrypt(true),
                    Attribute::Modulus(modulus),
                    Attribute::PublicExponent(public),
                    Attribute::PrivateExponent(private),
                    Attribute::Prime1(p),
                    Attribute::Prime2(q),
                    Attribute::Exponent1(dp),
                    Attribute::Exponent2(dq),
                    Attribute::Coefficient(inverse),
                ]);
            }
            Self::Ec(scalar) => template.extend([
                Attribute::Derive(true),
                Attribute::EcParams(der::oid(&scalar.curve.oid())),
                Attribute::Value(scalar.octets.to_vec()),
            ]),
            Self::Ed25519(seed) => template.extend([
                Attribute::EcParams(EDWARDS_25519.to_vec()),
                Attribute::Value(seed.to_vec()),
            ]),
        }
        Secret(template)
    }

    /// The public key beside it.
    pub(super) fn public(&self, id: &[u8], label: &str, spki: &[u8]) -> Option<Vec<Attribute>> {
        let mut template = vec![
            Attribute::Class(ObjectClass::PUBLIC_KEY),
            Attribute::KeyType(self.kind()),
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Label(label.as_bytes().to_vec()),
            Attribute::Id(id.to_vec()),
            Attribute::Verify(true),
        ];
        let point = || Some(der::value(der::OCTET_STRING, &[&key::public_value(spki)?]));
        match self {
            Self::Rsa([modulus, exponent, ..]) => template.extend([
                Attribute::Encrypt(true),
                Attribute::Modulus(modulus.to_vec()),
                Attribute::PublicExponent(exponent.to_vec()),
            ]),
            Self::Ec(scalar) => template.extend([
                Attribute::EcParams(der::oid(&scalar.curve.oid())),
                Attribute::EcPoint(point()?),
            ]),
            Self::Ed25519(_) => template.extend([
                Attribute::EcParams(EDWARDS_25519.to_vec()),
                Attribute::EcPoint(point()?),
            ]),
        }
        Some(template)
    }
}
