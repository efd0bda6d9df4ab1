//! A private key on its way into a database: what kind of key NSS keeps, the PKCS#8 that it takes, the
//! public value by which it knows a key, and the objects it makes of them. Which attributes they have is
//! what NSS's own import gives them (pk11wrap's pk11pk12.c and pk11akey.c).

use certstow_formats::certificate::Certificate;
use certstow_formats::der::{self, OCTET_STRING};
use certstow_formats::key::{self, KeyError, forms};
use certstow_formats::secret::PrivateKey;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::types::Ulong;
use sha1::{Digest as _, Sha1};
use zeroize::Zeroizing;

use super::refusal::{Failure, Refusal};
use super::session::Session;

/// `CKA_NSS_DB` of pkcs11n.h: the public value, which NSS keeps with each private key.
pub(super) const NSS_DB: AttributeType = AttributeType::VendorDefined(0xD5A0_DB00);

/// The curves that every softoken has, as a `SubjectPublicKeyInfo` names them: P-256, P-384 and P-521.
const CURVES: [&[u8]; 3] = [
    &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
    &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22],
    &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23],
];

/// The octets of a block of AES.
const AES_BLOCK: usize = 16;

/// The octets of a key of AES-256.
const AES_256: Ulong = Ulong::new(32);

/// A private key that a database can keep.
pub(super) struct NewKey {
    pkcs8: PrivateKey,
    public: Public,
}

enum Public {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    Ec { curve: Vec<u8>, point: Vec<u8> },
}

/// How a private key is known, and what it may do.
pub(super) struct KeyTerms<'a> {
    /// `CKA_ID`.
    pub(super) id: &'a [u8],
    /// The nickname.
    pub(super) label: &'a str,
    /// The DER of the certificate's subject.
    pub(super) subject: &'a [u8],
}

impl NewKey {
    /// The key of a certificate.
    ///
    /// # Errors
    /// [`Failure::NotPossible`]: NSS keeps no such keys.
    pub(super) fn new(key: &PrivateKey, certificate: &Certificate) -> Result<Self, Failure> {
        let spki = certificate.spki_der();
        let not_kept = || Failure::NotPossible("NSS keeps no keys of this kind".to_owned());
        let malformed = |error: KeyError| match error {
            KeyError::UnknownAlgorithm(_) => not_kept(),
            KeyError::Malformed(wrong) => {
                Failure::NotPossible(format!("its private key is not usable: {wrong}"))
            }
        };
        let value = key::modulus_or_point(spki).ok_or_else(not_kept)?;
        let public = match key::curve_parameters(spki) {
            Some(curve) if CURVES.contains(&curve) => Public::Ec {
                curve: curve.to_vec(),
                point: value,
            },
            Some(_) => return Err(not_kept()),
            None => Public::Rsa {
                exponent: forms::rsa_numbers(key).map_err(malformed)?[1].to_vec(),
                modulus: value,
            },
        };
        let copy = PrivateKey::from_pkcs8_der(Zeroizing::new(key.expose().to_vec()));
        let pkcs8 = match public {
            Public::Ec { .. } => key::with_full_scalar(copy)
                .and_then(|key| forms::plain_pkcs8(&key, spki))
                .map_err(malformed)?,
            Public::Rsa { .. } => match forms::plain_pkcs8(&copy, spki) {
                // That of RSASSA-PSS goes in as it is, with its parameters.
                Err(KeyError::UnknownAlgorithm(_)) => key::without_public_half(copy),
                other => other.map_err(malformed)?,
            },
        };
        Ok(Self { pkcs8, public })
    }

    /// The modulus or the point.
    pub(super) fn public_value(&self) -> &[u8] {
        match &self.public {
            Public::Rsa { modulus, .. } => modulus,
            Public::Ec { point, .. } => point,
        }
    }

    /// Adds the private key, or overwrites the one with this `CKA_ID`. It goes to softoken under a key of
    /// the session, as PKCS#11 wants a private key to come.
    pub(super) fn put(
        &self,
        session: &Session,
        terms: &KeyTerms<'_>,
    ) -> Result<ObjectHandle, Refusal> {
        let template = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::Token(false),
            Attribute::Sensitive(true),
            Attribute::Encrypt(true),
            Attribute::Unwrap(true),
            Attribute::ValueLen(AES_256),
        ];
        let wrapping = session.generate(&Mechanism::AesKeyGen, &template)?;
        // Nothing else is ever encrypted under this key.
        let mechanism = Mechanism::AesCbcPad([0; AES_BLOCK]);
        let put = session
            .encrypt(&mechanism, wrapping, self.pkcs8.expose())
            .and_then(|wrapped| {
                session.unwrap(
                    &mechanism,
                    wrapping,
                    &wrapped,
                    &self.private_template(terms),
                )
            });
        // If that fails, it ends with the session.
        let _ = session.forget(wrapping);
        put
    }

    fn private_template(&self, terms: &KeyTerms<'_>) -> Vec<Attribute> {
        let mut template = vec![
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(true),
            Attribute::Label(terms.label.as_bytes().to_vec()),
            Attribute::Id(terms.id.to_vec()),
            Attribute::Subject(terms.subject.to_vec()),
            Attribute::Sign(true),
            Attribute::SignRecover(true),
            Attribute::VendorDefined((NSS_DB, self.public_value().to_vec())),
        ];
        template.extend(match self.public {
            Public::Rsa { .. } => vec![
                Attribute::KeyType(KeyType::RSA),
                Attribute::Decrypt(true),
                Attribute::Unwrap(true),
            ],
            Public::Ec { .. } => vec![Attribute::KeyType(KeyType::EC), Attribute::Derive(true)],
        });
        template
    }

    /// The object of the public key, which shows that there is a private one while that is locked.
    pub(super) fn public_template(&self, id: &[u8]) -> Vec<Attribute> {
        let mut template = vec![
            Attribute::Class(ObjectClass::PUBLIC_KEY),
            Attribute::Token(true),
            Attribute::Id(id.to_vec()),
        ];
        template.extend(match &self.public {
            Public::Rsa { modulus, exponent } => vec![
                Attribute::KeyType(KeyType::RSA),
                Attribute::Modulus(modulus.clone()),
                Attribute::PublicExponent(exponent.clone()),
            ],
            Public::Ec { curve, point } => vec![
                Attribute::KeyType(KeyType::EC),
                Attribute::EcParams(curve.clone()),
                Attribute::EcPoint(der::value(OCTET_STRING, &[point])),
            ],
        });
        template
    }
}

/// The `CKA_ID` that NSS gives to a key and its certificates: the SHA-1 of the public value alone. With any
/// other, a key could take another's place. Of kinds that NSS does not know, the hash that certificates
/// name keys by.
pub(super) fn id_of(spki: &[u8]) -> Vec<u8> {
    match key::modulus_or_point(spki) {
        Some(value) => Sha1::digest(value).to_vec(),
        None => key::key_identifier(spki).map_or_else(Vec::new, Into::into),
    }
}
