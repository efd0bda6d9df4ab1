//! The content-encryption key, encrypted to an RSA key: KeyTransRecipientInfo (RFC 5652, 6.2.1) with
//! RSAES-OAEP (RFC 4055, section 4), written with SHA-256 throughout. RSAES-PKCS1-v1_5 (RFC 3370,
//! 4.2.1) is read, too, because OpenSSL writes it unless told otherwise; nobody can ask this
//! program again and again how a changed file decrypts.

use const_oid::ObjectIdentifier;
use rsa::{Oaep, Pkcs1v15Encrypt};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::algorithm::Algorithm;
use crate::ber::Value;
use crate::der::{self, EXPLICIT_0, EXPLICIT_1, OCTET_STRING, SEQUENCE};
use crate::hash::Digest;
use crate::key::oid::RSA_ENCRYPTION;
use crate::pkcs12::oid;

const RSAES_OAEP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.7");
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");

/// The version of `EnvelopedData` with such recipients alone (RFC 5652, 6.1).
pub(super) const ENVELOPED_VERSION: u8 = 0;

/// A `KeyTransRecipientInfo` for the holder of the certificate `name` (an
/// `IssuerAndSerialNumber`) names.
pub(super) fn seal(
    public: &rsa::PublicKey,
    name: &[u8],
    content_key: &[u8],
) -> Result<Vec<u8>, rsa::Error> {
    const VERSION_0: [u8; 3] = [2, 1, 0];
    let sha256 = der::algorithm(&oid::SHA256);
    let parameters = der::sequence(&[
        &der::value(EXPLICIT_0, &[&sha256]),
        &der::value(EXPLICIT_1, &[&der::sequence(&[&der::oid(&MGF1), &sha256])]),
    ]);
    let sealed = public.oaep_encrypt::<Sha256>(content_key)?;
    Ok(der::sequence(&[
        &VERSION_0,
        name,
        &der::sequence(&[&der::oid(&RSAES_OAEP), &parameters]),
        &der::value(OCTET_STRING, &[&sealed]),
    ]))
}

/// The content's key; `None` when it was not encrypted to this private key. A wrong private key
/// may give a key of any length instead.
///
/// # Errors
/// The algorithm is none of those read; the text names it.
pub(super) fn open(
    private: &rsa::PrivateKey,
    algorithm: Algorithm<'_>,
    sealed: &[u8],
) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
    let opened = match algorithm.oid {
        RSA_ENCRYPTION => private.decrypt(Pkcs1v15Encrypt, sealed),
        RSAES_OAEP => match oaep_hash(algorithm.parameters) {
            Some(Digest::Sha1) => private.decrypt(Oaep::<Sha1>::new(), sealed),
            Some(Digest::Sha256) => private.decrypt(Oaep::<Sha256>::new(), sealed),
            Some(Digest::Sha384) => private.decrypt(Oaep::<Sha384>::new(), sealed),
            Some(Digest::Sha512) => private.decrypt(Oaep::<Sha512>::new(), sealed),
            _ => {
                return Err("its key is encrypted with an unusual form of RSAES-OAEP".to_owned());
            }
        },
        other => return Err(format!("its key is encrypted with {other}")),
    };
    Ok(opened.ok().map(Zeroizing::new))
}

/// Whether decrypting with a wrong private key fails.
pub(super) fn tells_wrong_keys(algorithm: Algorithm<'_>) -> bool {
    algorithm.oid != RSA_ENCRYPTION
}

/// Reads `RSAES-OAEP-params`, every field of which has a default: the hash, which the mask has to use as
/// well.
fn oaep_hash(parameters: Option<Value<'_>>) -> Option<Digest> {
    let (mut hash, mut mask) = (Digest::Sha1, Digest::Sha1);
    for field in parameters?.tagged(SEQUENCE)?.inside() {
        let algorithm = Algorithm::read(field.inside().next()?)?;
        match field.tag {
            EXPLICIT_0 => hash = Digest::by_oid(algorithm.oid)?,
            EXPLICIT_1 if algorithm.oid == MGF1 => {
                mask = Digest::by_oid(Algorithm::read(algorithm.parameters?)?.oid)?;
            }
            _ => return None,
        }
    }
    (hash == mask).then_some(hash)
}
