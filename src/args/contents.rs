//! What goes into a file, and under which algorithms: the same for one export as for a backup.

use certstow_core::nearest;
use certstow_formats::chain::Include;
use certstow_formats::pkcs12::attributes::Properties;
use certstow_formats::pkcs12::profile::{Iterations, Profile};
use certstow_formats::pkcs12::target::{self, Target};
use clap::Args;

use super::words::one_of;

#[derive(Debug, Clone, PartialEq, Args)]
pub(crate) struct ContentArgs {
    /// How much of the certification path goes in [default: full]
    #[arg(long, value_parser = one_of::<Include>())]
    pub(crate) chain: Option<Include>,
    /// Which properties of the certificate go in [default: portable]
    #[arg(long, value_parser = one_of::<Properties>(), hide_short_help = true)]
    pub(crate) properties: Option<Properties>,
}

#[derive(Debug, Clone, PartialEq, Args)]
pub(crate) struct AlgorithmArgs {
    /// The algorithms [default: modern]
    #[arg(long, value_parser = one_of::<Profile>(), conflicts_with = "target")]
    pub(crate) profile: Option<Profile>,
    /// The program that has to open the file, which decides the profile: windows2016, macos14,
    /// java8, ... ('certstow check FILE' lists them all)
    #[arg(long = "for", id = "target", value_name = "TARGET", value_parser = parse_target)]
    pub(crate) target: Option<&'static Target>,
    /// Iterations of key derivation, at most 600000 [default: the profile's]
    #[arg(long, value_name = "N", value_parser = parse_iterations, hide_short_help = true)]
    pub(crate) iterations: Option<Iterations>,
}

fn parse_iterations(text: &str) -> Result<Iterations, String> {
    let number: u32 = text
        .parse()
        .map_err(|_| format!("'{text}' is no number of iterations"))?;
    Iterations::new(number)
}

fn parse_target(text: &str) -> Result<&'static Target, String> {
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
