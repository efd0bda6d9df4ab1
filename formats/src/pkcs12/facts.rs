//! What of a PKCS#12 file decides which programs open it: all that is told without its password, and
//! with it what lies inside, or what is known of a file that is still to be written.

use super::decode::Contents;
use super::kdf::Digest;
use super::layout::Layout;
use super::mac::MacScheme;
use super::outline::Outline;
use super::pbe::Scheme;
use super::profile::{Iterations, Profile};
use super::structure::Tail;
use crate::certificate::Certificate;
use crate::key::KeyTraits;
use crate::secret::Password;

mod pairing;

pub(super) use pairing::Pairing;

/// The facts. What is not known is absent, and no program objects to it.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    /// How keys and parts are encrypted.
    pub(super) schemes: Vec<Scheme>,
    pub(super) mac: Option<MacScheme>,
    pub(super) beyond_ascii: bool,
    /// Whether it is the empty password that opens the file.
    pub(super) empty_password: bool,
    pub(super) ber: bool,
    /// Whether anything follows the `PFX`.
    pub(super) trailing: bool,
    /// How many `ContentInfo`s there are.
    pub(super) parts: Option<usize>,
    pub(super) certificates: Option<usize>,
    /// Whether a certificate has a date that no calendar has.
    pub(super) impossible_date: bool,
    pub(super) layout: Layout,
    pub(super) keys: Vec<KeyTraits>,
    pub(super) pairing: Pairing,
}

impl Facts {
    /// Of a file, with what the password showed if it opened.
    pub(super) fn of(
        outline: &Outline,
        password: Option<&Password>,
        contents: Option<&Contents>,
    ) -> Self {
        let layout = contents.map_or(&outline.layout, |contents| &contents.layout);
        let schemes = outline.safe_schemes().chain(&layout.key_schemes);
        Self {
            schemes: schemes.cloned().collect(),
            mac: outline.mac.clone(),
            beyond_ascii: password.is_some_and(|password| !password.is_ascii()),
            empty_password: password.is_some_and(Password::is_empty),
            ber: outline.ber,
            trailing: outline.tail != Tail::Nothing,
            parts: Some(outline.safes.len()),
            certificates: contents
                .map(|contents| contents.certificates.len())
                .or_else(|| {
                    let seen = outline.shows_all_bags();
                    seen.then(|| outline.certificates_in_clear().count())
                }),
            impossible_date: match contents {
                Some(contents) => {
                    let bags = contents.certificates.iter();
                    has_impossible_date(bags.map(|bag| bag.der.as_slice()))
                }
                None => has_impossible_date(outline.certificates_in_clear()),
            },
            keys: match contents {
                Some(contents) => contents
                    .keys
                    .iter()
                    .map(|bag| KeyTraits::of(&bag.key))
                    .collect(),
                None => algorithms_in_clear(outline),
            },
            pairing: contents.map(Pairing::of).unwrap_or_default(),
            layout: layout.clone(),
        }
    }

    /// Of a file that certstow writes for this certificate, or for whichever.
    pub(super) fn of_written(
        profile: Profile,
        iterations: Iterations,
        certificate: Option<&Certificate>,
    ) -> Self {
        let protection = profile.schemes(iterations);
        let keys = certificate.map(|certificate| KeyTraits::of_public(certificate.spki_der()));
        Self {
            schemes: vec![protection.certificates, protection.key],
            mac: Some(protection.mac),
            parts: Some(2),
            impossible_date: certificate.is_some_and(Certificate::has_impossible_date),
            keys: keys.into_iter().collect(),
            ..Self::default()
        }
    }

    /// The iterations of every derivation.
    pub(super) fn iterations(&self) -> impl Iterator<Item = u32> {
        let schemes = self.schemes.iter().map(Scheme::iterations);
        schemes.chain(self.mac.as_ref().map(MacScheme::iterations))
    }

    /// The lengths of all salts.
    pub(super) fn salts(&self) -> impl Iterator<Item = usize> {
        let schemes = self.schemes.iter().map(|scheme| scheme.salt().len());
        schemes.chain(self.mac.as_ref().map(|mac| mac.salt().len()))
    }

    /// The hashes that a file needs.
    pub(super) fn digests(&self) -> impl Iterator<Item = Digest> {
        let prfs = self.schemes.iter().filter_map(Scheme::prf);
        prfs.chain(self.mac.as_ref().map(MacScheme::digest))
    }
}

fn has_impossible_date<'a>(ders: impl Iterator<Item = &'a [u8]>) -> bool {
    let mut certificates = ders.filter_map(|der| Certificate::from_der(der).ok());
    certificates.any(|certificate| certificate.has_impossible_date())
}

/// What certificates in clear tell of the keys. Those of authorities are of the path.
fn algorithms_in_clear(outline: &Outline) -> Vec<KeyTraits> {
    let ders = outline.certificates_in_clear();
    let certificates = ders.filter_map(|der| Certificate::from_der(der).ok());
    let leaves = certificates.filter(|certificate| !certificate.is_ca());
    leaves
        .map(|leaf| KeyTraits::of_public(leaf.spki_der()))
        .collect()
}
