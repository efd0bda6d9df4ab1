//! What the options for a file's contents and algorithms mean together, for one export and for the
//! files of a backup.

use certstow_core::export::{Format, Options};
use certstow_core::output::{Existing, Privacy};
use certstow_formats::certificate::Certificate;
use certstow_formats::chain::Include;
use certstow_formats::pkcs12::target::Target;

use super::args::{AlgorithmArgs, ContentArgs};
use crate::error::Error;

/// How the files are made. A friendly name and an unencrypted key are not among these options.
pub(super) fn of(format: Format, contents: &ContentArgs, algorithms: &AlgorithmArgs) -> Options {
    let by_target = algorithms.target.map(|target| target.profile);
    let profile = algorithms.profile.or(by_target).unwrap_or_default();
    let include = match reads_no_path(algorithms) {
        true => Include::None,
        false => Include::default(),
    };
    Options {
        format,
        include: contents.chain.unwrap_or(include),
        properties: contents.properties.unwrap_or_default(),
        friendly_name: None,
        profile,
        iterations: algorithms
            .iterations
            .unwrap_or_else(|| profile.iterations()),
        unencrypted_key: false,
        target: algorithms.target,
    }
}

/// Whether the program that is to open the file reads the certificate alone.
pub(super) fn reads_no_path(algorithms: &AlgorithmArgs) -> bool {
    let target = algorithms.target;
    target.is_some_and(Target::reads_no_path)
}

/// Refuses what the program named by `--for` does not open, whatever the certificate.
pub(super) fn check_target(
    contents: &ContentArgs,
    algorithms: &AlgorithmArgs,
) -> Result<(), Error> {
    if let (Some(target), Some(iterations)) = (algorithms.target, algorithms.iterations)
        && let Some(why) = target.objection(target.profile, iterations, None)
    {
        let program = target.description;
        return Err(Error::Usage(format!(
            "{program}, which --for names, would not open the file: {why}"
        )));
    }
    match contents.chain {
        Some(Include::Full | Include::NoRoot) if reads_no_path(algorithms) => Err(Error::Usage(
            "the program named by --for reads one certificate only: leave --chain out".to_owned(),
        )),
        _ => Ok(()),
    }
}

/// Refuses a certificate whose key the program named by `--for` does not read.
pub(super) fn check_certificate(options: &Options, certificate: &Certificate) -> Result<(), Error> {
    match options.objection(certificate) {
        Some(objection) => Err(Error::Usage(format!(
            "{objection}; leave --for out to save it for other programs"
        ))),
        None => Ok(()),
    }
}

/// What becomes of a file that is there, with `--force` or without.
pub(super) fn existing(force: bool) -> Existing {
    match force {
        true => Existing::Replace,
        false => Existing::Refuse,
    }
}

/// What is wanted of a disk or share, with `--require-private` or without.
pub(super) fn privacy(require_private: bool) -> Privacy {
    match require_private {
        true => Privacy::Required,
        false => Privacy::Wanted,
    }
}
