//! The attribute types of distinguished names: their names in RFC 4514 and in the habits of Windows and
//! Java, and what RFC 5280, appendix A.1 lets their values be. Reading and writing share this table.

use const_oid::ObjectIdentifier;

/// The ASN.1 string type that a value is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StringType {
    /// Any text.
    Utf8,
    /// Letters without accents, digits, and `'()+,-./:=?` and blanks.
    Printable,
    /// ASCII.
    Ia5,
}

/// An attribute type with a name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    /// In dotted form.
    pub(super) oid: &'static str,
    /// The short name registered for LDAP (RFC 4514 section 3, RFC 4519 and the IANA registry of
    /// descriptors).
    pub(super) name: &'static str,
    /// What else it is called in text that people type or copy; upper case.
    others: &'static [&'static str],
    /// For sentences.
    pub(super) words: &'static str,
    /// What its values are written in.
    pub(super) string: StringType,
    /// The most characters of a value (RFC 5280, A.1), if there is a bound.
    pub(super) limit: Option<usize>,
}

impl Attribute {
    const fn new(oid: &'static str, name: &'static str, words: &'static str) -> Self {
        Self {
            oid,
            name,
            others: &[],
            words,
            string: StringType::Utf8,
            limit: None,
        }
    }

    const fn called(mut self, others: &'static [&'static str]) -> Self {
        self.others = others;
        self
    }

    const fn written_as(mut self, string: StringType) -> Self {
        self.string = string;
        self
    }

    const fn at_most(mut self, characters: usize) -> Self {
        self.limit = Some(characters);
        self
    }

    /// Its identifier.
    pub(super) fn oid(&self) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(self.oid)
    }

    /// Its name in sentences: "CN (common name)".
    pub(super) fn label(&self) -> String {
        format!("{} ({})", self.name, self.words)
    }
}

/// countryName, whose values have exactly two letters (ISO 3166).
pub(super) const COUNTRY: &str = "2.5.4.6";

/// All others are written in dotted form.
static ATTRIBUTES: [Attribute; 22] = {
    use StringType::{Ia5, Printable};
    /// ub-name.
    const NAME: usize = 32_768;
    [
        Attribute::new("2.5.4.3", "CN", "common name").at_most(64),
        Attribute::new("2.5.4.4", "SN", "surname")
            .called(&["SURNAME"])
            .at_most(NAME),
        Attribute::new("2.5.4.5", "serialNumber", "serial number")
            .written_as(Printable)
            .at_most(64),
        Attribute::new(COUNTRY, "C", "country")
            .written_as(Printable)
            .at_most(2),
        Attribute::new("2.5.4.7", "L", "locality").at_most(128),
        Attribute::new("2.5.4.8", "ST", "state or province")
            .called(&["S"])
            .at_most(128),
        Attribute::new("2.5.4.9", "STREET", "street"),
        Attribute::new("2.5.4.10", "O", "organization").at_most(64),
        Attribute::new("2.5.4.11", "OU", "organizational unit").at_most(64),
        Attribute::new("2.5.4.12", "title", "title")
            .called(&["T"])
            .at_most(64),
        Attribute::new("2.5.4.13", "description", "description"),
        Attribute::new("2.5.4.15", "businessCategory", "business category"),
        Attribute::new("2.5.4.17", "postalCode", "postal code"),
        Attribute::new("2.5.4.20", "telephoneNumber", "telephone number").written_as(Printable),
        Attribute::new("2.5.4.42", "givenName", "given name")
            .called(&["G", "GN"])
            .at_most(NAME),
        Attribute::new("2.5.4.43", "initials", "initials")
            .called(&["I"])
            .at_most(NAME),
        Attribute::new("2.5.4.44", "generationQualifier", "generation qualifier").at_most(NAME),
        Attribute::new("2.5.4.46", "dnQualifier", "distinguished name qualifier")
            .written_as(Printable),
        Attribute::new("2.5.4.65", "pseudonym", "pseudonym").at_most(128),
        Attribute::new("0.9.2342.19200300.100.1.1", "UID", "user id"),
        Attribute::new("0.9.2342.19200300.100.1.25", "DC", "domain component").written_as(Ia5),
        Attribute::new("1.2.840.113549.1.9.1", "emailAddress", "e-mail address")
            .called(&["E"])
            .written_as(Ia5)
            .at_most(255),
    ]
};

/// The attribute type with this identifier in dotted form.
pub(super) fn by_oid(dotted: &str) -> Option<&'static Attribute> {
    ATTRIBUTES.iter().find(|attribute| attribute.oid == dotted)
}

/// The short name of the attribute type with this identifier.
pub(super) fn short_name(dotted: &str) -> Option<&'static str> {
    by_oid(dotted).map(|attribute| attribute.name)
}

/// The attribute type that is called this in text, in whatever case.
pub(super) fn by_name(name: &str) -> Option<&'static Attribute> {
    ATTRIBUTES.iter().find(|attribute| {
        let others = attribute.others.iter();
        let mut names = others.chain(std::iter::once(&attribute.name));
        names.any(|known| known.eq_ignore_ascii_case(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_of_one_attribute() {
        for attribute in &ATTRIBUTES {
            for name in attribute.others.iter().chain([&attribute.name]) {
                assert_eq!(by_name(name), Some(attribute), "{name}");
                assert_eq!(by_name(&name.to_lowercase()), Some(attribute), "{name}");
            }
            assert_eq!(by_oid(attribute.oid), Some(attribute));
            assert_eq!(attribute.oid().to_string(), attribute.oid);
        }
        assert_eq!(by_name("Z"), None);
    }
}
