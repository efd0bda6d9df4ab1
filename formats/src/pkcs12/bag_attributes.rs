//! Bag attributes (RFC 7292, section 4.2): friendlyName and localKeyId of RFC 2985, and those
//! Microsoft adds for the provider, the machine's keys and certificate properties.

use const_oid::ObjectIdentifier;

use super::oid;
use crate::ber::{MALFORMED_IDENTIFIER, Value, Wrong, is_identifier};
use crate::certificate::Property;
use crate::der::{
    BMP_STRING, NULL, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, UNIVERSAL_STRING,
};

/// The attributes of a bag that certstow knows; it passes over others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BagAttributes {
    /// friendlyName: on a certificate its label; on a key Windows keeps the container's name
    /// here, and Java the alias.
    pub friendly_name: Option<String>,
    /// localKeyId, which ties a key to its certificate.
    pub local_key_id: Option<Vec<u8>>,
    /// The cryptographic provider the key came from (1.3.6.1.4.1.311.17.1).
    pub provider_name: Option<String>,
    /// Whether the key was the machine's (1.3.6.1.4.1.311.17.2).
    pub machine_keyset: bool,
    /// Certificate properties (1.3.6.1.4.1.311.17.3.N), in the order of the file.
    pub properties: Vec<Property>,
}

impl BagAttributes {
    /// Reads a `SET OF PKCS12Attribute`.
    pub(super) fn read(set: &Value<'_>) -> Result<Self, Wrong> {
        let mut read = Self::default();
        let mut attributes = set.inside();
        while !attributes.is_empty() {
            let mut fields = attributes.expect(SEQUENCE)?.inside();
            let name = fields.expect(OBJECT_IDENTIFIER)?.oid();
            let mut values = fields.expect(SET)?.inside();
            fields.end()?;
            let value = match values.is_empty() {
                true => None,
                false => Some(checked(values.any()?)?),
            };
            while !values.is_empty() {
                checked(values.any()?)?;
            }
            // What no constant equals is none of ours.
            if let Some(name) = name.known() {
                read.take(name, value)?;
            }
        }
        Ok(read)
    }

    fn take(&mut self, name: ObjectIdentifier, value: Option<Value<'_>>) -> Result<(), Wrong> {
        if name == oid::MACHINE_KEYSET {
            self.machine_keyset = true;
            return Ok(());
        }
        let Some(value) = value else { return Ok(()) };
        match name {
            oid::FRIENDLY_NAME => self.friendly_name = text(&value),
            oid::PROVIDER_NAME => self.provider_name = text(&value),
            oid::LOCAL_KEY_ID => self.local_key_id = Some(value.octets()?.to_vec()),
            _ => {
                if let (Some(id), OCTET_STRING) = (property_id(name), value.tag) {
                    self.properties.push(Property {
                        id,
                        value: value.octets()?.to_vec(),
                    });
                }
            }
        }
        Ok(())
    }
}

/// Refuses a value that does not fit its type, as other programs do.
fn checked(value: Value<'_>) -> Result<Value<'_>, Wrong> {
    let length = value.content.len();
    match value.tag {
        BMP_STRING if !length.is_multiple_of(2) => Err(CUT_CHARACTER),
        UNIVERSAL_STRING if !length.is_multiple_of(4) => Err(CUT_CHARACTER),
        OBJECT_IDENTIFIER if !is_identifier(value.content) => Err(MALFORMED_IDENTIFIER),
        NULL if length != 0 => Err("a NULL is not empty"),
        _ if !value.is_readable_throughout() => Err("a value inside it cannot be read"),
        _ => Ok(value),
    }
}

const CUT_CHARACTER: Wrong = "a string ends in the middle of a character";

/// A BMPString as text; the UTF8String some write in its place as well. An empty one is none.
fn text(value: &Value<'_>) -> Option<String> {
    let text = if value.tag == BMP_STRING {
        let (units, _) = value.content.as_chunks::<2>();
        let units: Vec<u16> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
        String::from_utf16_lossy(&units)
    } else {
        String::from_utf8_lossy(value.content).into_owned()
    };
    let text = text.trim_end_matches('\0');
    (!text.is_empty()).then(|| text.to_owned())
}

/// N of 1.3.6.1.4.1.311.17.3.N.
fn property_id(name: ObjectIdentifier) -> Option<u32> {
    let (parent, id) = (name.parent()?, name.arcs().last()?);
    (parent == oid::PROPERTY).then_some(id)
}
