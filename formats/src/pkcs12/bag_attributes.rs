//! Bag attributes (RFC 7292, section 4.2): friendlyName and localKeyId of RFC 2985, and those
//! Microsoft adds for the provider, the machine's keys and certificate properties.

use const_oid::ObjectIdentifier;

use super::oid;
use crate::ber::{MALFORMED_IDENTIFIER, Value, Wrong, is_identifier};
use crate::certificate::Property;
use crate::der::{
    BMP_STRING, IA5_STRING, NULL, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, UNIVERSAL_STRING,
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
    /// What is not as RFC 2985 has it, and some programs refuse.
    pub oddities: Vec<Oddity>,
}

/// Something about an attribute that is not as RFC 2985, 5.5 has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oddity {
    /// A friendlyName that is not a BMPString.
    FriendlyNameType,
    /// A friendlyName without a value.
    FriendlyNameWithoutValue,
    /// A friendlyName with one half of a surrogate pair.
    FriendlyNameSurrogate,
    /// A localKeyId that is not an OCTET STRING.
    LocalKeyIdType,
    /// A localKeyId without a value.
    LocalKeyIdWithoutValue,
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
        self.oddities.extend(oddity(name, value.as_ref()));
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

/// Tags of strings (X.680, 8.6) that only friendly names of others have here.
const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const TELETEX_STRING: u8 = 0x14;

const CUT_CHARACTER: Wrong = "a string ends in the middle of a character";

fn oddity(name: ObjectIdentifier, value: Option<&Value<'_>>) -> Option<Oddity> {
    match (name, value) {
        (oid::FRIENDLY_NAME, None) => Some(Oddity::FriendlyNameWithoutValue),
        (oid::FRIENDLY_NAME, Some(value)) if value.tag != BMP_STRING => {
            Some(Oddity::FriendlyNameType)
        }
        (oid::FRIENDLY_NAME, Some(value)) => {
            let mut characters = char::decode_utf16(units(value));
            let broken = characters.any(|character| character.is_err());
            broken.then_some(Oddity::FriendlyNameSurrogate)
        }
        (oid::LOCAL_KEY_ID, None) => Some(Oddity::LocalKeyIdWithoutValue),
        (oid::LOCAL_KEY_ID, Some(value)) => {
            let is_octets = value.tag & !CONSTRUCTED == OCTET_STRING;
            (!is_octets).then_some(Oddity::LocalKeyIdType)
        }
        _ => None,
    }
}

/// The bit of a tag that says that a string is in pieces.
const CONSTRUCTED: u8 = 0x20;

fn units<'a>(value: &Value<'a>) -> impl Iterator<Item = u16> + use<'a> {
    let (units, _) = value.content.as_chunks::<2>();
    units.iter().map(|unit| u16::from_be_bytes(*unit))
}

/// A BMPString as text; the other strings that some write in its place as well. An empty one is none,
/// and so is what is no text.
fn text(value: &Value<'_>) -> Option<String> {
    let text = match value.tag {
        BMP_STRING => String::from_utf16_lossy(&units(value).collect::<Vec<_>>()),
        UTF8_STRING | PRINTABLE_STRING | TELETEX_STRING | IA5_STRING => {
            String::from_utf8_lossy(value.content).into_owned()
        }
        _ => return None,
    };
    let text = text.trim_end_matches('\0');
    (!text.is_empty()).then(|| text.to_owned())
}

/// N of 1.3.6.1.4.1.311.17.3.N.
fn property_id(name: ObjectIdentifier) -> Option<u32> {
    let (parent, id) = (name.parent()?, name.arcs().last()?);
    (parent == oid::PROPERTY).then_some(id)
}
