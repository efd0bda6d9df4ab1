//! The attributes of a bag (RFC 7292, 4.2) that certstow keeps: names, the link between key and
//! certificate, and Windows' certificate properties. Others are passed over.

use der::asn1::{AnyRef, OctetStringRef};
use der::{Tag, Tagged};

use super::asn1::{Attribute, SafeBag, oid};
use super::decode::BagAttributes;
use crate::store::Property;

impl BagAttributes {
    /// The attributes of a bag. An attribute that cannot be read counts as absent: it names
    /// things and protects nothing.
    pub(super) fn of(bag: &SafeBag<'_>) -> Self {
        let mut attributes = Self::default();
        for attribute in bag.bag_attributes.iter().flat_map(|set| set.iter()) {
            attributes.take(attribute);
        }
        attributes.properties.sort_by_key(|property| property.id);
        attributes
    }

    fn take(&mut self, attribute: &Attribute<'_>) {
        let value = attribute.attr_values.get(0).copied();
        match attribute.attr_id {
            oid::FRIENDLY_NAME => self.friendly_name = value.and_then(text),
            oid::LOCAL_KEY_ID => self.local_key_id = value.and_then(octets),
            oid::PROVIDER_NAME => self.provider_name = value.and_then(text),
            oid::MACHINE_KEYSET => self.machine_keyset = true,
            property if property.parent() == Some(oid::CERTIFICATE_PROPERTY) => {
                let id = property.arcs().last();
                if let (Some(id), Some(value)) = (id, value.and_then(octets)) {
                    self.properties.push(Property { id, value });
                }
            }
            _ => {}
        }
    }
}

fn octets(value: AnyRef<'_>) -> Option<Vec<u8>> {
    let octets: &OctetStringRef = value.decode_as().ok()?;
    Some(octets.as_bytes().to_vec())
}

/// The text of a BMPString, surrogate pairs included, or of a UTF8String, which some writers use.
fn text(value: AnyRef<'_>) -> Option<String> {
    match value.tag() {
        Tag::BmpString => {
            let (pairs, []) = value.value().as_chunks::<2>() else {
                return None;
            };
            let units = pairs.iter().map(|pair| u16::from_be_bytes(*pair));
            Some(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
        }
        Tag::Utf8String => String::from_utf8(value.value().to_vec()).ok(),
        _ => None,
    }
}
