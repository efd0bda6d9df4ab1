//! What a certificate may be used for, in plain words, from the extended key usages and the key
//! usages of RFC 5280 (4.2.1.12 and 4.2.1.3) together: a certificate for e-mail may be for signing,
//! for what is encrypted, or for both, and only the key usage tells.

use crate::certificate::ParsedCertificate;

/// Words for what has a name in [`super::usages::USAGES`].
const WORDS: [(&str, &str); 13] = [
    ("anyExtendedKeyUsage", "be used for any purpose"),
    (
        "serverAuth",
        "be a web server, or another server (server authentication)",
    ),
    (
        "clientAuth",
        "log in to web sites and networks (client authentication)",
    ),
    ("codeSigning", "sign programs"),
    (
        "timeStamping",
        "confirm when something was signed (time stamps)",
    ),
    ("OCSPSigning", "tell which certificates were revoked (OCSP)"),
    ("ipsecIKE", "connect to a VPN (IPsec)"),
    ("documentSigning", "sign documents"),
    ("pkinitClient", "log in to a domain (Kerberos)"),
    ("pkinitKDC", "log others in to a domain (Kerberos)"),
    ("smartcardLogon", "log in to Windows, as a smart card does"),
    ("encryptingFileSystem", "encrypt files on Windows (EFS)"),
    ("msDocumentSigning", "sign documents (Microsoft Office)"),
];

impl ParsedCertificate<'_> {
    /// What the certificate may be used for, each completing "it may"; never empty.
    pub fn purposes(&self) -> Vec<String> {
        let usages = self.key_usages();
        let extended = self.extended_key_usages();
        let named: Vec<String> = extended
            .iter()
            .flat_map(|usage| words(usage, &usages))
            .collect();
        if !named.is_empty() {
            return named;
        }
        let has = |usage| usages.contains(&usage);
        let general: Vec<String> = [
            (has("keyCertSign"), "issue certificates to others"),
            (
                has("cRLSign") && !has("keyCertSign"),
                "tell which certificates were revoked",
            ),
            (signs(&usages), "sign, and prove who somebody is"),
            (decrypts(&usages), "receive what is encrypted"),
        ]
        .into_iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, words)| words.to_owned())
        .collect();
        match general.is_empty() {
            true => vec!["be used for anything: it names no purpose".to_owned()],
            false => general,
        }
    }
}

fn words(usage: &str, usages: &[&str]) -> Vec<String> {
    let known = WORDS.iter().find(|(name, _)| *name == usage);
    match (usage, known) {
        ("emailProtection", _) => {
            let both = usages.is_empty();
            let sign = (both || signs(usages)).then(|| "sign e-mail".to_owned());
            let read = (both || decrypts(usages)).then(|| "receive encrypted e-mail".to_owned());
            sign.into_iter().chain(read).collect()
        }
        (_, Some((_, words))) => vec![(*words).to_owned()],
        (oid, None) => vec![format!(
            "be used for a purpose without a common name ({oid})"
        )],
    }
}

fn signs(usages: &[&str]) -> bool {
    usages.contains(&"digitalSignature") || usages.contains(&"nonRepudiation")
}

/// Whether something may be encrypted for a certificate with these key usages: of one without any, all.
pub fn may_decrypt(usages: &[&str]) -> bool {
    usages.is_empty() || decrypts(usages)
}

fn decrypts(usages: &[&str]) -> bool {
    let all = ["keyEncipherment", "dataEncipherment", "keyAgreement"];
    all.iter().any(|usage| usages.contains(usage))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::usages::USAGES;

    #[test]
    fn words_cover_every_named_usage() {
        for (_, name) in USAGES {
            let said = words(name, &["digitalSignature"]);
            assert!(!said.is_empty() && !said[0].contains("without"), "{name}");
        }
    }

    #[test]
    fn words_for_email_follow_the_key_usage() {
        let said = |usages: &[&str]| words("emailProtection", usages);
        assert_eq!(said(&["digitalSignature"]), ["sign e-mail"]);
        assert_eq!(said(&["keyEncipherment"]), ["receive encrypted e-mail"]);
        assert_eq!(said(&[]).len(), 2);
    }

    #[test]
    fn words_name_unknown_usages_by_number() {
        let said = words("1.2.3.4", &[]);
        assert_eq!(
            said,
            ["be used for a purpose without a common name (1.2.3.4)"]
        );
    }
}
