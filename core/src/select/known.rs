//! What is known of a certificate: all of it where a store gave it, or what the manifest of a backup
//! recorded. Filters and selectors judge by this alone, so that both kinds are matched alike.

use std::borrow::Cow;
use std::cell::OnceCell;

use certstow_formats::certificate::ParsedCertificate;
use certstow_formats::names;

use crate::identity::ListedCertificate;
use crate::letters::comparable;
use crate::time::UnixTime;

/// What is known of a certificate. What is not known is `None`.
pub struct Known<'a> {
    source: Source<'a>,
    /// The certificate that was read, once something in it was asked for.
    parsed: OnceCell<ParsedCertificate<'a>>,
}

#[derive(Clone, Copy)]
enum Source<'a> {
    Read(&'a ListedCertificate),
    Recorded(Recorded<'a>),
}

/// What a manifest tells of a certificate. Text that it does not have is empty.
#[derive(Clone, Copy)]
pub(crate) struct Recorded<'a> {
    /// SHA-1 and SHA-256 in lower-case digits.
    pub(crate) thumbprints: [&'a str; 2],
    pub(crate) subject: &'a str,
    pub(crate) issuer: &'a str,
    pub(crate) label: &'a str,
    pub(crate) not_after: Option<UnixTime>,
}

impl<'a> Known<'a> {
    /// All of a certificate that stores list.
    pub fn read(listed: &'a ListedCertificate) -> Self {
        Self::new(Source::Read(listed))
    }

    pub(crate) fn recorded(recorded: Recorded<'a>) -> Self {
        Self::new(Source::Recorded(recorded))
    }

    fn new(source: Source<'a>) -> Self {
        Self {
            source,
            parsed: OnceCell::new(),
        }
    }

    /// Whether the certificate itself was read.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.source, Source::Read(_))
    }

    pub(super) fn certificate(&self) -> Option<&ParsedCertificate<'a>> {
        match self.source {
            Source::Read(listed) => {
                let parsed = self.parsed.get_or_init(|| listed.certificate().parse());
                Some(parsed)
            }
            Source::Recorded(_) => None,
        }
    }

    /// The SHA-256 in lower-case digits.
    pub fn sha256(&self) -> Cow<'a, str> {
        match self.source {
            Source::Read(listed) => names::hex(listed.entry().id.as_bytes()).into(),
            Source::Recorded(recorded) => recorded.thumbprints[1].into(),
        }
    }

    /// The SHA-1 in lower-case digits; empty where a manifest does not have it.
    pub fn sha1(&self) -> Cow<'a, str> {
        match self.source {
            Source::Read(listed) => listed.thumbprint().into(),
            Source::Recorded(recorded) => recorded.thumbprints[0].into(),
        }
    }

    /// The label; not made safe for a terminal.
    pub fn label(&self) -> Option<Cow<'a, str>> {
        match self.source {
            Source::Read(listed) => Some(listed.label().into()),
            Source::Recorded(recorded) => unless_empty(recorded.label),
        }
    }

    pub(super) fn subject(&self) -> Option<Cow<'a, str>> {
        match self.source {
            Source::Read(listed) => Some(listed.subject().into()),
            Source::Recorded(recorded) => unless_empty(recorded.subject),
        }
    }

    pub(super) fn issuer(&self) -> Option<Cow<'a, str>> {
        match self.source {
            Source::Read(listed) => {
                let issuer = listed.certificate().issuer_der();
                Some(names::distinguished_name_of_der(issuer).into())
            }
            Source::Recorded(recorded) => unless_empty(recorded.issuer),
        }
    }

    /// The e-mail addresses, and the names of accounts that look like them.
    pub(super) fn emails(&self) -> Option<Vec<String>> {
        let certificate = self.certificate()?;
        let accounts = certificate.user_principal_names();
        Some(certificate.emails().into_iter().chain(accounts).collect())
    }

    /// The names in subjectAltName that are no address of a person.
    pub(super) fn alternative_names(&self) -> Option<Vec<String>> {
        let certificate = self.certificate()?;
        let directory = certificate.directory_names();
        Some(
            certificate
                .dns_names()
                .into_iter()
                .chain(directory)
                .collect(),
        )
    }

    /// What it may be called by: its label, common name, and addresses.
    pub fn names(&self) -> Vec<String> {
        let label = self.label().map(Cow::into_owned);
        let common_name = self.certificate().and_then(ParsedCertificate::common_name);
        let addresses = [self.alternative_names(), self.emails()]
            .into_iter()
            .flatten();
        let names = label.into_iter().chain(common_name);
        names.chain(addresses.flatten()).collect()
    }

    /// The last moment at which it is valid.
    pub(super) fn not_after(&self) -> Option<UnixTime> {
        match self.source {
            Source::Read(_) => Some(self.certificate()?.not_after()),
            Source::Recorded(recorded) => recorded.not_after,
        }
    }
}

fn unless_empty(text: &str) -> Option<Cow<'_, str>> {
    (!text.is_empty()).then_some(text.into())
}

/// Whether a text has another in it, in either letter case, composed or not.
pub(super) fn contains(text: &str, wanted: &str) -> bool {
    comparable(text).contains(&comparable(wanted))
}
