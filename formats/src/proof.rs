//! Proof that a private key works for a certificate: the public halves are equal, and the key
//! signs a random challenge which the certificate's key verifies. The second half matters: a
//! PKCS#8 `PrivateKeyInfo` (RFC 5958) can carry the right public half beside damaged secrets.

use der::asn1::{AnyRef, OctetStringRef};
use der::{Encode as _, Reader as _, SliceReader};
use dsa::signature::hazmat::PrehashSigner as _;
use ed25519_dalek::Signer as _;
use rsa::pkcs1::der::Decode as _;
use rsa::pkcs8::PrivateKeyInfoRef;
use rsa::pkcs8::spki::AlgorithmIdentifierRef;
use rsa::traits::PrivateKeyParts as _;
use rsa::{BoxedUint, Pkcs1v15Sign};
use serde::Serialize;
use sha2::Sha256;
use thiserror::Error;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::certificate::Certificate;
use crate::hash::Digest;
use crate::key::ml_dsa::ParameterSet;
use crate::key::{self, EcScalar, KeyError};
use crate::secret::PrivateKey;
use crate::signature::{RSA_BITS, Scheme, SignatureError};

/// id-RSASSA-PSS as a key's algorithm: an RSA key that may sign in no other way (RFC 4055, 1.2).
const RSASSA_PSS: &str = "1.2.840.113549.1.1.10";

/// What is known of a private key after [`prove`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The public halves are equal and a random challenge was signed and verified.
    Signature,
    /// The public halves are equal. certstow does not sign with this kind of key, which is named as
    /// in [`key::KeyDescription`], or in a few words.
    PublicKey(String),
    /// Nothing contradicts that the key is the certificate's, and nothing proves it. The kind of
    /// key, as for [`Proof::PublicKey`].
    None(String),
}

/// How far a private key was proven: the variants of [`Proof`], the weakest first. Every command
/// draws the same conclusion from one level; its word stands in JSON and in manifests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// See [`Proof::None`].
    None,
    /// See [`Proof::PublicKey`].
    PublicKey,
    /// See [`Proof::Signature`].
    Signature,
}

/// What there is to say of a private key at [`Level::None`].
pub const UNPROVEN: &str = "certstow cannot prove that this private key works";

impl Level {
    /// All of them, the weakest first.
    pub const ALL: [Self; 3] = [Self::None, Self::PublicKey, Self::Signature];

    /// What the user should know of a key at this level, in a sentence.
    pub fn warning(self) -> Option<&'static str> {
        match self {
            Self::None => Some(UNPROVEN),
            Self::PublicKey => {
                Some("the private key was compared with the certificate's public key and not tried")
            }
            Self::Signature => None,
        }
    }

    /// The word for it in reports, JSON and manifests.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::PublicKey => "public-key",
            Self::Signature => "signature",
        }
    }
}

impl Proof {
    /// How far this goes.
    pub fn level(&self) -> Level {
        match self {
            Self::Signature => Level::Signature,
            Self::PublicKey(_) => Level::PublicKey,
            Self::None(_) => Level::None,
        }
    }

    /// What the user should know of a key that did not sign, in a sentence.
    pub fn warning(&self) -> Option<String> {
        let what = self.level().warning()?;
        match self {
            Self::Signature => None,
            Self::PublicKey(kind) => Some(format!("{what}: certstow does not sign with {kind}")),
            Self::None(kind) => Some(format!("{what}, as it does not sign with {kind}")),
        }
    }
}

/// Why a private key is no use for a certificate. Holds nothing of the key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProofError {
    /// It is another certificate's key: the public halves differ.
    #[error("the private key belongs to another certificate")]
    Mismatch,
    /// It has the right public half, or none, and cannot sign for the certificate. Says why.
    #[error("the private key is damaged: {0}")]
    Useless(String),
}

impl From<KeyError> for ProofError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Malformed(why) => Self::Useless(why.to_owned()),
            other => Self::Useless(other.to_string()),
        }
    }
}

/// Why a key does not sign, or does not decrypt.
pub(crate) enum Refusal {
    /// It is damaged; how.
    Damaged(&'static str),
    /// certstow does not know such a key; which it is.
    Unknown(String),
}

/// Proves that `key` can be used with `certificate`.
///
/// # Errors
/// - [`ProofError::Mismatch`]: the key's public half is not the certificate's.
/// - [`ProofError::Useless`]: the key cannot be read, contradicts itself, or its signature does
///   not verify with the certificate's public key.
pub fn prove(key: &PrivateKey, certificate: &Certificate) -> Result<Proof, ProofError> {
    let compared = match key::public_key_of(key) {
        Ok(public) if key::same_public_key(&public, certificate.spki_der()) => true,
        Ok(_) => return Err(ProofError::Mismatch),
        Err(KeyError::UnknownAlgorithm(algorithm)) => {
            let certificate = certificate.x509();
            let of_certificate = certificate.public_key().algorithm.algorithm.to_id_string();
            if of_certificate != algorithm.oid {
                return Err(ProofError::Mismatch);
            }
            false
        }
        Err(error) => return Err(ProofError::from(error)),
    };
    let mut challenge = [0; 32];
    getrandom::fill(&mut challenge)
        .map_err(|error| ProofError::Useless(format!("no random challenge: {error}")))?;

    match sign(key, &challenge) {
        Ok((scheme, signature)) => check(scheme, &signature, &challenge, certificate, compared),
        Err(Refusal::Damaged(why)) => Err(ProofError::Useless(why.to_owned())),
        Err(Refusal::Unknown(kind)) if compared => Ok(Proof::PublicKey(kind)),
        Err(Refusal::Unknown(kind)) => Ok(Proof::None(kind)),
    }
}

fn check(
    scheme: Scheme,
    signature: &[u8],
    challenge: &[u8],
    certificate: &Certificate,
    compared: bool,
) -> Result<Proof, ProofError> {
    let certificate = certificate.x509();
    let public: &SubjectPublicKeyInfo<'_> = certificate.public_key();
    let is_ecdsa = matches!(scheme, Scheme::Ecdsa(_));
    match scheme.verify(public, challenge, signature) {
        Ok(()) => Ok(Proof::Signature),
        // The curve is spelt out in the certificate, and has its name in the key.
        Err(SignatureError::Unsupported(_)) if compared && is_ecdsa => {
            let kind = key::describe(public.raw).algorithm;
            Ok(Proof::PublicKey(kind))
        }
        Err(_) => Err(ProofError::Useless(
            "what it signs does not verify with the certificate's public key".to_owned(),
        )),
    }
}

/// Signs `challenge` with whatever kind of key this is.
///
/// The libraries' key types wipe themselves when dropped; what their big-number arithmetic leaves
/// on the heap meanwhile is out of reach here. The program's allocator wipes it.
fn sign(key: &PrivateKey, challenge: &[u8]) -> Result<(Scheme, Vec<u8>), Refusal> {
    let info = read_info(key)?;
    let algorithm = info.algorithm.oid.to_string();
    match algorithm.as_str() {
        "1.2.840.113549.1.1.1" => {
            let key = rsa_private_key(info.private_key.as_bytes())?;
            let digest = Digest::Sha256.digest(&[challenge]);
            key.sign(Pkcs1v15Sign::new::<Sha256>(), &digest)
                .map(|signature| (Scheme::RsaPkcs1(Digest::Sha256), signature))
                .map_err(|_| Refusal::Damaged("RSA signing failed"))
        }
        // The hash that its parameters may demand changes nothing in the arithmetic proven here.
        RSASSA_PSS => {
            let key = rsa_private_key(info.private_key.as_bytes())?;
            key.pss_sign::<Sha256>(challenge)
                .map(|signature| (Scheme::PSS_SHA256, signature))
                .map_err(|_| Refusal::Damaged("RSA signing failed"))
        }
        "1.2.840.10045.2.1" => sign_ecdsa(key, challenge),
        "1.2.840.10040.4.1" => sign_dsa(info, challenge),
        "1.3.101.112" => {
            let key = ed25519_dalek::SigningKey::try_from(info)
                .map_err(|_| Refusal::Damaged("its two halves do not belong together"))?;
            Ok((Scheme::Ed25519, key.sign(challenge).to_vec()))
        }
        _ => match ParameterSet::by_oid(info.algorithm.oid) {
            Some(set) => match set.sign(key, challenge) {
                Ok(Some(signature)) => Ok((Scheme::MlDsa, signature)),
                Ok(None) => Err(Refusal::Unknown(format!("{} without its seed", set.name))),
                Err(error) => Err(damaged(&error)),
            },
            None => Err(Refusal::Unknown(key::algorithm_name(key))),
        },
    }
}

fn damaged(error: &KeyError) -> Refusal {
    match error {
        KeyError::Malformed(why) => Refusal::Damaged(why),
        _ => Refusal::Damaged("it does not read"),
    }
}

/// Reads the outer structure of a key.
pub(crate) fn read_info(key: &PrivateKey) -> Result<PrivateKeyInfoRef<'_>, Refusal> {
    PrivateKeyInfoRef::try_from(key.expose())
        .or_else(|_| without_version(key.expose()))
        .map_err(|_| Refusal::Damaged("it is not a PKCS#8 private key"))
}

/// Reads a `PrivateKeyInfo` whose version says otherwise than the fields that follow: version 2
/// without a public key, as some programs write it and OpenSSL reads it.
fn without_version(der: &[u8]) -> der::Result<PrivateKeyInfoRef<'_>> {
    let mut reader = SliceReader::new(der)?;
    let info = reader.sequence(|fields: &mut SliceReader<'_>| -> der::Result<_> {
        u8::decode(fields)?;
        let algorithm = AlgorithmIdentifierRef::decode(fields)?;
        let key = <&OctetStringRef>::decode(fields)?;
        while !fields.is_finished() {
            AnyRef::decode(fields)?;
        }
        Ok(PrivateKeyInfoRef::new(algorithm, key))
    })?;
    reader.finish()?;
    Ok(info)
}

fn sign_ecdsa(key: &PrivateKey, challenge: &[u8]) -> Result<(Scheme, Vec<u8>), Refusal> {
    let unknown = || Refusal::Unknown(key::algorithm_name(key));
    let scalar = key::ec_scalar(key).map_err(|error| damaged(&error))?;
    let EcScalar { curve, octets } = scalar.ok_or_else(unknown)?;
    if !curve.has_arithmetic() {
        return Err(unknown());
    }
    let digest = Digest::Sha256.digest(&[challenge]);
    let signature = curve.sign(&octets, &digest);
    let signature = signature.ok_or(Refusal::Damaged("ECDSA signing failed"))?;
    Ok((Scheme::Ecdsa(Digest::Sha256), signature))
}

/// The crate knows the four sizes of FIPS 186-4.
fn sign_dsa(info: PrivateKeyInfoRef<'_>, challenge: &[u8]) -> Result<(Scheme, Vec<u8>), Refusal> {
    let key = dsa::SigningKey::try_from(info)
        .map_err(|_| Refusal::Unknown("a DSA key of unusual size".to_owned()))?;
    let digest = Digest::Sha256.digest(&[challenge]);
    let signature: Result<dsa::Signature, _> = key.sign_prehash(&digest);
    signature
        .ok()
        .and_then(|signature| signature.to_der().ok())
        .map(|signature| (Scheme::Dsa(Digest::Sha256), signature))
        .ok_or(Refusal::Damaged("DSA signing failed"))
}

/// Reads an `RSAPrivateKey` (RFC 8017, A.1.2) and checks all eight numbers against each other.
///
/// A signature alone would not do: the `rsa` crate computes with exponents of its own making and
/// never looks at dP, dQ and qInv as stored, whereas other programs sign with nothing else. So
/// p, q and d are checked against n and e on construction, and the rest against d, p and q here.
/// The crate blinds its private operations with the system's random numbers; checking, signing and
/// verifying with 2048 bits still take no more than a few milliseconds together.
pub(crate) fn rsa_private_key(der: &[u8]) -> Result<rsa::PrivateKey, Refusal> {
    let stored = rsa::pkcs1::RsaPrivateKeyRef::from_der(der)
        .map_err(|_| Refusal::Damaged("it is not an RSAPrivateKey"))?;
    if stored.other_prime_infos.is_some() {
        return Err(Refusal::Unknown(
            "an RSA key of more than two primes".to_owned(),
        ));
    }
    if stored.modulus.as_bytes().len() * 8 > *RSA_BITS.end() {
        let bits = stored.modulus.as_bytes().len() * 8;
        return Err(Refusal::Unknown(format!("an RSA key of {bits} bits")));
    }
    let number =
        |stored: &rsa::pkcs1::UintRef<'_>| BoxedUint::from_be_slice_vartime(stored.as_bytes());
    let build = |constructor: fn(_, _, _, _) -> _| {
        constructor(
            number(&stored.modulus),
            number(&stored.public_exponent),
            number(&stored.private_exponent),
            vec![number(&stored.prime1), number(&stored.prime2)],
        )
    };
    let key = match build(rsa::PrivateKey::from_components) {
        // One prime is longer than half the modulus: rare, legal, and slower to sign with.
        Err(rsa::Error::InvalidPrime) => build(rsa::PrivateKey::from_components_with_wide_primes),
        other => other,
    };
    let key = key.map_err(|error| match error {
        rsa::Error::PublicExponentTooLarge => {
            Refusal::Unknown("an RSA public exponent over 33 bits".to_owned())
        }
        _ => Refusal::Damaged("its RSA numbers n, e, d, p and q do not belong together"),
    })?;

    let same = |stored: &rsa::pkcs1::UintRef<'_>, computed: Option<&BoxedUint>| {
        computed.is_some_and(|computed| number(stored) == *computed)
    };
    let coefficient = key.qinv().map(|qinv| qinv.retrieve());
    if same(&stored.exponent1, key.dp())
        && same(&stored.exponent2, key.dq())
        && same(&stored.coefficient, coefficient.as_ref())
    {
        Ok(key)
    } else {
        Err(Refusal::Damaged(
            "its RSA numbers dP, dQ and qInv do not belong to d, p and q",
        ))
    }
}

#[cfg(test)]
mod tests;
