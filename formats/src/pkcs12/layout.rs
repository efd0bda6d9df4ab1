//! What there is to say of the bags of a PKCS#12 file beside the keys and certificates in them
//! (RFC 7292, section 4.2): programs differ in what they put up with.

use super::bag_attributes::Oddity;
use super::pbe::Scheme;
use super::structure::{Bag, BagContent, OtherBag};

/// What there is to say of bags beside the keys and certificates in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// How the keys are encrypted.
    pub(super) key_schemes: Vec<Scheme>,
    /// Whether a private key lies in a keyBag.
    pub(super) key_in_clear: bool,
    /// Whether bags lie in a safeContentsBag.
    pub(super) nested: bool,
    /// Whether a part has no bag.
    pub(super) empty_part: bool,
    pub(super) others: Vec<OtherBag>,
    pub(super) oddities: Vec<Oddity>,
}

impl Layout {
    /// Adds the bags of a part.
    pub(super) fn see(&mut self, bags: &[Bag]) {
        self.empty_part |= bags.is_empty();
        for bag in bags {
            self.nested |= bag.nested;
            self.oddities.extend(&bag.attributes.oddities);
            match &bag.content {
                BagContent::Key(_) => self.key_in_clear = true,
                BagContent::ShroudedKey { scheme, .. } => self.key_schemes.push(scheme.clone()),
                BagContent::Certificate(_) => {}
                BagContent::Other(other) => self.others.push(other.clone()),
            }
        }
    }
}
