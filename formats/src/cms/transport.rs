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
use crate::pkcs12::oid;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
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
        RSAES_OAEP => match OaepHash::read(algorithm.parameters)? {
            OaepHash::Sha1 => private.decrypt(Oaep::<Sha1>::new(), sealed),
            OaepHash::Sha256 => private.decrypt(Oaep::<Sha256>::new(), sealed),
            OaepHash::Sha384 => private.decrypt(Oaep::<Sha384>::new(), sealed),
            OaepHash::Sha512 => private.decrypt(Oaep::<Sha512>::new(), sealed),
        },
        other => return Err(format!("its key is encrypted with {other}")),
    };
    Ok(opened.ok().map(Zeroizing::new))
}

/// Whether decrypting with a wrong private key fails.
pub(super) fn tells_wrong_keys(algorithm: Algorithm<'_>) -> bool {
    algorithm.oid != RSA_ENCRYPTION
}

/// The hash of RSAES-OAEP, which its mask uses as well.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OaepHash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl OaepHash {
    /// Reads `RSAES-OAEP-params`, every field of which has a default.
    fn read(parameters: Option<Value<'_>>) -> Result<Self, String> {
        const OTHER: &str = "its key is encrypted with an unusual form of RSAES-OAEP";
        let parameters = parameters.and_then(|parameters| parameters.tagged(SEQUENCE));
        let (mut hash, mut mask) = (Self::Sha1, Self::Sha1);
        for field in parameters.ok_or(OTHER)?.inside() {
            let value = field.inside().next().ok_or(OTHER)?;
            match field.tag {
                EXPLICIT_0 => hash = Self::of(value).ok_or(OTHER)?,
                EXPLICIT_1 => mask = Self::of_mask(value).ok_or(OTHER)?,
                _ => return Err(OTHER.to_owned()),
            }
        }
        if hash == mask {
            Ok(hash)
        } else {
            Err(OTHER.to_owned())
        }
    }

    fn of(algorithm: Value<'_>) -> Option<Self> {
        match Algorithm::read(algorithm)?.oid {
            oid::SHA1 => Some(Self::Sha1),
            oid::SHA256 => Some(Self::Sha256),
            oid::SHA384 => Some(Self::Sha384),
            oid::SHA512 => Some(Self::Sha512),
            _ => None,
        }
    }

    fn of_mask(algorithm: Value<'_>) -> Option<Self> {
        let mask = Algorithm::read(algorithm)?;
        Self::of(mask.parameters.filter(|_| mask.oid == MGF1)?)
    }
}
