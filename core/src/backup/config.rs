//! The options of a run, from a TOML file (`--config`) and from the command line, which comes
//! first. The keys of the file are the options without their hyphens in front:
//!
//! | key | value |
//! | --- | --- |
//! | `to` | a folder, or a list of folders |
//! | `store` | a store, or a list of stores, as `--store` takes them |
//! | `rewrite`, `accept-empty`, `skip-not-exportable`, `allow-unproven`, `require-private` | `true` or `false` |
//! | `prune-expired` | a length of time: `"90d"`, `"1y"` |
//! | `chain` | `"full"`, `"no-root"`, `"none"` |
//! | `properties` | `"portable"`, `"all"`, `"none"` |
//! | `profile` | `"modern"`, `"compatible"`, `"legacy"`, `"pbmac1"`; not with `for` |
//! | `for` | a program: `"windows2016"`, `"java8"`, ... |
//! | `iterations` | a number |
//! | `escrow` | the file of a certificate; not with a password |
//! | `password-file`, `-env`, `-fd`, `-vault` | where the password comes from, one at most |
//! | `allow-empty-password` | `true` or `false` |
//! | `unlock-password-file`, `-env`, `-fd`, `-vault` | the same for locked keys |
//! | `subject`, `issuer`, `email`, `serial`, `eku`, `label` | text to look for |
//! | `expires-within` | a length of time |
//! | `expired`, `valid` | `true` or `false` |
//!
//! A path that is not absolute starts at the folder of the file. No key holds a password.

mod keys;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::path::{Path, PathBuf};

use certstow_platform::spec::StoreSpec;

use crate::error::Error;
use crate::export::{Format, Options};
use crate::nearest::nearest;
use crate::password::Source;
use crate::select::Filters;
use crate::waits;
use certstow_formats::chain::Include;
use certstow_formats::pkcs12::attributes::Properties;
use certstow_formats::pkcs12::profile::{Iterations, Profile};
use certstow_formats::pkcs12::target::Target;
use keys::Keys;

/// What was said of a run; `None`, empty and false where nothing was said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The destinations.
    pub to: Vec<PathBuf>,
    /// The stores to look in; none means all that are found.
    pub stores: Vec<StoreSpec>,
    /// Whether whole files are written anew.
    pub rewrite: bool,
    /// How long ago a certificate has to have expired for its file to go, in seconds.
    pub prune_expired: Option<i64>,
    /// Whether a folder is saved to that held a backup and holds none today.
    pub accept_empty: bool,
    /// Whether keys that are known never to come out are no failure.
    pub skip_not_exportable: bool,
    /// Whether keys that certstow has no way to prove are no failure.
    pub allow_unproven: bool,
    /// Whether places where other accounts could read the files are refused.
    pub require_private: bool,
    /// How much of the certification path goes in.
    pub chain: Option<Include>,
    /// Which properties go in.
    pub properties: Option<Properties>,
    /// The algorithms.
    pub profile: Option<Profile>,
    /// The program that has to open the files.
    pub target: Option<&'static Target>,
    /// Iterations of key derivation.
    pub iterations: Option<Iterations>,
    /// The certificate that fresh passwords are sealed to.
    pub escrow: Option<PathBuf>,
    /// Where the password comes from.
    pub password: Option<Source>,
    /// Whether the password may be empty.
    pub allow_empty_password: bool,
    /// Where the password of locked keys comes from.
    pub unlock: Option<Source>,
    /// Which identities.
    pub filters: Filters,
}

/// Why a file gives no settings.
#[derive(Debug)]
pub enum Refused {
    /// It cannot be read.
    Unreadable(Error),
    /// It makes no sense.
    Wrong {
        /// The file.
        file: PathBuf,
        /// The line, from 1, where it is known.
        line: Option<usize>,
        /// What is wrong, with the key.
        message: String,
    },
}

impl Settings {
    /// Reads a file.
    ///
    /// # Errors
    /// - [`Refused::Unreadable`]: it cannot be read.
    /// - [`Refused::Wrong`]: it is no TOML; it has a key that does not exist, or a value that makes
    ///   no sense there; or two keys exclude each other.
    pub fn read(file: &Path) -> Result<Self, Refused> {
        let wait = waits::waiting_for(format!("the options in {}", file.display()));
        let text = std::fs::read_to_string(file);
        drop(wait);
        let text = text.map_err(|source| {
            let place = file.display().to_string();
            Refused::Unreadable(Error::Io { place, source })
        })?;
        Self::parse(&text, file)
    }

    /// The same of the text of a file.
    pub fn parse(text: &str, file: &Path) -> Result<Self, Refused> {
        let keys: Keys = toml::from_str(text).map_err(|error| Refused::Wrong {
            file: file.to_owned(),
            line: error.span().map(|span| line_of(text, &span)),
            message: message(text, &error),
        })?;
        if let Some((one, other)) = keys.exclusive() {
            return Err(Refused::Wrong {
                file: file.to_owned(),
                line: None,
                message: format!("'{one}' and '{other}' exclude each other"),
            });
        }
        let folder = file.parent().unwrap_or(Path::new(""));
        Ok(keys.settings(folder))
    }

    /// These settings, and where they say nothing, those of `file`.
    #[must_use]
    pub fn over(self, file: Self) -> Self {
        // A choice of one kind replaces the other kind's.
        let says_form = self.profile.is_some() || self.target.is_some();
        let says_password = self.password.is_some() || self.escrow.is_some();
        let (own, other) = (self.filters, file.filters);
        let within_time = own.expired || own.valid || own.expires_within.is_some();
        Self {
            to: or(self.to, file.to),
            stores: or(self.stores, file.stores),
            rewrite: self.rewrite || file.rewrite,
            prune_expired: self.prune_expired.or(file.prune_expired),
            accept_empty: self.accept_empty || file.accept_empty,
            skip_not_exportable: self.skip_not_exportable || file.skip_not_exportable,
            allow_unproven: self.allow_unproven || file.allow_unproven,
            require_private: self.require_private || file.require_private,
            chain: self.chain.or(file.chain),
            properties: self.properties.or(file.properties),
            profile: self.profile.or(file.profile.filter(|_| !says_form)),
            target: self.target.or(file.target.filter(|_| !says_form)),
            iterations: self.iterations.or(file.iterations),
            escrow: self.escrow.or(file.escrow.filter(|_| !says_password)),
            password: self.password.or(file.password.filter(|_| !says_password)),
            allow_empty_password: self.allow_empty_password || file.allow_empty_password,
            unlock: self.unlock.or(file.unlock),
            filters: Filters {
                subject: own.subject.or(other.subject),
                issuer: own.issuer.or(other.issuer),
                email: own.email.or(other.email),
                serial: own.serial.or(other.serial),
                eku: own.eku.or(other.eku),
                label: own.label.or(other.label),
                expires_within: own
                    .expires_within
                    .or(other.expires_within.filter(|_| !within_time)),
                expired: own.expired || (other.expired && !within_time),
                valid: own.valid || (other.valid && !within_time),
            },
        }
    }

    /// How the files are made.
    ///
    /// # Errors
    /// [`Error::Contradiction`]: the program that is to open them reads one certificate only, and more are
    /// asked for.
    pub fn options(&self) -> Result<Options, Error> {
        let profile = match (self.profile, self.target) {
            (Some(profile), _) => profile,
            (None, Some(target)) => target.profile,
            (None, None) => Profile::default(),
        };
        let alone = self
            .target
            .is_some_and(|target| target.reads.certificates == Some(1));
        let include = match self.chain {
            Some(Include::Full | Include::NoRoot) if alone => {
                return Err(Error::Contradiction(
                    "the program named by --for reads one certificate only: leave --chain out"
                        .to_owned(),
                ));
            }
            Some(include) => include,
            None if alone => Include::None,
            None => Include::default(),
        };
        Ok(Options {
            format: Format::P12,
            include,
            properties: self.properties.unwrap_or_default(),
            friendly_name: None,
            profile,
            iterations: self.iterations.unwrap_or_else(|| profile.iterations()),
            unencrypted_key: false,
        })
    }
}

fn or<T>(own: Vec<T>, other: Vec<T>) -> Vec<T> {
    match own.is_empty() {
        true => other,
        false => own,
    }
}

/// The line, from 1, in which a span begins.
fn line_of(text: &str, span: &Range<usize>) -> usize {
    text.bytes()
        .take(span.start)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1
}

/// What is wrong, with the key it is about.
fn message(text: &str, error: &toml::de::Error) -> String {
    let what = error.message();
    if let Some(meant) = key_meant(what) {
        return meant;
    }
    let Some(span) = error.span() else {
        return what.to_owned();
    };
    let line = text.lines().nth(line_of(text, &span) - 1).unwrap_or("");
    match line.split_once('=').map(|(key, _)| key.trim()) {
        Some(key) if !key.is_empty() && !what.contains(&format!("`{key}`")) => {
            format!("{key}: {what}")
        }
        _ => what.to_owned(),
    }
}

/// What serde says of an unknown key, with the known one that was meant instead of all of them.
fn key_meant(what: &str) -> Option<String> {
    let (typed, known) = what.strip_prefix("unknown field `")?.split_once('`')?;
    let known = known.split('`').skip(1).step_by(2);
    let meant = nearest(typed, known, |key| key)?;
    Some(format!("unknown field `{typed}`: did you mean `{meant}`?"))
}
