//! Proves that the bytes of a file restore, with an implementation other than the one that wrote
//! them: p12-keystore's `Pkcs12Archive` and the `pkcs12` crate it is built on.
//!
//! `Pkcs12Archive` derives the keys of a file one after the other, which would make proving
//! slower than writing. So it is given the file in two pieces at once, each a `PFX` with one of
//! the two `ContentInfo`s and without the MAC, while the MAC over both (RFC 7292, appendix B) is
//! checked beside it, with the same `pkcs12::kdf` that `Pkcs12Archive` would use.

use certstow_platform::certificate::Certificate;
use certstow_platform::pkcs12::decode::{self, BagAttributes, Limits};
use certstow_platform::pkcs12::kdf::PasswordForm;
use certstow_platform::pkcs12::oid;
use certstow_platform::pkcs12::outline::outline;
use certstow_platform::secret::{Password, PrivateKey};
use der::asn1::{Any, OctetString};
use der::{Decode, Encode};
use hmac::{Hmac, KeyInit, Mac};
use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error as ArchiveError;
use pkcs12::cms::content_info::ContentInfo;
use pkcs12::kdf::{Pkcs12KeyType, derive_key};
use pkcs12::pfx::Pfx;
use pkcs12::{AuthenticatedSafe, MacData};
use sha1::Sha1;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::encode::LOCAL_KEY_ID_VALUE;
use super::parallel;
use crate::chain::Path;
use crate::proof::{self, Proof};

/// Proves that `bytes`, opened with `password`, give back the leaf with its private key, the
/// issuers in their order, and the friendly name. Gives a word for each check that was made:
///
/// - `mac`: nothing in the file was altered, and the password fits;
/// - `certificates`: all of the path is there, the leaf first, and nothing else;
/// - `names`: friendly name and local key ID are where they belong, and nowhere else;
/// - `key`: the private key decrypts and its public half is the leaf's;
/// - `signature`: the key signs, and the leaf's public key verifies it;
/// - `path`: each certificate was issued by the next.
///
/// "by certstow's own reader" follows where p12-keystore could not make the check: of oid::PBMAC1, and
/// of characters outside the Basic Multilingual Plane. `key` and `signature` are left out for a
/// key of a kind that certstow does not sign with.
///
/// # Errors
/// A sentence about the check that failed. It holds no secret.
pub fn verify(
    bytes: &[u8],
    password: &Password,
    leaf: &Certificate,
    issuers: &[Certificate],
    friendly_name: Option<&str>,
) -> Result<Vec<&'static str>, String> {
    let file = File::read(bytes)?;
    let (certificates, key, mac) = parallel::three(
        &|| open(&file.certificates, password),
        &|| open(&file.key, password),
        &|| file.check_mac(bytes, password),
    );
    let mut checks = vec![mac?];
    let (certificates, key) = (certificates?, key?);
    let path: Vec<Certificate> = [leaf].into_iter().chain(issuers).cloned().collect();

    check_certificates(&certificates, &key, &path)?;
    checks.push(match certificates.own_reader {
        false => "certificates",
        true => "certificates by certstow's own reader",
    });
    checks.push(check_names(
        &file,
        password,
        &certificates,
        &key,
        friendly_name,
    )?);
    match prove(&key, leaf)? {
        Proof::Signature if key.own_reader => {
            checks.extend(["key by certstow's own reader", "signature"]);
        }
        Proof::Signature => checks.extend(["key", "signature"]),
        Proof::PublicKey(_) => checks.push("key"),
        Proof::None(_) => {}
    }
    Path::links(&path)?;
    checks.push("path");
    Ok(checks)
}

/// A file taken apart, nothing decrypted.
struct File {
    mac: MacData,
    /// What the MAC is over: the DER of the `AuthenticatedSafe`.
    authenticated: Vec<u8>,
    /// The DER of a `PFX` with the encrypted certificates alone.
    certificates: Vec<u8>,
    /// The DER of a `PFX` with the encrypted key alone.
    key: Vec<u8>,
}

impl File {
    /// Takes a file apart, and compares what is put together again with what was read: the MAC
    /// covers the `AuthenticatedSafe` only, so that the bytes around it are proven this way.
    fn read(bytes: &[u8]) -> Result<Self, String> {
        let broken = |error: der::Error| format!("the file is not a PKCS#12 file: {error}");
        let pfx = Pfx::from_der(bytes).map_err(broken)?;
        if pfx.auth_safe.content_type != oid::DATA || pfx.to_der().map_err(broken)? != bytes {
            return Err("the file is not the DER of a PKCS#12 file".to_owned());
        }
        let content: OctetString = pfx.auth_safe.content.decode_as().map_err(broken)?;
        let safes = AuthenticatedSafe::from_der(content.as_bytes()).map_err(broken)?;
        let [certificates, key] = safes.as_slice() else {
            return Err("the file does not consist of certificates and a key".to_owned());
        };
        if certificates.content_type != oid::ENCRYPTED_DATA || key.content_type != oid::DATA {
            return Err("the certificates are not encrypted, or the key is misplaced".to_owned());
        }
        Ok(Self {
            certificates: reduced(&pfx, certificates).map_err(broken)?,
            key: reduced(&pfx, key).map_err(broken)?,
            authenticated: content.into_bytes().into(),
            mac: pfx.mac_data.ok_or("the file has no MAC")?,
        })
    }

    /// Checks the MAC and says how.
    fn check_mac(&self, bytes: &[u8], password: &Password) -> Result<&'static str, String> {
        let algorithm = &self.mac.mac.algorithm;
        let null = algorithm
            .parameters
            .as_ref()
            .is_some_and(|any| *any == Any::null());
        let (matches, how) = match algorithm.oid {
            oid::SHA1 if null => (self.mac_matches_sha1(password), "mac"),
            oid::SHA256 if null => (self.mac_matches_sha256(password), "mac"),
            oid::PBMAC1 => (
                self.pbmac1_matches(bytes, password),
                "mac by certstow's own reader",
            ),
            _ => return Err("the file's MAC is of another kind than was written".to_owned()),
        };
        matches.then_some(how).ok_or_else(|| {
            "the MAC does not match: the file is altered, or another password is used".to_owned()
        })
    }

    fn mac_matches_sha1(&self, password: &Password) -> bool {
        let key = Zeroizing::new(derive_key::<Sha1>(
            &utf_16(password),
            self.mac.mac_salt.as_bytes(),
            Pkcs12KeyType::Mac,
            self.mac.iterations,
            20,
        ));
        Hmac::<Sha1>::new_from_slice(&key).is_ok_and(|hmac| {
            let hmac = hmac.chain_update(&self.authenticated);
            hmac.verify_slice(self.mac.mac.digest.as_bytes()).is_ok()
        })
    }

    fn mac_matches_sha256(&self, password: &Password) -> bool {
        let key = Zeroizing::new(derive_key::<Sha256>(
            &utf_16(password),
            self.mac.mac_salt.as_bytes(),
            Pkcs12KeyType::Mac,
            self.mac.iterations,
            32,
        ));
        Hmac::<Sha256>::new_from_slice(&key).is_ok_and(|hmac| {
            let hmac = hmac.chain_update(&self.authenticated);
            hmac.verify_slice(self.mac.mac.digest.as_bytes()).is_ok()
        })
    }

    /// Neither p12-keystore nor the `pkcs12` crate knows RFC 9579.
    fn pbmac1_matches(&self, bytes: &[u8], password: &Password) -> bool {
        let scheme = outline(bytes).ok().and_then(|outline| outline.mac);
        scheme.is_some_and(|scheme| {
            let value = self.mac.mac.digest.as_bytes();
            // A reader passes over parameters that have one meaning only; these bytes it must not.
            if self.mac.to_der().ok() != Some(scheme.to_mac_data(value)) {
                return false;
            }
            let key = scheme.derive_key(PasswordForm::Text(password));
            // The derivation just paid for hides what comparing in variable time could tell.
            scheme.compute(&key, &self.authenticated) == value
        })
    }
}

/// The DER of `pfx` with one of its `ContentInfo`s and without its MAC.
fn reduced(pfx: &Pfx, safe: &ContentInfo) -> Result<Vec<u8>, der::Error> {
    let safes = AuthenticatedSafe::from([safe.clone()]).to_der()?;
    let auth_safe = ContentInfo {
        content_type: pfx.auth_safe.content_type,
        content: Any::encode_from(&OctetString::new(safes)?)?,
    };
    let version = pfx.version;
    Pfx {
        version,
        auth_safe,
        mac_data: None,
    }
    .to_der()
}

/// The password as the PKCS#12 derivation takes it (RFC 7292, B.1): UTF-16, big endian, two
/// zero bytes at the end.
fn utf_16(password: &Password) -> Zeroizing<Vec<u8>> {
    // No character has more UTF-16 code units than UTF-8 bytes.
    let mut bytes = Zeroizing::new(Vec::with_capacity(password.expose().len() * 2 + 2));
    for unit in password.expose().encode_utf16() {
        bytes.extend_from_slice(&unit.to_be_bytes());
    }
    bytes.extend_from_slice(&[0, 0]);
    bytes
}

/// Whether text holds characters that p12-keystore takes for no part of a `BMPString`.
fn beyond_bmp(text: &str) -> bool {
    text.chars().any(|character| u32::from(character) >= 0xfffe)
}

/// A bag as read back.
struct Bag<T> {
    content: T,
    friendly_name: Option<String>,
    local_key_id: Option<Vec<u8>>,
}

/// The bags of one `ContentInfo`.
struct Bags {
    keys: Vec<Bag<PrivateKey>>,
    certificates: Vec<Bag<Vec<u8>>>,
    own_reader: bool,
}

/// Opens a `PFX` with p12-keystore, or with certstow's own reader where the other cannot: RC2 keys
/// of unusual length, and a password in PKCS#12's own derivation that is no `BMPString`.
fn open(safe: &[u8], password: &Password) -> Result<Bags, String> {
    match Pkcs12Archive::from_pkcs12(safe, password.expose()) {
        Ok(archive) => Ok(archive.into()),
        Err(ArchiveError::UnsupportedEncryptionScheme | ArchiveError::InvalidPrivateKey) => {
            open_with_own_reader(safe, password)
        }
        Err(_) if beyond_bmp(password.expose()) => open_with_own_reader(safe, password),
        Err(error) => Err(format!("what was encrypted does not decrypt: {error}")),
    }
}

impl From<Pkcs12Archive> for Bags {
    /// The archive keeps the key in memory that is not wiped, and offers no way to wipe it. Its
    /// copy is gone with the archive, at the end of this function, where the program's allocator
    /// wipes it; the one kept wipes itself.
    fn from(archive: Pkcs12Archive) -> Self {
        let keys = archive.keys.into_iter().map(|bag| Bag {
            content: PrivateKey::from_pkcs8_der(Zeroizing::new(bag.key.as_der().to_vec())),
            friendly_name: bag.friendly_name,
            local_key_id: bag.local_key_id.map(|id| id.0),
        });
        let certificates = archive.certs.into_iter().map(|bag| Bag {
            content: bag.cert.as_der().to_vec(),
            friendly_name: bag.friendly_name,
            local_key_id: bag.local_key_id,
        });
        Self {
            keys: keys.collect(),
            certificates: certificates.collect(),
            own_reader: false,
        }
    }
}

fn open_with_own_reader(safe: &[u8], password: &Password) -> Result<Bags, String> {
    fn bag<T>(content: T, attributes: BagAttributes) -> Bag<T> {
        Bag {
            content,
            friendly_name: attributes.friendly_name,
            local_key_id: attributes.local_key_id,
        }
    }
    let contents = decode::decode(safe, PasswordForm::Text(password), &Limits::default())
        .map_err(|error| format!("what was encrypted does not decrypt: {error}"))?;
    let keys = contents.keys.into_iter();
    let certificates = contents.certificates.into_iter();
    Ok(Bags {
        keys: keys.map(|key| bag(key.key, key.attributes)).collect(),
        certificates: certificates
            .map(|found| bag(found.der, found.attributes))
            .collect(),
        own_reader: true,
    })
}

fn check_certificates(certificates: &Bags, key: &Bags, path: &[Certificate]) -> Result<(), String> {
    let found = &certificates.certificates;
    if !certificates.keys.is_empty() || !key.certificates.is_empty() {
        return Err("certificates and key are not where they were written".to_owned());
    }
    if found.len() != path.len() {
        return Err(format!(
            "the file holds {} certificates instead of {}",
            found.len(),
            path.len()
        ));
    }
    match found
        .iter()
        .zip(path)
        .position(|(found, meant)| found.content != meant.der())
    {
        None => Ok(()),
        Some(0) => Err("the first certificate in the file is not the one exported".to_owned()),
        Some(at) => Err(format!(
            "certificate {} in the file is not the one meant",
            at + 1
        )),
    }
}

/// Checks the attributes, and says how: p12-keystore drops a name that is no `BMPString`.
fn check_names(
    file: &File,
    password: &Password,
    certificates: &Bags,
    key: &Bags,
    friendly_name: Option<&str>,
) -> Result<&'static str, String> {
    const BY_OWN_READER: &str = "names by certstow's own reader";
    if friendly_name.is_some_and(beyond_bmp) && !(certificates.own_reader && key.own_reader) {
        let certificates = open_with_own_reader(&file.certificates, password)?;
        let key = open_with_own_reader(&file.key, password)?;
        compare_names(&certificates, &key, friendly_name)?;
        return Ok(BY_OWN_READER);
    }
    compare_names(certificates, key, friendly_name)?;
    Ok(match certificates.own_reader || key.own_reader {
        false => "names",
        true => BY_OWN_READER,
    })
}

fn compare_names(
    certificates: &Bags,
    key: &Bags,
    friendly_name: Option<&str>,
) -> Result<(), String> {
    fn carries<T>(bag: &Bag<T>, name: Option<&str>) -> bool {
        bag.friendly_name.as_deref() == name
            && bag.local_key_id.as_deref() == Some(&LOCAL_KEY_ID_VALUE)
    }
    let mut certificates = certificates.certificates.iter();
    let as_written = key.keys.iter().all(|key| carries(key, friendly_name))
        && certificates
            .next()
            .is_some_and(|leaf| carries(leaf, friendly_name))
        && certificates
            .all(|issuer| issuer.friendly_name.is_none() && issuer.local_key_id.is_none());
    as_written
        .then_some(())
        .ok_or_else(|| "friendly name or local key ID are not as written".to_owned())
}

fn prove(key: &Bags, leaf: &Certificate) -> Result<Proof, String> {
    let [key] = key.keys.as_slice() else {
        return Err("the file does not hold exactly one private key".to_owned());
    };
    proof::prove(&key.content, leaf).map_err(|error| format!("as read back, {error}"))
}

#[cfg(test)]
mod tests;
