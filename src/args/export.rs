//! What a file is to be made of.

use std::path::PathBuf;

use certstow_core::export::Format;
use certstow_core::nearest;
use certstow_formats::chain::Include;
use certstow_formats::pkcs12::attributes::Properties;
use certstow_formats::pkcs12::profile::{Iterations, Profile};
use certstow_formats::pkcs12::target::{self, Target};
use clap::{Args, ValueEnum, ValueHint};

use super::{PasswordArgs, SelectArgs};

#[derive(Debug, Clone, PartialEq, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    /// The file; - is standard output [default: the label, in the current folder]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long)]
    pub(crate) force: bool,
    /// Refuse a disk or share where other accounts could read the file; without it, warn
    #[arg(long)]
    pub(crate) require_private: bool,
    /// Put a copy into another folder, too, such as a USB drive, and read it back; repeatable
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) copy_to: Vec<PathBuf>,
    /// The form of the file
    #[arg(long, value_enum, default_value_t = FormatArg::P12)]
    pub(crate) format: FormatArg,
    /// How much of the certification path goes in [default: full]
    #[arg(long, value_enum)]
    pub(crate) chain: Option<ChainArg>,
    /// Which properties of the certificate go in [default: portable]
    #[arg(long, value_enum)]
    pub(crate) properties: Option<PropertiesArg>,
    /// The friendly name [default: the label]
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: Option<String>,
    /// The algorithms [default: modern]
    #[arg(long, value_enum, conflicts_with = "target")]
    pub(crate) profile: Option<ProfileArg>,
    /// The program that has to open the file, which decides the profile: windows2016, macos14,
    /// java8, ... ('certstow check' lists them all)
    #[arg(long = "for", id = "target", value_name = "TARGET", value_parser = parse_target)]
    pub(crate) target: Option<&'static Target>,
    /// Iterations of key derivation, at most 600000 [default: the profile's]
    #[arg(long, value_name = "N", value_parser = parse_iterations)]
    pub(crate) iterations: Option<Iterations>,
    /// Leave the private key of a PEM file unencrypted
    #[arg(long)]
    pub(crate) unencrypted_key: bool,
    /// Let Windows ask for a confirmation or a PIN, in a window of its own
    #[arg(long, conflicts_with = "non_interactive")]
    pub(crate) allow_prompt: bool,
    /// Delete the private key from its store once the file is saved and proven; asks twice, and so
    /// needs a person at a terminal
    #[arg(long)]
    pub(crate) delete_key_after_verify: bool,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    /// Make a password that nobody guesses, and show it once; needs a person at a terminal
    #[arg(long, group = "password", help_heading = "Password")]
    pub(crate) generate_password: bool,
}

pub(super) fn parse_iterations(text: &str) -> Result<Iterations, String> {
    let number: u32 = text
        .parse()
        .map_err(|_| format!("'{text}' is no number of iterations"))?;
    Iterations::new(number)
}

pub(super) fn parse_target(text: &str) -> Result<&'static Target, String> {
    target::find(text).ok_or_else(|| {
        let known: Vec<_> = target::targets().iter().map(|target| target.name).collect();
        let meant = nearest::nearest(text, target::targets(), |target| target.name);
        let meant = meant.map(|target| format!("did you mean {}? ", target.name));
        format!(
            "{}known are {}",
            meant.unwrap_or_default(),
            known.join(", ")
        )
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArg {
    /// PKCS#12: private key, certificate and path
    P12,
    /// PEM: private key (encrypted), certificate and path
    Pem,
    /// DER: the certificate alone
    Der,
    /// PKCS#7: certificate and path, no private key
    P7b,
}

impl From<FormatArg> for Format {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::P12 => Self::P12,
            FormatArg::Pem => Self::Pem,
            FormatArg::Der => Self::Der,
            FormatArg::P7b => Self::P7b,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ChainArg {
    /// All of it, with the root
    Full,
    /// All but the root
    NoRoot,
    /// The certificate alone
    None,
}

impl From<ChainArg> for Include {
    fn from(chain: ChainArg) -> Self {
        match chain {
            ChainArg::Full => Self::Full,
            ChainArg::NoRoot => Self::NoRoot,
            ChainArg::None => Self::None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PropertiesArg {
    /// Those that mean something on another machine
    Portable,
    /// All but handles
    All,
    /// None, not even the friendly name
    None,
}

impl From<PropertiesArg> for Properties {
    fn from(properties: PropertiesArg) -> Self {
        match properties {
            PropertiesArg::Portable => Self::Portable,
            PropertiesArg::All => Self::All,
            PropertiesArg::None => Self::None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProfileArg {
    /// AES-256 and HMAC-SHA256
    Modern,
    /// 3DES and HMAC-SHA1, for older programs
    Compatible,
    /// 3DES, RC2-40 and HMAC-SHA1: weak, for very old programs
    Legacy,
    /// As modern, with PBMAC1 (RFC 9579)
    Pbmac1,
}

impl From<ProfileArg> for Profile {
    fn from(profile: ProfileArg) -> Self {
        match profile {
            ProfileArg::Modern => Self::Modern,
            ProfileArg::Compatible => Self::Compatible,
            ProfileArg::Legacy => Self::Legacy,
            ProfileArg::Pbmac1 => Self::Pbmac1,
        }
    }
}
