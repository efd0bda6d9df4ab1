//! A request step by step: what a person is asked for where no option says it.

use std::path::PathBuf;

use certstow_formats::alternative_name::{AlternativeName, Kind as NameKind};
use certstow_formats::key::generate::Kind;
use certstow_formats::names::{DistinguishedName, Parts, usage_oid};
use certstow_platform::store::Interaction;

use super::wanted::Wanted;
use crate::args::RequestArgs;
use crate::error::Error;
use crate::prompt;
use crate::screen::Screen;
use crate::typed_path::typed_path;

/// What the certificate may be for, with its usages; the first three by what people say.
const PURPOSES: [(&str, &[&str]); 4] = [
    (
        "e-mail, and logging in (emailProtection, clientAuth)",
        &["emailProtection", "clientAuth"],
    ),
    ("logging in alone (clientAuth)", &["clientAuth"]),
    ("a server (serverAuth)", &["serverAuth"]),
    ("the CA decides", &[]),
];

/// Kinds of keys to choose from, the usual one first.
const KINDS: [(Kind, &str); 4] = [
    (
        Kind::Rsa3072,
        "RSA 3072: every CA and every program takes it",
    ),
    (Kind::Rsa4096, "RSA 4096"),
    (Kind::P256, "ECDSA P-256"),
    (Kind::P384, "ECDSA P-384"),
];

/// Asks for names and purposes, and the kind of the key unless an option names another than the usual one.
///
/// # Errors
/// [`Error::Unanswered`]: nobody may be asked.
pub(super) fn names(args: &RequestArgs, screen: &Screen) -> Result<(Wanted, Kind), Error> {
    if screen.interaction() == Interaction::Never {
        return Err(Error::Unanswered {
            what: "a name for the certificate".to_owned(),
            option: "NAME, --subject, --email or --dns",
        });
    }
    let question = "Your name, or the server's, as the certificate is to have it:";
    let subject = prompt::text(question, screen, |name| {
        let name = (!name.is_empty()).then_some(name);
        let subject = DistinguishedName::from_parts(&Parts {
            name: Some(name.ok_or("a name is needed")?),
            ..Parts::default()
        });
        subject.map_err(|error| error.to_string())
    })?;
    let mut alternative_names = Vec::new();
    alternative_names.extend(name_of(
        "E-mail address (empty for none):",
        NameKind::Email,
        screen,
    )?);
    let purposes = PURPOSES.map(|(words, _)| words.to_owned());
    let purpose = PURPOSES[prompt::choose("What is it for?", &purposes, screen)?].1;
    if purpose.contains(&"serverAuth") {
        alternative_names.extend(name_of(
            "Its DNS name (empty for none):",
            NameKind::Dns,
            screen,
        )?);
    }
    let usages = match args.names.eku.is_empty() {
        true => purpose
            .iter()
            .filter_map(|name| usage_oid(name).ok())
            .collect(),
        false => args.names.eku.clone(),
    };
    let kind = match args.new.key == Kind::default() {
        true => {
            let kinds = KINDS.map(|(_, words)| words.to_owned());
            KINDS[prompt::choose("Which kind of key?", &kinds, screen)?].0
        }
        false => args.new.key,
    };
    let wanted = Wanted {
        subject,
        alternative_names,
        usages,
        template: args.names.template.clone(),
        challenge: None,
    };
    Ok((wanted, kind))
}

fn name_of(
    question: &str,
    kind: NameKind,
    screen: &Screen,
) -> Result<Option<AlternativeName>, Error> {
    prompt::text(question, screen, |text| match text {
        "" => Ok(None),
        text => AlternativeName::new(kind, text)
            .map(Some)
            .map_err(|error| error.to_string()),
    })
}

/// Asks whether the key is to be saved at once, and where.
pub(super) fn folders(screen: &Screen) -> Result<Vec<PathBuf>, Error> {
    let question = "Save a copy of the key at once? Without the key, the certificate is of no use.";
    if !prompt::yes_or_no(question, true, screen)? {
        return Ok(Vec::new());
    }
    let folder = prompt::place(
        "Folder for the copy, such as one on a USB drive:",
        screen,
        |text| match text {
            "" => Err("a folder has to be named".to_owned()),
            text => Ok(typed_path(text)),
        },
    )?;
    Ok(vec![folder])
}
