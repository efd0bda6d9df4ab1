//! The keys of the file, as TOML has them, and what each value means.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use certstow_platform::spec::StoreSpec;
use certstow_platform::vault::Name;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::Settings;
use crate::nearest;
use crate::password::Source;
use crate::select::Filters;
use crate::time;
use certstow_formats::chain::Include;
use certstow_formats::pkcs12::attributes::Properties;
use certstow_formats::pkcs12::profile::{Iterations, Profile};
use certstow_formats::pkcs12::target::{self, Target};

/// The keys of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Keys {
    #[serde(deserialize_with = "one_or_more")]
    to: Vec<PathBuf>,
    #[serde(deserialize_with = "stores")]
    store: Vec<StoreSpec>,
    rewrite: bool,
    #[serde(deserialize_with = "span")]
    prune_expired: Option<i64>,
    accept_empty: bool,
    skip_not_exportable: bool,
    allow_unproven: bool,
    require_private: bool,
    #[serde(deserialize_with = "chain")]
    chain: Option<Include>,
    #[serde(deserialize_with = "properties")]
    properties: Option<Properties>,
    #[serde(deserialize_with = "profile")]
    profile: Option<Profile>,
    #[serde(deserialize_with = "program")]
    r#for: Option<&'static Target>,
    #[serde(deserialize_with = "iterations")]
    iterations: Option<Iterations>,
    escrow: Option<PathBuf>,
    password_file: Option<PathBuf>,
    password_env: Option<String>,
    password_fd: Option<i32>,
    #[serde(deserialize_with = "name")]
    password_vault: Option<Name>,
    allow_empty_password: bool,
    unlock_password_file: Option<PathBuf>,
    unlock_password_env: Option<String>,
    unlock_password_fd: Option<i32>,
    #[serde(deserialize_with = "name")]
    unlock_password_vault: Option<Name>,
    subject: Option<String>,
    issuer: Option<String>,
    email: Option<String>,
    serial: Option<String>,
    eku: Option<String>,
    label: Option<String>,
    #[serde(deserialize_with = "span")]
    expires_within: Option<i64>,
    expired: bool,
    valid: bool,
}

impl Keys {
    /// Two keys that exclude each other, as their options do.
    pub(super) fn exclusive(&self) -> Option<(&'static str, &'static str)> {
        let form = [
            (self.profile.is_some(), "profile"),
            (self.r#for.is_some(), "for"),
        ];
        let password = [
            (self.password_file.is_some(), "password-file"),
            (self.password_env.is_some(), "password-env"),
            (self.password_fd.is_some(), "password-fd"),
            (self.password_vault.is_some(), "password-vault"),
            (self.escrow.is_some(), "escrow"),
        ];
        let empty = [
            (self.allow_empty_password, "allow-empty-password"),
            (self.escrow.is_some(), "escrow"),
        ];
        let unlock = [
            (self.unlock_password_file.is_some(), "unlock-password-file"),
            (self.unlock_password_env.is_some(), "unlock-password-env"),
            (self.unlock_password_fd.is_some(), "unlock-password-fd"),
            (
                self.unlock_password_vault.is_some(),
                "unlock-password-vault",
            ),
        ];
        let valid = [(self.expired, "expired"), (self.valid, "valid")];
        let within = [
            (self.expired, "expired"),
            (self.expires_within.is_some(), "expires-within"),
        ];
        let groups: [&[(bool, &'static str)]; 6] =
            [&form, &password, &empty, &unlock, &valid, &within];
        groups.into_iter().find_map(|group| {
            let mut given = group.iter().filter(|(given, _)| *given);
            Some((given.next()?.1, given.next()?.1))
        })
    }

    pub(super) fn settings(self, folder: &Path) -> Settings {
        let at = |path: PathBuf| folder.join(path);
        let file = |file: PathBuf| match file.as_os_str() {
            name if name == "-" => Source::Stdin,
            _ => Source::File(folder.join(file)),
        };
        let password = (self.password_file.map(file))
            .or(self.password_fd.map(descriptor))
            .or(self.password_env.map(Source::Env))
            .or(self.password_vault.map(Source::Vault));
        let unlock = (self.unlock_password_file.map(file))
            .or(self.unlock_password_fd.map(descriptor))
            .or(self.unlock_password_env.map(Source::Env))
            .or(self.unlock_password_vault.map(Source::Vault));
        Settings {
            to: self.to.into_iter().map(at).collect(),
            stores: self
                .store
                .into_iter()
                .map(|store| store.clone().resolved(folder).unwrap_or(store))
                .collect(),
            rewrite: self.rewrite,
            prune_expired: self.prune_expired,
            accept_empty: self.accept_empty,
            skip_not_exportable: self.skip_not_exportable,
            allow_unproven: self.allow_unproven,
            require_private: self.require_private,
            chain: self.chain,
            properties: self.properties,
            profile: self.profile,
            target: self.r#for,
            iterations: self.iterations,
            escrow: self.escrow.map(at),
            password,
            allow_empty_password: self.allow_empty_password,
            unlock,
            filters: Filters {
                subject: self.subject,
                issuer: self.issuer,
                email: self.email,
                serial: self.serial,
                eku: self.eku,
                label: self.label,
                expires_within: self.expires_within,
                expired: self.expired,
                valid: self.valid,
            },
        }
    }
}

fn descriptor(number: i32) -> Source {
    match number {
        0 => Source::Stdin,
        number => Source::Fd(number),
    }
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a text, or a list of texts, is needed")]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::More(more) => more,
        }
    }
}

fn one_or_more<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PathBuf>, D::Error> {
    let texts = OneOrMore::deserialize(from)?.into_vec();
    Ok(texts.into_iter().map(PathBuf::from).collect())
}

fn stores<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<StoreSpec>, D::Error> {
    let texts = OneOrMore::deserialize(from)?.into_vec();
    let specs = texts
        .iter()
        .map(|text| text.parse().map_err(D::Error::custom));
    specs.collect()
}

fn span<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    of_text(from, time::parse_span)
}

fn chain<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Include>, D::Error> {
    let known = [
        ("full", Include::Full),
        ("no-root", Include::NoRoot),
        ("none", Include::None),
    ];
    of_text(from, |text| one_of(text, known))
}

fn properties<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Properties>, D::Error> {
    let known = [
        ("portable", Properties::Portable),
        ("all", Properties::All),
        ("none", Properties::None),
    ];
    of_text(from, |text| one_of(text, known))
}

fn profile<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Profile>, D::Error> {
    of_text(from, |text| {
        one_of(text, Profile::ALL.map(|profile| (profile.name(), profile)))
    })
}

fn program<'de, D: Deserializer<'de>>(from: D) -> Result<Option<&'static Target>, D::Error> {
    of_text(from, |text| {
        target::find(text).ok_or_else(|| {
            match nearest::nearest(text, target::targets(), |target| target.name) {
                Some(meant) => format!(
                    "no program is known as '{text}': did you mean {}?",
                    meant.name
                ),
                None => format!("no program is known as '{text}'"),
            }
        })
    })
}

fn name<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Name>, D::Error> {
    of_text(from, str::parse)
}

fn iterations<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Iterations>, D::Error> {
    let number = u32::deserialize(from)?;
    Iterations::new(number).map(Some).map_err(D::Error::custom)
}

fn of_text<'de, D: Deserializer<'de>, T, E: Display>(
    from: D,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(from)?;
    read(&text).map(Some).map_err(D::Error::custom)
}

fn one_of<T: Copy, const N: usize>(text: &str, known: [(&str, T); N]) -> Result<T, String> {
    let found = known.iter().find(|(name, _)| *name == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        format!("'{text}' is none of {}", names.join(", "))
    })
}
