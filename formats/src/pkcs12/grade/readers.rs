//! Which of the known programs open a file, judged by what it shows without its password.

use std::collections::BTreeMap;

use super::report::Reader;
use crate::pkcs12::kdf::Digest;
use crate::pkcs12::mac::MacScheme;
use crate::pkcs12::outline::Outline;
use crate::pkcs12::pbe::{Cipher, Scheme};
use crate::pkcs12::target::{Pbes2, Reads, Support, targets};
use crate::secret::Password;

/// For each program, whether it is known to open the file.
pub(super) fn readers(
    outline: &Outline,
    password: Option<&Password>,
) -> BTreeMap<&'static str, Reader> {
    let ascii = password.is_none_or(Password::is_ascii);
    let judge = |reads: &Reads| {
        let reason = objection(reads, outline, ascii);
        Reader {
            opens: reason.is_none(),
            reason,
        }
    };
    targets()
        .iter()
        .map(|target| (target.name, judge(&target.reads)))
        .collect()
}

/// Judges again once it is known how many certificates the file holds.
pub(super) fn with_certificates(readers: &mut BTreeMap<&'static str, Reader>, count: usize) {
    for target in targets() {
        let (Some(limit), Some(reader)) = (target.reads.certificates, readers.get_mut(target.name))
        else {
            continue;
        };
        if count > limit && reader.opens {
            reader.opens = false;
            reader.reason = Some(format!(
                "it reads {limit} certificate, and the file holds {count}"
            ));
        }
    }
}

/// Judges again once a key's scalar is found to have another length than RFC 5915 says: .NET takes
/// such a file for one with a wrong password.
pub(super) fn with_odd_scalar(readers: &mut BTreeMap<&'static str, Reader>) {
    if let Some(reader) = readers.get_mut("dotnet").filter(|reader| reader.opens) {
        reader.opens = false;
        reader.reason = Some("it reads private keys of their curve's length only".to_owned());
    }
}

/// The first thing about the file that a program is not known to read.
fn objection(reads: &Reads, outline: &Outline, ascii_password: bool) -> Option<String> {
    let schemes: Vec<&Scheme> = outline
        .safe_schemes()
        .chain(outline.key_schemes())
        .collect();
    schemes
        .iter()
        .find_map(|scheme| cipher_objection(reads, scheme))
        .or_else(|| mac_objection(reads, outline.mac.as_ref()))
        .or_else(|| work_objection(reads, &schemes, outline.mac.as_ref()))
        .or_else(|| shape_objection(reads, outline))
        .or_else(|| {
            (!ascii_password && !reads.any_password)
                .then(|| "it takes passwords in ASCII only".to_owned())
        })
}

fn cipher_objection(reads: &Reads, scheme: &Scheme) -> Option<String> {
    match scheme {
        Scheme::Pkcs12 {
            cipher: Cipher::Rc2 { .. },
            ..
        } => unsupported("RC2", reads.rc2),
        Scheme::Pkcs12 {
            cipher: Cipher::TripleDes | Cipher::TwoKeyTripleDes,
            ..
        } => None,
        Scheme::Pbes2 {
            cipher: Cipher::Aes128 | Cipher::Aes192 | Cipher::Aes256 | Cipher::TripleDes,
            prf,
            ..
        } if reads.pbes2 == Pbes2::Yes && is_usual(*prf) => None,
        Scheme::Pbes2 {
            cipher: Cipher::Aes256,
            prf: Digest::Sha256,
            ..
        } if reads.pbes2 == Pbes2::Aes256Sha256 => None,
        _ => unsupported(&scheme.name(), Support::No),
    }
}

/// Whether everything that reads more than SHA-1 reads this.
fn is_usual(digest: Digest) -> bool {
    !matches!(
        digest,
        Digest::Md5 | Digest::Sha512_224 | Digest::Sha512_256
    )
}

fn mac_objection(reads: &Reads, mac: Option<&MacScheme>) -> Option<String> {
    match mac {
        None if reads.without_mac => None,
        None => unsupported("files without a MAC", Support::No),
        Some(MacScheme::Pbmac1 { .. }) => unsupported("PBMAC1", reads.pbmac1),
        Some(MacScheme::Pkcs12 {
            digest: Digest::Sha1,
            ..
        }) => None,
        Some(MacScheme::Pkcs12 { digest, .. }) if reads.sha2_mac && is_usual(*digest) => None,
        Some(mac) => unsupported(&format!("a MAC with {}", mac.name()), Support::No),
    }
}

fn work_objection(reads: &Reads, schemes: &[&Scheme], mac: Option<&MacScheme>) -> Option<String> {
    let mac = mac.map(MacScheme::iterations);
    let iterations = || schemes.iter().map(|scheme| scheme.iterations()).chain(mac);
    let most = iterations().max().unwrap_or(0);
    let total: u64 = iterations().map(u64::from).sum();
    match (reads.iterations, reads.total_iterations) {
        (Some(limit), _) if most > limit => Some(format!(
            "it accepts {limit} iterations of one derivation, and the file asks for {most}"
        )),
        (_, Some(limit)) if total > limit => Some(format!(
            "it accepts {limit} iterations in all, and the file asks for {total}"
        )),
        _ => None,
    }
}

fn shape_objection(reads: &Reads, outline: &Outline) -> Option<String> {
    let parts = outline.safes.len();
    match reads.content_infos {
        _ if outline.ber && !reads.ber => Some("it reads DER only, and the file is BER".to_owned()),
        Some((least, most)) if parts < least || parts > most => Some(format!(
            "it reads {most} parts, and the file consists of {parts}"
        )),
        _ => None,
    }
}

fn unsupported(what: &str, support: Support) -> Option<String> {
    match support {
        Support::Yes => None,
        Support::No => Some(format!("it is not known to read {what}")),
        Support::Only(condition) => Some(format!("it reads {what} only {condition}")),
    }
}
