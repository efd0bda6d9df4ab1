//! The choices of the library that the command line has words for.

use certstow_core::export::Format;
use certstow_formats::chain::Include;
use certstow_formats::pkcs12::attributes::Properties;
use certstow_formats::pkcs12::profile::Profile;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::schedule::Scheduler;

/// A choice among a few, each of which has a word.
pub(crate) trait Words: Copy + Send + Sync + 'static {
    const ALL: &'static [Self];

    /// The word for it, and what it means, for the help.
    fn words(self) -> (&'static str, &'static str);

    fn word(self) -> &'static str {
        self.words().0
    }
}

/// Reads the word for one of them.
pub(super) fn one_of<T: Words>() -> impl TypedValueParser<Value = T> {
    let values = T::ALL.iter().map(|choice| {
        let (word, help) = choice.words();
        PossibleValue::new(word).help(help)
    });
    PossibleValuesParser::new(values).try_map(|word| {
        let mut choices = T::ALL.iter().copied();
        choices
            .find(|choice| choice.word() == word)
            .ok_or("it is none of the words")
    })
}

impl Words for Format {
    const ALL: &'static [Self] = &[Self::P12, Self::Pem, Self::Der, Self::P7b];

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::P12 => ("p12", "PKCS#12: private key, certificate and path"),
            Self::Pem => ("pem", "PEM: private key (encrypted), certificate and path"),
            Self::Der => ("der", "DER: the certificate alone"),
            Self::P7b => ("p7b", "PKCS#7: certificate and path, no private key"),
        }
    }
}

impl Words for Include {
    const ALL: &'static [Self] = &[Self::Full, Self::NoRoot, Self::None];

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Full => ("full", "All of it, with the root"),
            Self::NoRoot => ("no-root", "All but the root"),
            Self::None => ("none", "The certificate alone"),
        }
    }
}

impl Words for Properties {
    const ALL: &'static [Self] = &[Self::Portable, Self::All, Self::None];

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Portable => ("portable", "Those that mean something on another machine"),
            Self::All => ("all", "All but handles"),
            Self::None => ("none", "None, not even the friendly name"),
        }
    }
}

impl Words for Profile {
    const ALL: &'static [Self] = &Profile::ALL;

    fn words(self) -> (&'static str, &'static str) {
        let help = match self {
            Self::Modern => "AES-256 and HMAC-SHA256",
            Self::Compatible => "3DES and HMAC-SHA1, for older programs",
            Self::Legacy => "3DES, RC2-40 and HMAC-SHA1: weak, for very old programs",
            Self::Pbmac1 => "As modern, with PBMAC1 (RFC 9579)",
        };
        (self.name(), help)
    }
}

impl Words for Scheduler {
    const ALL: &'static [Self] = &[
        Self::TaskScheduler,
        Self::Systemd,
        Self::Launchd,
        Self::Cron,
    ];

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::TaskScheduler => ("windows", "A task for Windows' Task Scheduler, as XML"),
            Self::Systemd => ("systemd", "A service and a timer"),
            Self::Launchd => ("launchd", "A property list of macOS"),
            Self::Cron => ("cron", "A line for cron, where there is no systemd"),
        }
    }
}
