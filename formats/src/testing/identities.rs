//! Made-up identities for the tests: a P-256 root and intermediate, and a leaf below them whose
//! key is P-256 or RSA. Keys come from fixed bytes, so the same call gives the same bytes.

use ::der::asn1::Any;
use ::der::{Decode, Encode};
use const_oid::ObjectIdentifier;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::{EncodePrivateKey, EncodePublicKey};
use zeroize::Zeroizing;

use crate::certificate::Certificate;
use crate::der::{self, SEQUENCE, SET};
use crate::secret::PrivateKey;

const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");

/// Valid throughout, as far as these tests are concerned.
pub const VALIDITY: (&str, &str) = ("20200101000000Z", "21200101000000Z");

/// A private key, its certificate, and the certificates above that.
pub struct Identity {
    /// The private key.
    pub key: PrivateKey,
    /// Its certificate.
    pub leaf: Certificate,
    /// The certificates above.
    pub issuers: Vec<Certificate>,
}

/// An identity whose key is P-256.
pub fn ec_identity() -> Identity {
    let key = ec_key(3);
    Identity {
        leaf: leaf(&spki(&key), VALIDITY),
        key: pkcs8(&key),
        issuers: issuers(),
    }
}

/// Identities whose keys are P-256, each with its own.
pub fn ec_identities(count: u8) -> Vec<Identity> {
    let identity = |number: u8| {
        let key = ec_key(10 + number);
        Identity {
            leaf: certificate(
                &format!("Person {number}"),
                "Sample Intermediate",
                &spki(&key),
                &ec_key(2),
                false,
                VALIDITY,
            ),
            key: pkcs8(&key),
            issuers: Vec::new(),
        }
    };
    (0..count).map(identity).collect()
}

/// An identity whose key is RSA with 2048 bits.
pub fn rsa_identity() -> Identity {
    let key = rsa_key();
    Identity {
        leaf: leaf(&crate::key::public_key_of(&key).unwrap(), VALIDITY),
        key,
        issuers: issuers(),
    }
}

/// An identity whose key does not sign: X25519.
pub fn x25519_identity() -> Identity {
    let key = private_key(
        "1.3.101.110",
        &[],
        &der::value(der::OCTET_STRING, &[&[7; 32]]),
    );
    Identity {
        leaf: leaf(&crate::key::public_key_of(&key).unwrap(), VALIDITY),
        key,
        issuers: issuers(),
    }
}

/// An identity of which nothing can be proven: Ed448, with any numbers.
pub fn ed448_identity() -> Identity {
    let oid = "1.3.101.113";
    let algorithm = der::sequence(&[&der::oid(&ObjectIdentifier::new_unwrap(oid))]);
    let public = der::value(der::BIT_STRING, &[&[0], &[8; 57]]);
    Identity {
        key: private_key(oid, &[], &der::value(der::OCTET_STRING, &[&[7; 57]])),
        leaf: leaf(&der::sequence(&[&algorithm, &public]), VALIDITY),
        issuers: issuers(),
    }
}

/// A `PrivateKeyInfo` of an algorithm with these parameters.
pub fn private_key(algorithm: &str, parameters: &[u8], key: &[u8]) -> PrivateKey {
    let oid = der::oid(&ObjectIdentifier::new_unwrap(algorithm));
    let algorithm = der::sequence(&[&oid, parameters]);
    let key = der::value(der::OCTET_STRING, &[key]);
    let info = der::sequence(&[&[2, 1, 0], &algorithm, &key]);
    PrivateKey::from_pkcs8_der(Zeroizing::new(info))
}

/// The key of [`ec_identity`] with a zero octet before its scalar, as GnuTLS writes some.
pub fn ec_key_behind_a_zero() -> PrivateKey {
    let scalar = [&[0][..], &[3; 32]].concat();
    let curve = der::oid(&ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"));
    let key = der::sequence(&[&[2, 1, 1], &der::value(der::OCTET_STRING, &[&scalar])]);
    private_key("1.2.840.10045.2.1", &curve, &key)
}

/// Another private key than every identity's.
pub fn foreign_key() -> PrivateKey {
    pkcs8(&ec_key(9))
}

/// The RSA key of [`rsa_identity`].
pub fn rsa_key() -> PrivateKey {
    let pem = include_bytes!("identities/rsa2048.pem");
    let (_, der) = pem_rfc7468::decode_vec(pem).unwrap();
    PrivateKey::from_pkcs8_der(Zeroizing::new(der))
}

/// [`rsa_key`] with p and q exchanged and nothing else: qInv no longer fits.
pub fn rsa_key_with_swapped_primes() -> PrivateKey {
    altered_rsa_key(|numbers| numbers.swap(4, 5))
}

/// [`rsa_key`] with another private exponent.
pub fn rsa_key_with_other_exponent() -> PrivateKey {
    altered_rsa_key(|numbers| *numbers[3].last_mut().unwrap() ^= 2)
}

/// The numbers of an `RSAPrivateKey` (RFC 8017, A.1.2) are version, n, e, d, p, q, dP, dQ, qInv.
fn altered_rsa_key(alter: impl FnOnce(&mut Vec<Vec<u8>>)) -> PrivateKey {
    let key = rsa_key();
    let parts = Vec::<Any>::from_der(key.expose()).unwrap();
    let numbers = Vec::<Any>::from_der(parts[2].value()).unwrap();
    let mut numbers: Vec<Vec<u8>> = numbers.iter().map(|any| any.to_der().unwrap()).collect();
    alter(&mut numbers);
    let numbers: Vec<&[u8]> = numbers.iter().map(Vec::as_slice).collect();
    let altered = der::sequence(&[
        &parts[0].to_der().unwrap(),
        &parts[1].to_der().unwrap(),
        &der::value(der::OCTET_STRING, &[&der::sequence(&numbers)]),
    ]);
    PrivateKey::from_pkcs8_der(Zeroizing::new(altered))
}

/// A leaf for this public key, issued by the intermediate.
pub fn leaf(spki: &[u8], validity: (&str, &str)) -> Certificate {
    certificate(
        "Anna Müller",
        "Sample Intermediate",
        spki,
        &ec_key(2),
        false,
        validity,
    )
}

/// A copy of `certificate` with its last byte, which is the signature's, changed.
pub fn with_broken_signature(certificate: &Certificate) -> Certificate {
    let mut der = certificate.der().to_vec();
    *der.last_mut().unwrap() ^= 1;
    Certificate::from_der(&der).unwrap()
}

/// A copy of `certificate` that says it is signed by an algorithm nobody knows.
pub fn with_unknown_signature_algorithm(certificate: &Certificate) -> Certificate {
    let known = ECDSA_SHA256.as_bytes();
    let mut der = certificate.der().to_vec();
    for at in 0..der.len() - known.len() {
        if der[at..].starts_with(known) {
            der[at + known.len() - 1] = 9;
        }
    }
    Certificate::from_der(&der).unwrap()
}

/// The intermediate and the root.
pub fn issuers() -> Vec<Certificate> {
    let (root, intermediate) = (ec_key(1), ec_key(2));
    let name = "Sample Intermediate";
    vec![
        certificate(
            name,
            "Sample Root",
            &spki(&intermediate),
            &root,
            true,
            VALIDITY,
        ),
        certificate(
            "Sample Root",
            "Sample Root",
            &spki(&root),
            &root,
            true,
            VALIDITY,
        ),
    ]
}

pub(super) fn ec_key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

pub(super) fn spki(key: &SigningKey) -> Vec<u8> {
    key.verifying_key().to_public_key_der().unwrap().to_vec()
}

/// The P-256 key's public half of [`ec_identity`].
pub fn ec_spki() -> Vec<u8> {
    spki(&ec_key(3))
}

pub(super) fn pkcs8(key: &SigningKey) -> PrivateKey {
    let der = key.to_pkcs8_der().unwrap();
    PrivateKey::from_pkcs8_der(Zeroizing::new(der.as_bytes().to_vec()))
}

fn certificate(
    subject: &str,
    issuer: &str,
    spki: &[u8],
    issuer_key: &SigningKey,
    ca: bool,
    (not_before, not_after): (&str, &str),
) -> Certificate {
    let algorithm = der::sequence(&[&der::oid(&ECDSA_SHA256)]);
    let time = |text: &str| der::value(0x18, &[text.as_bytes()]);
    let constraints = der::sequence(&[&[1, 1, 0xff]]);
    let extension = der::sequence(&[
        &der::oid(&BASIC_CONSTRAINTS),
        &[1, 1, 0xff],
        &der::value(der::OCTET_STRING, &[&constraints]),
    ]);
    let extensions = der::value(0xa3, &[&der::sequence(&[&extension])]);
    let to_be_signed = der::sequence(&[
        &[0xa0, 3, 2, 1, 2],
        &[2, 1, subject.len() as u8],
        &algorithm,
        &name(issuer),
        &der::sequence(&[&time(not_before), &time(not_after)]),
        &name(subject),
        spki,
        if ca { &extensions } else { &[] },
    ]);
    let signature: Signature = issuer_key.sign(&to_be_signed);
    let signature = der::value(3, &[&[0], signature.to_der().as_bytes()]);
    Certificate::from_der(&der::sequence(&[&to_be_signed, &algorithm, &signature])).unwrap()
}

fn name(text: &str) -> Vec<u8> {
    let attribute = der::sequence(&[
        &der::oid(&COMMON_NAME),
        &der::value(0x0c, &[text.as_bytes()]),
    ]);
    der::value(SEQUENCE, &[&der::value(SET, &[&attribute])])
}
