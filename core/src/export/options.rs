//! What an export is to give, and where the bytes go.

use std::io::Write;
use std::path::PathBuf;

use certstow_formats::certificate::Certificate;
use certstow_formats::chain::Include;
use certstow_formats::pkcs12::attributes::Properties;
use certstow_formats::pkcs12::profile::{Iterations, Profile, password_warnings};
use certstow_formats::pkcs12::target::Target;
use certstow_formats::secret::Password;

use crate::output::{Existing, Privacy};
use crate::warning::{Code, Warning};

/// The form of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// PKCS#12 (RFC 7292): key, certificate and path under a password.
    #[default]
    P12,
    /// PEM (RFC 7468): the key as encrypted PKCS#8, then the certificate, then the path.
    Pem,
    /// The certificate alone, as DER.
    Der,
    /// Certificate and path without the key: PKCS#7 (RFC 5652, "certs-only").
    P7b,
}

impl Format {
    /// Whether the private key is part of it.
    pub fn has_key(self) -> bool {
        matches!(self, Self::P12 | Self::Pem)
    }

    /// Whether the certification path is part of it.
    pub(super) fn has_path(self) -> bool {
        self != Self::Der
    }

    /// The usual file name extension: RFC 2585 for `cer`, custom for the others.
    pub fn extension(self) -> &'static str {
        self.extensions()[0]
    }

    /// Every usual file name extension, the first being the one that is given.
    pub(super) fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::P12 => &["p12", "pfx"],
            Self::Pem => &["pem", "crt", "cer", "key"],
            Self::Der => &["cer", "crt", "der"],
            Self::P7b => &["p7b", "p7c"],
        }
    }
}

/// What an export is to give.
#[derive(Debug, Clone)]
pub struct Options {
    /// The form.
    pub format: Format,
    /// How much of the certification path goes in.
    pub include: Include,
    /// Which attributes go into a PKCS#12 file.
    pub properties: Properties,
    /// The friendly name, in place of the identity's label.
    pub friendly_name: Option<String>,
    /// The algorithms of a PKCS#12 file.
    pub profile: Profile,
    /// Iterations of key derivation.
    pub iterations: Iterations,
    /// Whether a PEM file holds the private key in the clear.
    pub unencrypted_key: bool,
    /// The program that is to open a PKCS#12 file, if one is named.
    pub target: Option<&'static Target>,
}

impl Default for Options {
    /// A PKCS#12 file of the profile [`Profile::Modern`], with the whole path.
    fn default() -> Self {
        Self::of_profile(Profile::default())
    }
}

impl Options {
    /// A PKCS#12 file of a profile, with as many iterations as it has by default, and the whole path.
    pub fn of_profile(profile: Profile) -> Self {
        Self {
            format: Format::default(),
            include: Include::default(),
            properties: Properties::default(),
            friendly_name: None,
            profile,
            iterations: profile.iterations(),
            unencrypted_key: false,
            target: None,
        }
    }

    /// Why the program of [`Options::target`] would not open the file of this certificate, if
    /// anything is known to be in its way.
    pub fn objection(&self, certificate: &Certificate) -> Option<Warning> {
        let target = self.target?;
        let why = target.objection(self.profile, self.iterations, Some(certificate))?;
        let program = target.description;
        let text = format!("{program} will not open the file: {why}");
        Some(Warning::new(Code::Target, text))
    }

    /// Whether the file is to be protected by a password.
    pub fn needs_password(&self) -> bool {
        match self.format {
            Format::P12 => true,
            Format::Pem => !self.unencrypted_key,
            Format::Der | Format::P7b => false,
        }
    }

    /// Whether certificates beside the leaf are to go in.
    pub(crate) fn has_path(&self) -> bool {
        self.format.has_path() && self.include != Include::None
    }

    /// What the user should know about the protection.
    pub(crate) fn warnings(&self, password: Option<&Password>) -> Vec<Warning> {
        let Some(password) = password else {
            return Vec::new();
        };
        let profile = Some(self.profile).filter(|_| self.format == Format::P12);
        let of_profile = profile.and_then(Profile::warning);
        let of_profile = of_profile.map(|text| Warning::new(Code::Profile, text));
        let of_iterations = self.iterations.warning();
        let of_iterations = of_iterations.map(|text| Warning::new(Code::Iterations, text));
        let of_password = password_warnings(password).into_iter();
        let of_password = of_password.map(|text| Warning::new(Code::Password, text));
        of_profile
            .into_iter()
            .chain(of_iterations)
            .chain(of_password)
            .collect()
    }
}

/// Where the bytes go.
pub enum Destination<'a> {
    /// A file.
    File {
        /// Its name.
        file: PathBuf,
        /// What to do when it exists.
        existing: Existing,
        /// What to do where other accounts could read it.
        privacy: Privacy,
    },
    /// A stream, which gets the bytes after they were verified in memory.
    Stream {
        /// The stream.
        stream: &'a mut dyn Write,
        /// What errors call it: "standard output".
        name: &'a str,
    },
    /// Memory, which gets the bytes after they were verified, in the place of what was in it. With
    /// [`Options::unencrypted_key`] they are a private key in the clear: a
    /// [`Zeroizing`](zeroize::Zeroizing) vector wipes them.
    Bytes(&'a mut Vec<u8>),
}

impl Destination<'_> {
    /// A file that must not exist yet; [`Exported::warnings`](super::Exported::warnings) says so where
    /// other accounts could read it.
    pub fn file(file: impl Into<PathBuf>) -> Self {
        Self::File {
            file: file.into(),
            existing: Existing::default(),
            privacy: Privacy::default(),
        }
    }
}
