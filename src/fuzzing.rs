//! What must hold for any bytes that certstow's readers are given, and for any text that it writes
//! down. `fuzz/` runs these functions, with those of `certstow_platform::testing::fuzzing`, under
//! libFuzzer; [`replay`] runs them over its seeds and changed copies of them. Each panics where
//! something does not hold.

#[cfg(test)]
mod replay;
mod writers;

use std::path::{Component, Path};
use std::sync::LazyLock;

use certstow_platform::OpenOptions;
use certstow_platform::certificate::Certificate;
use certstow_platform::secret::Password;
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::NonInteractive;
use certstow_platform::testing::fuzzing::LIMITS;
use certstow_platform::testing::{MemoryStore, PASSWORD, Sample};
use x509_parser::prelude::{FromDer, X509Certificate};

#[cfg(test)]
pub(crate) use writers::saying;
pub use writers::{encode, html, schedule};

use crate::backup::manifest::Manifest;
use crate::backup::{changes, record};
use crate::chain::{self, Candidates, PathEnd};
use crate::cli::args::BackupArgs;
use crate::cli::option_file;
use crate::error::Error;
use crate::escrow::EscrowKey;
use crate::identity::Inventory;
use crate::pkcs12::grade::{self, Severity};
use crate::select::{self, Choice, Filters, Want};
use crate::{names, sanitize};

/// 2026-11-26, whenever these run.
const NOW: i64 = 1_795_651_200;

/// Certificates one after the other, of which the first looks for its path among the others.
pub fn chain(input: &[u8]) {
    let mut certificates = certificates(input);
    if certificates.is_empty() {
        return;
    }
    certificates.iter().for_each(texts_of);
    let leaf = certificates.remove(0);
    let path = chain::build_at(&leaf, &Candidates::new(certificates), NOW);
    let found = &path.certificates;
    assert_eq!(found.first(), Some(&leaf));
    assert!(found.len() <= 16, "{} certificates", found.len());
    assert_eq!(chain::Path::links(found), Ok(()));
    for (at, certificate) in found.iter().enumerate() {
        assert!(!found[..at].contains(certificate), "a loop");
    }
    if path.end == PathEnd::Root {
        assert!(found.last().is_some_and(Certificate::is_self_issued));
    } else {
        assert!(path.end.gap().is_some());
    }
}

fn certificates(mut input: &[u8]) -> Vec<Certificate> {
    let mut certificates = Vec::new();
    while let Ok((rest, _)) = X509Certificate::from_der(input) {
        let der = &input[..input.len() - rest.len()];
        certificates.extend(Certificate::from_der(der));
        input = rest;
    }
    certificates
}

/// Everything about a certificate that is shown, safe for a terminal.
fn texts_of(certificate: &Certificate) {
    let parsed = certificate.parse();
    let mut texts = vec![
        names::label_of_certificate(&parsed),
        names::distinguished_name_of_der(certificate.subject_der()),
        names::short_name_of_der(certificate.issuer_der()),
        names::serial(&parsed),
        names::key_kind(certificate.spki_der()),
    ];
    texts.extend(names::emails(&parsed));
    texts.extend(names::dns_names(&parsed));
    texts.extend(names::extended_key_usages(&parsed));
    for text in texts {
        let shown = sanitize::safe(&text);
        assert!(!shown.contains(sanitize::is_unsafe), "{shown:?}");
    }
    // Whatever it says, it says it of any certificate.
    let _ = certificate.malformed_part();
    let _ = names::key_usages(&parsed);
}

/// A PKCS#12 file that `check` looks at, with the password and without.
pub fn grade(input: &[u8]) {
    let password = Password::new(PASSWORD.to_owned());
    let without = grade::grade_within(input, None, None, NOW, &LIMITS);
    let with = grade::grade_within(input, None, Some(&password), NOW, &LIMITS);
    let (Ok(without), Ok(with)) = (&without, &with) else {
        assert_eq!(without.err(), with.err());
        return;
    };
    assert_eq!((without.opened, without.restores), (None, None));
    let is_error = |finding: &grade::Finding| finding.severity == Severity::Error;
    if with.restores == Some(true) {
        assert_eq!((with.opened, with.wrong_password), (Some(true), false));
        let keys = with.keys.unwrap_or_default();
        assert!(keys > 0 && with.leaves.len() == keys, "a leaf for each key");
        assert!(with.certificates >= Some(1) && with.proof.is_some());
        let about_protection = |finding: &&grade::Finding| without.findings.contains(finding);
        let errors = with.findings.iter().filter(|finding| is_error(finding));
        assert!(
            errors.clone().all(|error| about_protection(&error)),
            "{:?}",
            errors.collect::<Vec<_>>()
        );
    } else if with.restores == Some(false) {
        assert!(with.findings.iter().any(is_error), "it says why");
    }
    assert!(with.findings.is_sorted_by_key(|finding| finding.severity));
}

/// The escrow keys of the seeds.
static ESCROW: LazyLock<Vec<EscrowKey>> = LazyLock::new(|| {
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("platform/tests/data/keys");
    let read = |name| {
        let options = OpenOptions::default();
        EscrowKey::read(&keys.join(name), &options, &mut NonInteractive).expect("a sample key")
    };
    ["rsa.pem", "P-256.pem"].map(read).into()
});

/// A sealed password.
pub fn cms(input: &[u8]) {
    for key in ESCROW.iter() {
        if let Err(error) = key.open(input, Path::new("sealed.cms")) {
            // The key is whole, so it is the file that is wrong.
            assert!(matches!(error, Error::Escrow { .. }), "{error}");
        }
    }
}

/// The manifest of a backup, and after a NUL the changes to it.
pub fn changes(input: &[u8]) {
    let mut parts = input.splitn(2, |byte| *byte == 0);
    let (Some(written), Some(changes)) = (parts.next(), parts.next()) else {
        return;
    };
    for changes in [changes.to_vec(), changes::with_right_checksums(changes)] {
        if let Ok(manifest) = record::of_bytes(written, &changes) {
            names_are_of_its_folder(&manifest);
        }
    }
}

/// The manifest of a backup.
pub fn manifest(input: &[u8]) {
    let Ok(mut manifest) = Manifest::from_bytes(input) else {
        return;
    };
    names_are_of_its_folder(&manifest);
    let bytes = manifest.write_now();
    assert_eq!(Manifest::from_bytes(&bytes).as_ref(), Ok(&manifest));
}

fn names_are_of_its_folder(manifest: &Manifest) {
    for saved in &manifest.entries {
        let escrow = saved.escrow.iter().map(|escrow| &escrow.file);
        for name in escrow.chain([&saved.file]) {
            let in_its_folder = Path::new(name)
                .file_name()
                .is_some_and(|last| last == name.as_str());
            assert!(in_its_folder && !name.starts_with('.'), "{name:?}");
            assert!(!name.contains(['/', '\\', ':', '\0']), "{name:?}");
        }
    }
}

/// The options of a backup in a file.
pub fn config(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let folder = Path::new("/etc/certstow");
    let Ok(read) = option_file::parse(&text, &folder.join("backup.toml")) else {
        return;
    };
    for path in read.args.to.iter().chain(&read.args.escrow) {
        let begins_with_a_drive = matches!(path.components().next(), Some(Component::Prefix(_)));
        assert!(path.has_root() || begins_with_a_drive, "{path:?}");
    }
    // Nothing typed over what a file says, and the reverse.
    let same = |args: Result<BackupArgs, Error>| {
        let args = args.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(format!("{args:?}"), format!("{:?}", read.args));
    };
    same(option_file::over(&[], &read.given));
    same(option_file::over(&read.given, &[]));
}

thread_local! {
    /// Identities to choose from.
    static INVENTORY: Inventory = {
        use Sample::{Expired, Future, Keyless, Locked, P256, Rsa};
        let store = MemoryStore::with("memory", &[Rsa, P256, Expired, Future, Keyless, Locked]);
        Inventory::of(vec![Box::new(store)]).expect("a store in memory can be read")
    };
}

/// What somebody types to choose an identity: a selector, then a filter on each line.
pub fn selector(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.split('\n');
    let selector = lines.next();
    let mut filter = || {
        lines
            .next()
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
    };
    let filters = Filters {
        subject: filter(),
        issuer: filter(),
        email: filter(),
        serial: filter(),
        eku: filter(),
        label: filter(),
        ..Filters::default()
    };
    for newest in [false, true] {
        let choice = Choice {
            selector,
            filters: &filters,
            newest,
            want: Want::Certificate,
        };
        INVENTORY.with(|inventory| chosen_among_all(inventory, &choice));
    }
    if let Some(Ok(spec)) = selector.map(str::parse::<StoreSpec>) {
        assert_eq!(spec.to_string().parse(), Ok(spec));
    }
}

fn chosen_among_all(inventory: &Inventory, choice: &Choice<'_>) {
    match select::choose(inventory, choice, NOW) {
        Ok(chosen) => {
            let all = select::all(inventory, choice, NOW);
            assert!(
                all.iter()
                    .any(|found| found.entry().id == chosen.entry().id)
            );
            assert!(choice.filters.matches(chosen, NOW));
        }
        // Where there is none, the error says so, and what comes near.
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
