//! What a PKCS#12 file shows without its password: how its parts are encrypted and protected
//! against change, and what is not encrypted in it. Nothing is derived.

use super::error::DecodeError;
use super::layout::Layout;
use super::limits::Limits;
use super::mac::MacScheme;
use super::pbe::Scheme;
use super::structure::{Bag, BagContent, Safe, Structure, Tail};

/// What can be seen of a file without its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Whether any unencrypted part is BER that is not DER, as NSS writes it. Go cannot read
    /// that.
    pub ber: bool,
    /// How the MAC is made; `None` if there is no MAC.
    pub mac: Option<MacScheme>,
    /// The parts, in the order of the file.
    pub safes: Vec<SafeOutline>,
    /// What follows it in its file.
    pub tail: Tail,
    /// What there is to say of the bags that lie open.
    pub layout: Layout,
}

impl Outline {
    /// How the keys are encrypted that show.
    pub fn key_schemes(&self) -> impl Iterator<Item = &Scheme> {
        let bags = self.safes.iter().flat_map(|safe| &safe.bags);
        bags.filter_map(|bag| match bag {
            BagOutline::ShroudedKey(scheme) => Some(scheme),
            _ => None,
        })
    }

    /// The certificates that are not encrypted.
    pub fn certificates_in_clear(&self) -> impl Iterator<Item = &[u8]> {
        let bags = self.safes.iter().flat_map(|safe| &safe.bags);
        bags.filter_map(|bag| match bag {
            BagOutline::Certificate(der) => Some(der.as_slice()),
            _ => None,
        })
    }

    /// Whether no part is encrypted as a whole, so that all bags are seen.
    pub fn shows_all_bags(&self) -> bool {
        self.safes.iter().all(|safe| safe.encryption.is_none())
    }

    /// How parts are encrypted as a whole: the certificates, as every known writer does it.
    pub fn safe_schemes(&self) -> impl Iterator<Item = &Scheme> {
        self.safes
            .iter()
            .filter_map(|safe| safe.encryption.as_ref())
    }
}

/// One `ContentInfo` of the `AuthenticatedSafe`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafeOutline {
    /// How it is encrypted as a whole; `None` if its bags lie open.
    pub encryption: Option<Scheme>,
    /// The bags, if they lie open; a shrouded key's content is encrypted all the same.
    pub bags: Vec<BagOutline>,
}

/// A bag that is not encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BagOutline {
    /// A private key, encrypted like this.
    ShroudedKey(Scheme),
    /// A private key that is not encrypted at all.
    Key,
    /// The DER of a certificate.
    Certificate(Vec<u8>),
    /// Something else, or a whole part of another kind; the text names it.
    Other(String),
}

/// Reads what a file shows without its password.
///
/// # Errors
/// [`DecodeError::NotPkcs12`], [`DecodeError::Damaged`] and [`DecodeError::Unsupported`].
pub fn outline(bytes: &[u8]) -> Result<Outline, DecodeError> {
    let structure = Structure::read(bytes, &Limits::default())?;
    let mut layout = Layout::default();
    for safe in &structure.safes {
        if let Safe::Plain(bags) = safe {
            layout.see(bags);
        }
    }
    Ok(Outline {
        layout,
        tail: structure.tail,
        ber: structure.ber,
        mac: structure.mac.map(|mac| mac.scheme),
        safes: structure.safes.into_iter().map(SafeOutline::of).collect(),
    })
}

impl SafeOutline {
    fn of(safe: Safe) -> Self {
        match safe {
            Safe::Plain(bags) => Self {
                encryption: None,
                bags: bags.into_iter().map(BagOutline::of).collect(),
            },
            Safe::Encrypted { scheme, .. } => Self {
                encryption: Some(scheme),
                bags: Vec::new(),
            },
            // Counted with the bags, since nothing else can be told of it.
            Safe::Other(what) => Self {
                encryption: None,
                bags: vec![BagOutline::Other(what)],
            },
        }
    }
}

impl BagOutline {
    fn of(bag: Bag) -> Self {
        match bag.content {
            BagContent::Key(_) => Self::Key,
            BagContent::ShroudedKey { scheme, .. } => Self::ShroudedKey(scheme),
            BagContent::Certificate(der) => Self::Certificate(der),
            BagContent::Other(other) => Self::Other(other.to_string()),
        }
    }
}
