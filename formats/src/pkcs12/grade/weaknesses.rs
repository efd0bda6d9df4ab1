//! What is weak or odd about a file: as far as it shows without the password, and in the attributes of
//! bags.

use super::report::Report;
use crate::pkcs12::decode::Limits;
use crate::pkcs12::facts::Facts;
use crate::pkcs12::mac::MacScheme;
use crate::pkcs12::outline::{BagOutline, Outline};
use crate::pkcs12::pbe::{Cipher, Scheme};
use crate::pkcs12::profile::Iterations;
use crate::pkcs12::structure::{Structure, Tail};
use crate::plural::counted;

/// Adds what is found to the report.
pub(super) fn find(report: &mut Report, outline: &Outline, mode: Option<u32>) {
    encryption(report, outline);
    clear_content(report, outline);
    iterations(report, outline);
    if outline.mac.is_none() {
        report.warning(
            "the file has no MAC: nothing shows whether it was altered, and many programs \
             refuse it",
        );
    }
    if outline.ber {
        report.info("the file is BER, not DER: Go's readers refuse it");
    }
    match outline.tail {
        Tail::Nothing => {}
        Tail::Octets(count) => report.info(format!(
            "{} follow the file's end; some programs refuse it for that",
            counted(count, "byte", "bytes")
        )),
        Tail::Pfx => report.warning(
            "a second PKCS#12 file follows the first in it, of which no program reads anything",
        ),
    }
    if let Some(mode) = mode {
        file_mode(report, mode);
    }
}

fn encryption(report: &mut Report, outline: &Outline) {
    let ciphers: Vec<Cipher> = outline
        .safe_schemes()
        .chain(outline.key_schemes())
        .map(Scheme::cipher)
        .collect();
    let is_broken = |cipher: &&Cipher| match cipher {
        Cipher::Rc2 { bits } | Cipher::Rc4 { bits } => *bits < 64,
        cipher => **cipher == Cipher::Des,
    };
    let is_old = |cipher: &&Cipher| matches!(cipher, Cipher::Rc2 { .. } | Cipher::Rc4 { .. });
    if let Some(broken) = ciphers.iter().find(is_broken) {
        report.warning(format!(
            "it is encrypted with {}, which anybody can break without the password",
            broken.name()
        ));
    } else if let Some(old) = ciphers.iter().find(is_old) {
        report.warning(format!(
            "it is encrypted with {}, which recent programs no longer read",
            old.name()
        ));
    }
    let triple_des = [Cipher::TripleDes, Cipher::TwoKeyTripleDes];
    if ciphers.iter().any(|cipher| triple_des.contains(cipher)) {
        report.info(
            "it is encrypted with 3DES, which every program reads and nobody should choose \
             where AES is read too",
        );
    }
}

fn clear_content(report: &mut Report, outline: &Outline) {
    let bags = || outline.safes.iter().flat_map(|safe| &safe.bags);
    if bags().any(|bag| *bag == BagOutline::Key) {
        report.error("a private key is not encrypted: whoever can read the file has the key");
    }
    let clear = bags()
        .filter(|bag| matches!(bag, BagOutline::Certificate(_)))
        .count();
    if clear > 0 {
        report.info(
            "the certificates are not encrypted: whoever can read the file sees whose they are",
        );
    }
}

fn iterations(report: &mut Report, outline: &Outline) {
    let schemes = outline.safe_schemes().chain(outline.key_schemes());
    let mac = outline.mac.as_ref().map(MacScheme::iterations);
    let all: Vec<u32> = schemes.map(Scheme::iterations).chain(mac).collect();
    let (Some(&least), Some(&most)) = (all.iter().min(), all.iter().max()) else {
        return;
    };
    if least < Iterations::ADVISED_MIN {
        let times = counted(least, "iteration", "iterations");
        report.warning(format!(
            "a key is derived from the password with {times}, which hardly slows \
                 down guessing (RFC 8018 asks for {} at least)",
            Iterations::ADVISED_MIN
        ));
    }
    if most > Iterations::MAX {
        report.warning(format!(
            "{most} iterations are more than the {} that Windows imports",
            Iterations::MAX
        ));
    } else if most > Iterations::DOTNET_MAX {
        report.info(format!(
            "{most} iterations are more than the {} that .NET 9 and later accept by default",
            Iterations::DOTNET_MAX
        ));
    }
}

/// Without a password, whether the empty one opens what is encrypted.
pub(super) fn find_empty_password(report: &mut Report, bytes: &[u8], outline: &Outline) {
    let locked = outline.safe_schemes().chain(outline.key_schemes()).next();
    let limits = Limits::listing();
    let structure = locked.and_then(|_| Structure::read(bytes, &limits).ok());
    if structure.is_some_and(|structure| structure.has_empty_password(&limits)) {
        report.error("the empty password opens it: whoever can read the file has the key");
    }
}

/// What is odd about the attributes, by which other programs find a key's certificate.
pub(super) fn find_odd_pairing(report: &mut Report, facts: &Facts) {
    if !facts.layout.oddities.is_empty() {
        report.warning(
            "a friendly name or local key ID in it is malformed, and some programs refuse the \
             file for that; export it anew to mend that",
        );
    }
    if facts.pairing.id_of_another_certificate {
        report.warning(
            "a private key has the local key ID of another certificate, and some programs take \
             that one for its own; export it anew to mend that",
        );
    }
}

/// Anybody but the owner who can read the file can try passwords at leisure.
fn file_mode(report: &mut Report, mode: u32) {
    let who = match (mode & 0o007 != 0, mode & 0o070 != 0) {
        (true, _) => "everybody on this machine",
        (false, true) => "the file's group",
        (false, false) => return,
    };
    report.warning(format!(
        "{who} has access to the file (mode {:04o}): chmod 600 makes it private",
        mode & 0o7777
    ));
}
