//! The content-encryption key, encrypted to a key on an elliptic curve: KeyAgreeRecipientInfo (RFC 5652,
//! 6.2.2) by ephemeral-static ECDH (RFC 5753, section 3.1), the key derivation of ANSI X9.63
//! (SEC 1, 3.6.1) and AES key wrap (RFC 3394). Written with SHA-256 and AES-256.

use aes_kw::KeyInit as _;
use const_oid::ObjectIdentifier;
use getrandom::SysRng;
use p256::elliptic_curve::Generate as _;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use rsa::pkcs8::PrivateKeyInfoRef;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::algorithm::Algorithm;
use crate::der::{self, BIT_STRING, EXPLICIT_0, EXPLICIT_1, OCTET_STRING};
use crate::key::oid::EC_PUBLIC_KEY;

/// dhSinglePass-stdDH-sha*kdf-scheme.
const SHA1_KDF: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.133.16.840.63.0.2");
const SHA256_KDF: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.1.11.1");
const SHA384_KDF: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.1.11.2");
const SHA512_KDF: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.1.11.3");
/// id-aes*-wrap (RFC 3565, 2.3.2).
const AES128_WRAP: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.5");
const AES192_WRAP: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.25");
const AES256_WRAP: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.45");

/// The version of `EnvelopedData` with such recipients (RFC 5652, 6.1).
pub(super) const ENVELOPED_VERSION: u8 = 2;

/// `[1] IMPLICIT` of a `SEQUENCE`: the same byte as `[1] EXPLICIT`.
const IMPLICIT_SEQUENCE_1: u8 = EXPLICIT_1;
/// `[2] EXPLICIT`.
const EXPLICIT_2: u8 = 0xa2;

/// What the macro `$read` makes of the curve with this object identifier: it is given the curve's
/// crate and variant. `None` on another curve.
macro_rules! on_curve {
    ($oid:expr, $read:ident) => {
        match $oid {
            "1.2.840.10045.3.1.7" => Some($read!(p256, P256)),
            "1.3.132.0.34" => Some($read!(p384, P384)),
            "1.3.132.0.35" => Some($read!(p521, P521)),
            _ => None,
        }
    };
}

/// A public key, on one of the curves.
pub(super) enum PublicKey {
    /// P-256.
    P256(p256::PublicKey),
    /// P-384.
    P384(p384::PublicKey),
    /// P-521.
    P521(p521::PublicKey),
}

impl PublicKey {
    /// Reads a point; `None` on another curve.
    ///
    /// # Errors
    /// The point is not on the curve.
    pub(super) fn read(curve: &str, point: &[u8]) -> Option<Result<Self, ()>> {
        macro_rules! read {
            ($curve:ident, $kind:ident) => {
                $curve::PublicKey::from_sec1_bytes(point)
                    .map(Self::$kind)
                    .map_err(|_| ())
            };
        }
        on_curve!(curve, read)
    }

    /// Agrees with a new key: its point, and the secret.
    fn agree(&self) -> Result<(Vec<u8>, Secret), getrandom::Error> {
        macro_rules! agree {
            ($curve:ident, $public:expr) => {{
                let ephemeral = $curve::SecretKey::try_generate_from_rng(&mut SysRng)?;
                let secret = ephemeral.diffie_hellman($public);
                let point = ephemeral.public_key().to_sec1_point(false);
                (point.as_bytes().to_vec(), copy(secret.raw_secret_bytes()))
            }};
        }
        Ok(match self {
            Self::P256(public) => agree!(p256, public),
            Self::P384(public) => agree!(p384, public),
            Self::P521(public) => agree!(p521, public),
        })
    }
}

/// A private key, on one of the curves.
pub(super) enum PrivateKey {
    /// P-256.
    P256(p256::SecretKey),
    /// P-384.
    P384(p384::SecretKey),
    /// P-521.
    P521(p521::SecretKey),
}

impl PrivateKey {
    /// Reads a key; `None` on another curve.
    ///
    /// # Errors
    /// The key is damaged.
    pub(super) fn read(curve: &str, info: PrivateKeyInfoRef<'_>) -> Option<Result<Self, ()>> {
        macro_rules! read {
            ($curve:ident, $kind:ident) => {
                $curve::SecretKey::try_from(info)
                    .map(Self::$kind)
                    .map_err(|_| ())
            };
        }
        on_curve!(curve, read)
    }

    /// Agrees with the sender's key; `None` when its point is not on this curve.
    fn agree(&self, point: &[u8]) -> Option<Secret> {
        macro_rules! agree {
            ($curve:ident, $private:expr) => {{
                let public = $curve::PublicKey::from_sec1_bytes(point).ok()?;
                copy($private.diffie_hellman(&public).raw_secret_bytes())
            }};
        }
        Some(match self {
            Self::P256(private) => agree!(p256, private),
            Self::P384(private) => agree!(p384, private),
            Self::P521(private) => agree!(p521, private),
        })
    }
}

/// What two keys agree on: the x coordinate of a point.
type Secret = Zeroizing<Vec<u8>>;

fn copy(secret: &[u8]) -> Secret {
    Zeroizing::new(secret.to_vec())
}

/// A `KeyAgreeRecipientInfo` for the holder of the certificate `name` (an
/// `IssuerAndSerialNumber`) names.
pub(super) fn seal(
    public: &PublicKey,
    name: &[u8],
    content_key: &[u8; 32],
) -> Result<Vec<u8>, getrandom::Error> {
    const VERSION_3: [u8; 3] = [2, 1, 3];
    let (point, secret) = public.agree()?;
    let wrap = der::sequence(&[&der::oid(&AES256_WRAP)]);
    let key = derive::<Sha256>(&secret, 32, &shared_info(&AES256_WRAP, None, 32));
    let mut wrapped = [0; 40];
    if wrap_key(&key, content_key, &mut wrapped).is_none() {
        unreachable!("AES-256 wraps 32 bytes to 40")
    }
    let originator = der::value(
        EXPLICIT_1,
        &[
            &der::sequence(&[&der::oid(&EC_PUBLIC_KEY)]),
            &der::value(BIT_STRING, &[&[0], &point]),
        ],
    );
    Ok(der::value(
        IMPLICIT_SEQUENCE_1,
        &[
            &VERSION_3,
            &der::value(EXPLICIT_0, &[&originator]),
            &der::sequence(&[&der::oid(&SHA256_KDF), &wrap]),
            &der::sequence(&[&der::sequence(&[
                name,
                &der::value(OCTET_STRING, &[&wrapped]),
            ])]),
        ],
    ))
}

/// The content's key; `None` when it was not encrypted to this private key.
///
/// # Errors
/// The algorithm is none of those read; the text names it.
pub(super) fn open(
    private: &PrivateKey,
    algorithm: Algorithm<'_>,
    point: &[u8],
    material: Option<&[u8]>,
    sealed: &[u8],
) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
    let derive = match algorithm.oid {
        SHA1_KDF => derive::<Sha1>,
        SHA256_KDF => derive::<Sha256>,
        SHA384_KDF => derive::<Sha384>,
        SHA512_KDF => derive::<Sha512>,
        other => return Err(format!("its key is agreed upon by {other}")),
    };
    let wrap = algorithm.parameters.and_then(Algorithm::read);
    let wrap = wrap.ok_or("it does not say how its key is wrapped")?.oid;
    let length = match wrap {
        AES128_WRAP => 16,
        AES192_WRAP => 24,
        AES256_WRAP => 32,
        other => return Err(format!("its key is wrapped with {other}")),
    };
    let Some(secret) = private.agree(point) else {
        return Ok(None);
    };
    let key = derive(&secret, length, &shared_info(&wrap, material, length));
    Ok(unwrap_key(&key, sealed))
}

/// `ECC-CMS-SharedInfo` (RFC 5753, 7.2).
fn shared_info(wrap: &ObjectIdentifier, material: Option<&[u8]>, length: usize) -> Vec<u8> {
    let wrap = der::sequence(&[&der::oid(wrap)]);
    let material =
        material.map(|material| der::value(EXPLICIT_0, &[&der::value(OCTET_STRING, &[material])]));
    let bits = (length as u32 * 8).to_be_bytes();
    der::sequence(&[
        &wrap,
        &material.unwrap_or_default(),
        &der::value(EXPLICIT_2, &[&der::value(OCTET_STRING, &[&bits])]),
    ])
}

/// The key derivation of SEC 1, 3.6.1.
fn derive<D: Digest>(secret: &[u8], length: usize, info: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(vec![0; length]);
    let blocks = key.chunks_mut(<D as Digest>::output_size());
    for (counter, block) in (1_u32..).zip(blocks) {
        let digest = D::new()
            .chain_update(secret)
            .chain_update(counter.to_be_bytes())
            .chain_update(info)
            .finalize();
        let digest = Zeroizing::new(digest.to_vec());
        block.copy_from_slice(&digest[..block.len()]);
    }
    key
}

fn wrap_key(key: &[u8], content_key: &[u8], wrapped: &mut [u8]) -> Option<()> {
    let wrap = aes_kw::KwAes256::new_from_slice(key).ok()?;
    wrap.wrap_key(content_key, wrapped).ok().map(|_| ())
}

fn unwrap_key(key: &[u8], wrapped: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut content_key = Zeroizing::new(vec![0; wrapped.len().checked_sub(8)?]);
    macro_rules! unwrap {
        ($wrap:ident) => {
            aes_kw::$wrap::new_from_slice(key)
                .ok()?
                .unwrap_key(wrapped, &mut content_key)
                .ok()?
        };
    }
    match key.len() {
        16 => unwrap!(KwAes128),
        24 => unwrap!(KwAes192),
        _ => unwrap!(KwAes256),
    };
    Some(content_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derive_matches_the_nist_example() {
        // ansix963_2001.rsp of NIST's CAVP, SHA-256: 192 bits of secret, no shared information.
        let secret = [
            0x96, 0xc0, 0x56, 0x19, 0xd5, 0x6c, 0x32, 0x8a, 0xb9, 0x5f, 0xe8, 0x4b, 0x18, 0x26,
            0x4b, 0x08, 0x72, 0x5b, 0x85, 0xe3, 0x3f, 0xd3, 0x4f, 0x08,
        ];
        let expected = [
            0x44, 0x30, 0x24, 0xc3, 0xda, 0xe6, 0x6b, 0x95, 0xe6, 0xf5, 0x67, 0x06, 0x01, 0x55,
            0x8f, 0x71,
        ];
        assert_eq!(*derive::<Sha256>(&secret, 16, &[]), expected);
    }

    #[test]
    fn unwrap_key_matches_the_rfc3394_example() {
        // 4.6: 256 bits of key data under 256 bits.
        let key: Vec<u8> = (0..32).collect();
        let data: Vec<u8> = (0..16).map(|n| n * 0x11).collect();
        let data = [data, (0..16).collect()].concat();
        let wrapped = [
            0x28, 0xc9, 0xf4, 0x04, 0xc4, 0xb8, 0x10, 0xf4, 0xcb, 0xcc, 0xb3, 0x5c, 0xfb, 0x87,
            0xf8, 0x26, 0x3f, 0x57, 0x86, 0xe2, 0xd8, 0x0e, 0xd3, 0x26, 0xcb, 0xc7, 0xf0, 0xe7,
            0x1a, 0x99, 0xf4, 0x3b, 0xfb, 0x98, 0x8b, 0x9b, 0x7a, 0x02, 0xdd, 0x21,
        ];
        assert_eq!(*unwrap_key(&key, &wrapped).unwrap(), *data);
        assert!(unwrap_key(&key[..16], &wrapped).is_none());
        for length in 0..wrapped.len() {
            assert!(unwrap_key(&key, &wrapped[..length]).is_none(), "{length}");
        }
    }
}
