//! Proves that the bytes of a file restore, with an implementation other than the one that wrote
//! them: p12-keystore's `Pkcs12Archive` reads the file as it lies there, and checks its MAC
//! (RFC 7292, appendix B). What the MAC does not cover is compared octet for octet with an encoding
//! by the crate `pkcs12`. Where p12-keystore cannot read something, certstow's own reader does, and
//! the result says so.

use der::asn1::OctetString;
use der::{Decode, Encode};
use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error as ArchiveError;
use pkcs12::pfx::Pfx;
use zeroize::Zeroizing;

use super::encode::LOCAL_KEY_ID_VALUE;
use crate::certificate::Certificate;
use crate::chain::Path;
use crate::pkcs12::decode::{self, BagAttributes, Limits, MacStatus};
use crate::pkcs12::error::DecodeError;
use crate::pkcs12::kdf::PasswordForm;
use crate::pkcs12::mac::MacScheme;
use crate::pkcs12::oid;
use crate::pkcs12::outline::{BagOutline, outline};
use crate::proof::{self, Proof};
use crate::secret::{Password, PrivateKey};

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
/// "by certstow's own reader" follows where p12-keystore could not make the check: of PBMAC1, and
/// of characters outside the Basic Multilingual Plane. `signature` is left out for a key of a kind
/// that certstow does not sign with, `key` as well where there is no public half to compare.
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
    let frame = Frame::check(bytes)?;
    let (mac, bags) = open(bytes, &frame, password)?;
    let path: Vec<Certificate> = [leaf].into_iter().chain(issuers).cloned().collect();

    check_certificates(&bags, &path)?;
    let certificates = match bags.own_reader {
        false => "certificates",
        true => "certificates by certstow's own reader",
    };
    let names = check_names(bytes, password, &bags, friendly_name)?;
    let mut checks = vec![mac, certificates, names];
    match prove(&bags, leaf)? {
        Proof::Signature if bags.own_reader => {
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

/// What a file is besides its contents.
struct Frame {
    mac: MacScheme,
    value: Vec<u8>,
    /// What the MAC is over: the DER of the `AuthenticatedSafe`.
    authenticated: Vec<u8>,
    /// The DER of the same `PFX` without its MAC.
    without_mac: Vec<u8>,
}

impl Frame {
    /// Compares everything around the `AuthenticatedSafe`, which is all that the MAC covers, with
    /// what certstow writes: the crate's encoding of the whole, the MAC's description, encrypted
    /// certificates and an encrypted key.
    fn check(bytes: &[u8]) -> Result<Self, String> {
        let broken = |error: der::Error| format!("the file is not a PKCS#12 file: {error}");
        let mut pfx = Pfx::from_der(bytes).map_err(broken)?;
        if pfx.auth_safe.content_type != oid::DATA || pfx.to_der().map_err(broken)? != bytes {
            return Err("the file is not the DER of a PKCS#12 file".to_owned());
        }
        let outline = outline(bytes).map_err(|error| error.to_string())?;
        let mac = pfx.mac_data.take().ok_or("the file has no MAC")?;
        // A reader passes over parameters that have one meaning only; these bytes it must not.
        let value = mac.mac.digest.as_bytes();
        let scheme = outline.mac.ok_or("the file has no MAC")?;
        if scheme.to_mac_data(value) != mac.to_der().map_err(broken)? {
            return Err("the file's MAC is of another kind than was written".to_owned());
        }
        let [certificates, key] = outline.safes.as_slice() else {
            return Err("the file does not consist of certificates and a key".to_owned());
        };
        let shrouded = matches!(key.bags.as_slice(), [BagOutline::ShroudedKey(_)]);
        if certificates.encryption.is_none() || key.encryption.is_some() || !shrouded {
            return Err("the certificates are not encrypted, or the key is misplaced".to_owned());
        }
        let authenticated: OctetString = pfx.auth_safe.content.decode_as().map_err(broken)?;
        Ok(Self {
            mac: scheme,
            value: value.to_vec(),
            authenticated: authenticated.into_bytes().into(),
            without_mac: pfx.to_der().map_err(broken)?,
        })
    }

    /// Checks the MAC by certstow's own reader.
    fn check_mac(&self, password: &Password) -> Result<(), String> {
        let key = self.mac.derive_key(PasswordForm::Text(password));
        // The derivation just paid for hides what comparing in variable time could tell.
        let matches = self.mac.compute(&key, &self.authenticated) == self.value;
        matches.then_some(()).ok_or_else(|| MAC_MISMATCH.to_owned())
    }
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

/// The bags of a file.
struct Bags {
    keys: Vec<Bag<PrivateKey>>,
    certificates: Vec<Bag<Vec<u8>>>,
    own_reader: bool,
}

/// Opens a file, and says how its MAC was checked.
fn open(bytes: &[u8], frame: &Frame, password: &Password) -> Result<(&'static str, Bags), String> {
    let unreadable = |error: ArchiveError| format!("what was encrypted does not decrypt: {error}");
    match Pkcs12Archive::from_pkcs12(bytes, password.expose()) {
        Ok(archive) => Ok(("mac", archive.into())),
        // It came past the MAC: PKCS#8 that contradicts its own version, a certificate with a date that
        // no calendar has.
        Err(ArchiveError::InvalidPrivateKey | ArchiveError::X509Error(_)) => {
            Ok(("mac", open_with_own_reader(bytes, password)?))
        }
        // PBMAC1, and a password that is no `BMPString` in PKCS#12's own derivation. What the MAC
        // is over may be readable all the same: PBES2 takes passwords as UTF-8.
        Err(error) if is_beyond(&error, password) => {
            frame.check_mac(password)?;
            let archive = Pkcs12Archive::from_pkcs12(&frame.without_mac, password.expose());
            let bags = match archive {
                Ok(archive) => archive.into(),
                Err(_) => open_with_own_reader(bytes, password)?,
            };
            Ok(("mac by certstow's own reader", bags))
        }
        Err(ArchiveError::MacError(_)) => Err(MAC_MISMATCH.to_owned()),
        Err(error) => Err(unreadable(error)),
    }
}

const MAC_MISMATCH: &str =
    "the MAC does not match: the file is altered, or another password is used";

/// Whether it is p12-keystore that cannot read the file. Of an unknown MAC it says that the
/// encryption is not supported.
fn is_beyond(error: &ArchiveError, password: &Password) -> bool {
    matches!(error, ArchiveError::UnsupportedEncryptionScheme) || beyond_bmp(password.expose())
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

fn open_with_own_reader(bytes: &[u8], password: &Password) -> Result<Bags, String> {
    fn bag<T>(content: T, attributes: BagAttributes) -> Bag<T> {
        Bag {
            content,
            friendly_name: attributes.friendly_name,
            local_key_id: attributes.local_key_id,
        }
    }
    let contents = decode::decode(bytes, PasswordForm::Text(password), &Limits::default());
    let contents = contents.map_err(|error| match error {
        DecodeError::WrongPassword | DecodeError::MacMismatch => MAC_MISMATCH.to_owned(),
        error => format!("what was encrypted does not decrypt: {error}"),
    })?;
    if contents.mac != MacStatus::Ok {
        return Err("the file has no MAC".to_owned());
    }
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

fn check_certificates(bags: &Bags, path: &[Certificate]) -> Result<(), String> {
    let found = &bags.certificates;
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
    bytes: &[u8],
    password: &Password,
    bags: &Bags,
    friendly_name: Option<&str>,
) -> Result<&'static str, String> {
    if friendly_name.is_some_and(beyond_bmp) && !bags.own_reader {
        let own = open_with_own_reader(bytes, password)?;
        return check_names(bytes, password, &own, friendly_name);
    }
    fn carries<T>(bag: &Bag<T>, name: Option<&str>) -> bool {
        bag.friendly_name.as_deref() == name
            && bag.local_key_id.as_deref() == Some(&LOCAL_KEY_ID_VALUE)
    }
    let mut certificates = bags.certificates.iter();
    let as_written = bags.keys.iter().all(|key| carries(key, friendly_name))
        && certificates
            .next()
            .is_some_and(|leaf| carries(leaf, friendly_name))
        && certificates
            .all(|issuer| issuer.friendly_name.is_none() && issuer.local_key_id.is_none());
    match (as_written, bags.own_reader) {
        (true, false) => Ok("names"),
        (true, true) => Ok("names by certstow's own reader"),
        (false, _) => Err("friendly name or local key ID are not as written".to_owned()),
    }
}

fn prove(bags: &Bags, leaf: &Certificate) -> Result<Proof, String> {
    let [key] = bags.keys.as_slice() else {
        return Err("the file does not hold exactly one private key".to_owned());
    };
    proof::prove(&key.content, leaf).map_err(|error| format!("as read back, {error}"))
}

#[cfg(test)]
mod tests;
