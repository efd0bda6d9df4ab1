//! Extended key usages (RFC 5280, 4.2.1.12) by name and by object identifier.

use const_oid::ObjectIdentifier;
use thiserror::Error;
use x509_parser::extensions::ExtendedKeyUsage;

/// Those that have a name of their own, by what the certificate carries.
pub(super) const USAGES: [(&str, &str); 14] = [
    ("2.5.29.37.0", "anyExtendedKeyUsage"),
    ("1.3.6.1.5.5.7.3.1", "serverAuth"),
    ("1.3.6.1.5.5.7.3.2", "clientAuth"),
    ("1.3.6.1.5.5.7.3.3", "codeSigning"),
    ("1.3.6.1.5.5.7.3.4", "emailProtection"),
    ("1.3.6.1.5.5.7.3.8", "timeStamping"),
    ("1.3.6.1.5.5.7.3.9", "OCSPSigning"),
    ("1.3.6.1.5.5.7.3.17", "ipsecIKE"),
    ("1.3.6.1.5.5.7.3.36", "documentSigning"),
    ("1.3.6.1.5.2.3.4", "pkinitClient"),
    ("1.3.6.1.5.2.3.5", "pkinitKDC"),
    ("1.3.6.1.4.1.311.20.2.2", "smartcardLogon"),
    ("1.3.6.1.4.1.311.10.3.4", "encryptingFileSystem"),
    ("1.3.6.1.4.1.311.10.3.12", "msDocumentSigning"),
];

/// Text is neither the name of an extended key usage nor an object identifier.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{text}` is neither an object identifier nor the name of an extended key usage; names are {}",
    names()
)]
pub struct UnknownUsage {
    /// What was given.
    pub text: String,
}

fn names() -> String {
    USAGES.map(|(_, name)| name).join(", ")
}

/// The name of an extended key usage given in dotted form; anything else stays as it is.
pub fn usage_name(usage: &str) -> &str {
    let known = USAGES.iter().find(|(dotted, _)| *dotted == usage);
    known.map_or(usage, |(_, name)| name)
}

/// The object identifier of an extended key usage given by its name, in whatever case, or in dotted
/// form.
///
/// # Errors
/// [`UnknownUsage`]: it is neither.
pub fn usage_oid(text: &str) -> Result<ObjectIdentifier, UnknownUsage> {
    let known = USAGES
        .iter()
        .find(|(_, name)| name.eq_ignore_ascii_case(text));
    let dotted = known.map_or(text, |(dotted, _)| dotted);
    ObjectIdentifier::new(dotted).map_err(|_| UnknownUsage {
        text: text.to_owned(),
    })
}

/// The usages in the extension, by name where one is known, else in dotted form.
pub(crate) fn usages_of(usages: &ExtendedKeyUsage<'_>) -> Vec<String> {
    let flags = [
        (usages.any, "anyExtendedKeyUsage"),
        (usages.server_auth, "serverAuth"),
        (usages.client_auth, "clientAuth"),
        (usages.code_signing, "codeSigning"),
        (usages.email_protection, "emailProtection"),
        (usages.time_stamping, "timeStamping"),
        (usages.ocsp_signing, "OCSPSigning"),
    ];
    let named = flags.into_iter().filter(|(set, _)| *set);
    let others = usages.other.iter().map(|oid| oid.to_id_string());
    named
        .map(|(_, name)| name.to_owned())
        .chain(others.map(|oid| usage_name(&oid).to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_oid_reverses_usage_name() {
        for (dotted, name) in USAGES {
            assert_eq!(usage_name(dotted), name);
            for text in [dotted, name, &name.to_uppercase()] {
                assert_eq!(usage_oid(text).unwrap().to_string(), dotted, "{text}");
            }
        }
        assert_eq!(usage_oid("1.2.3.4").unwrap().to_string(), "1.2.3.4");
    }

    #[test]
    fn usage_oid_refuses_what_is_neither() {
        for text in ["", "mail", "1", "3.1.2", "1.2.", "1.2.x", "serverAuth "] {
            let error = usage_oid(text).unwrap_err().to_string();
            assert!(error.contains(text) && error.contains("emailProtection"));
        }
    }
}
