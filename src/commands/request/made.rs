//! What was made for a request, and the file that goes to the CA.

use std::path::{Path, PathBuf};

use certstow_core::error::Error as LibraryError;
use certstow_core::identity::Inventory;
use certstow_core::output::{self, Existing, Privacy};
use certstow_core::request::{self, Kept, Made};
use certstow_core::warning::{Code, Warning};
use certstow_formats::alternative_name::Kind;
use certstow_formats::certificate::Certificate;
use certstow_formats::key;
use certstow_formats::names;
use certstow_formats::proof::Level;
use certstow_formats::request::CertificationRequest;
use certstow_formats::sanitize::{safe, shortened};
use certstow_platform::spec::StoreSpec;
use sha2::{Digest as _, Sha256};

use crate::args::{Form, RequestFileArgs};
use crate::backup_to::{BackupTo, Saved};
use crate::error::Error;
use crate::exit::Exit;
use crate::file_options::existing;
use crate::journal::Entry;
use crate::render::json::{self, Object};
use crate::screen::Screen;

/// Where the request is to be written.
pub(crate) struct RequestFile {
    /// `None` for standard output.
    file: Option<PathBuf>,
    form: Form,
    existing: Existing,
}

/// A request that was written.
pub(crate) struct Written {
    /// `None` for standard output.
    file: Option<PathBuf>,
    sha256: [u8; 32],
}

impl RequestFile {
    /// The file that the options name, or one after what the certificate is for.
    ///
    /// # Errors
    /// As [`output::preflight`]; [`Error::Usage`]: JSON and the request both for standard output.
    pub(crate) fn prepare(
        args: &RequestFileArgs,
        label: &str,
        screen: &Screen,
    ) -> Result<Self, Error> {
        let own = || request::default_file_name(label);
        let file = match &args.output {
            Some(file) if file.as_os_str() == "-" => None,
            Some(folder) if folder.is_dir() => Some(folder.join(own())),
            Some(file) => Some(file.clone()),
            None => Some(own()),
        };
        let existing = existing(args.force);
        match &file {
            Some(file) => output::preflight(file, existing, Privacy::Wanted)?,
            None if screen.json => {
                return Err(Error::Usage(
                    "standard output has the JSON: name a file for the request".to_owned(),
                ));
            }
            None => {}
        }
        Ok(Self {
            file,
            form: args.format,
            existing,
        })
    }

    /// Writes the request and reads it back.
    pub(crate) fn write(
        &self,
        request: &CertificationRequest,
        screen: &Screen,
    ) -> Result<Written, Error> {
        let bytes = bytes(request, self.form);
        let sha256 = Sha256::digest(&bytes).into();
        let Some(file) = &self.file else {
            screen.print(|out| out.write_all(&bytes))?;
            return Ok(Written { file: None, sha256 });
        };
        let written = output::write(file, self.existing, Privacy::Wanted, &bytes, |_| Ok(()))?;
        // Others may read what is going to be sent.
        let warnings = written
            .warnings
            .iter()
            .filter(|one| one.code != Code::NotPrivate);
        for warning in warnings {
            screen.warn_unless_json(&warning.about(file.display()).text);
        }
        if let Some(error) = written.not_synced() {
            return Err(error.into());
        }
        Ok(Written {
            file: Some(written.file),
            sha256,
        })
    }
}

impl Written {
    /// Tells of the file alone.
    pub(super) fn tell(&self, screen: &Screen) -> Result<(), Error> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let name = file.to_string_lossy();
        match screen.json {
            true => screen.print_json(
                &Object::new("certstow.request-file/1")
                    .with("file", &name)
                    .with("sha256", &names::hex(&self.sha256)),
            ),
            false => screen.print_done(|out| writeln!(out, "Wrote the request to {}", safe(&name))),
        }
    }
}

/// The request in a form.
pub(super) fn bytes(request: &CertificationRequest, form: Form) -> Vec<u8> {
    match form {
        Form::Pem => request.to_pem().into_bytes(),
        Form::Der => request.der().to_vec(),
    }
}

/// What there is to tell of a request.
pub(crate) struct Report {
    pub(crate) request: CertificationRequest,
    certificate: Certificate,
    store: String,
    /// What a person calls it.
    label: String,
    kept: Kept,
    copies: Vec<Saved>,
    /// Whether the key is a new one, so that nothing else has it.
    new_key: bool,
}

impl Report {
    pub(crate) fn new(store: &StoreSpec, label: Option<&str>, made: &Made, kept: Kept) -> Self {
        let label = label.map(str::to_owned);
        Self {
            label: label.unwrap_or_else(|| made.certificate.parse().label()),
            request: made.request.clone(),
            certificate: made.certificate.clone(),
            store: store.to_string(),
            kept,
            copies: Vec::new(),
            new_key: true,
        }
    }

    /// Notes that the key is that of another certificate.
    pub(super) fn with_same_key(mut self) -> Self {
        self.new_key = false;
        self
    }

    /// Warns that the key is not encrypted in its file.
    pub(super) fn with_open_key(mut self) -> Self {
        let text = "the private key is not encrypted: everybody who can read its file has it";
        self.kept
            .warnings
            .push(Warning::new(Code::KeysInClear, text));
        self
    }

    /// Warns of what is not asked for.
    pub(crate) fn with_warnings(mut self, warnings: Vec<Warning>) -> Self {
        self.kept.warnings.extend(warnings);
        self
    }

    pub(super) fn record(&self, screen: &Screen) {
        let entry = Entry::requested(&self.label)
            .with("thumbprint", names::thumbprint(&self.certificate))
            .with("place", self.kept.place.as_str())
            .with("store", self.store.as_str());
        screen.record(&entry);
    }

    /// Saves the key into the folders of `--backup-to`.
    pub(super) fn save(&mut self, copies: &BackupTo, inventory: &mut Inventory, screen: &Screen) {
        let (saved, warnings) = copies.save(inventory, &self.certificate.id(), screen);
        self.copies = saved;
        self.kept.warnings.extend(warnings);
    }

    /// The same of stores that cannot be listed any more.
    pub(super) fn not_saved(&mut self, copies: &BackupTo, error: &LibraryError) {
        self.copies = copies.failed(error);
    }

    /// Tells it all, with what became of the file.
    ///
    /// # Errors
    /// That of the file: the key is kept, and the request can be had again.
    pub(super) fn tell(self, file: Result<Written, Error>, screen: &Screen) -> Result<Exit, Error> {
        let again = names::thumbprint(&self.certificate);
        let written = file.as_ref().ok();
        let told = self.show(written, screen);
        if file.is_err() || told.is_err() {
            screen.note(&format!(
                "The key is kept. 'certstow request show {} -o FILE' writes the request.",
                &again[..16]
            ));
        }
        file?;
        told?;
        let mut exit = Exit::Done;
        let failed = self
            .copies
            .iter()
            .filter_map(|one| one.result.as_ref().err());
        for error in failed {
            if !screen.json {
                screen.error(error);
            }
            screen.record(&Entry::error(error));
            exit = Exit::Partial;
        }
        if !screen.json {
            let unsaved = self.new_key && self.kept.proof.is_some() && self.copies.is_empty();
            screen.note(&next_step(&again, unsaved));
        }
        Ok(exit)
    }

    fn show(&self, written: Option<&Written>, screen: &Screen) -> Result<(), Error> {
        if screen.json {
            return screen.print_json(&self.json(written));
        }
        let text = self.text(written);
        match written.is_some_and(|written| written.file.is_none()) {
            // The request is there.
            true => text.lines().for_each(|line| screen.note(line)),
            false => screen.print_done(|out| out.write_all(text.as_bytes()))?,
        }
        for warning in &self.kept.warnings {
            screen.warn(&warning.text);
        }
        Ok(())
    }

    fn text(&self, written: Option<&Written>) -> String {
        let mut text = format!(
            "Requested {} ({})\n",
            shortened(&self.label),
            names::thumbprint(&self.certificate)
        );
        let mut field = |name: &str, value: &str| {
            text.push_str(&format!("  {name:<13}{}\n", safe(value)));
        };
        field("store", &self.store);
        field("place", &self.kept.place);
        for (name, value) in fields(&self.request) {
            field(name, &value);
        }
        field(
            "read back",
            self.kept.proof.map_or(
                "listed with its key, which does not leave the store",
                Level::word,
            ),
        );
        for copy in &self.copies {
            if let Ok(file) = &copy.result {
                field("copy", &file.to_string_lossy());
            }
        }
        if let Some(file) = written.and_then(|written| written.file.as_deref()) {
            field("request", &file.to_string_lossy());
        }
        text
    }

    /// `certstow.request/1`.
    fn json(&self, written: Option<&Written>) -> Object {
        let file = written.and_then(|written| written.file.as_deref());
        let object = Object::new("certstow.request/1");
        let kept = Where {
            certificate: &self.certificate,
            store: &self.store,
            place: &self.kept.place,
            label: &self.label,
        };
        described(object, &self.request, &kept)
            .with("proof", &self.kept.proof)
            .with("file", &file.map(Path::to_string_lossy))
            .with(
                "sha256",
                &written.map(|written| names::hex(&written.sha256)),
            )
            .list("backup", self.copies.iter().map(Saved::json))
            .with("warnings", &self.kept.warnings)
    }
}

/// What to do next.
fn next_step(thumbprint: &str, unsaved: bool) -> String {
    let copy = match unsaved {
        true => format!(
            "Save its key before you send it: certstow export {} -o FILE, or run your backup. ",
            &thumbprint[..16]
        ),
        false => String::new(),
    };
    format!("{copy}Send the request to your CA; then: certstow install FILE, with what it returns.")
}

/// What stands in a request, for people.
pub(super) fn fields(request: &CertificationRequest) -> Vec<(&'static str, String)> {
    let subject = names::distinguished_name_of_der(&request.subject_der());
    let subject = match subject.is_empty() {
        true => "(none)".to_owned(),
        false => subject,
    };
    let mut fields = vec![("subject", subject)];
    for (kind, name) in request.alternative_names() {
        fields.push((short(kind), name));
    }
    let usages = request.extended_key_usages();
    fields.push(match usages.is_empty() {
        true => ("purposes", "(none)".to_owned()),
        false => ("purposes", usages.join(", ")),
    });
    let spki = request.spki_der();
    fields.push(("key", names::key_kind(spki)));
    fields.push(("key SHA-256", names::hex(&Sha256::digest(spki))));
    fields
}

fn short(kind: Kind) -> &'static str {
    match kind {
        Kind::Email => "e-mail",
        Kind::Dns => "DNS name",
        Kind::Upn => "account",
        Kind::Ip => "IP address",
        Kind::Uri => "URI",
    }
}

/// Where a request's key waits.
pub(super) struct Where<'a> {
    pub(super) certificate: &'a Certificate,
    pub(super) store: &'a str,
    pub(super) place: &'a str,
    pub(super) label: &'a str,
}

/// What programs are told of a request and where its key waits.
pub(super) fn described(
    object: Object,
    request: &CertificationRequest,
    kept: &Where<'_>,
) -> Object {
    let names = request.alternative_names();
    let of = |kind: Kind| -> Vec<&String> {
        let of_kind = names.iter().filter(|(other, _)| *other == kind);
        of_kind.map(|(_, name)| name).collect()
    };
    let spki = request.spki_der();
    let described = key::describe(spki);
    let key = Object::default()
        .with("algorithm", &described.algorithm)
        .with("bits", &described.bits);
    object
        .with("store", &kept.store)
        .with("place", &kept.place)
        .object("thumbprint", json::thumbprint(kept.certificate))
        .with("label", &kept.label)
        .with(
            "subject",
            &names::distinguished_name_of_der(&request.subject_der()),
        )
        .with("emails", &of(Kind::Email))
        .with("dns_names", &of(Kind::Dns))
        .with("user_principal_names", &of(Kind::Upn))
        .with("ip_addresses", &of(Kind::Ip))
        .with("uris", &of(Kind::Uri))
        .with("eku", &request.extended_key_usages())
        .object("key", key)
        .with("public_key_sha256", &names::hex(&Sha256::digest(spki)))
}
