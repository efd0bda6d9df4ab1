//! Which stores are meant, and where passwords come from.

use std::path::{Path, PathBuf};

use certstow_core::password::Source;
use certstow_platform::os::CommandLine;
use certstow_platform::spec::StoreSpec;
use certstow_platform::vault::Name;
use clap::builder::{PathBufValueParser, RangedI64ValueParser, StringValueParser};
use clap::{Args, ValueHint};

use super::command::CommandParser;
use super::of_store::{Nameable, OfStore, OfStoreParser};
use super::spec::SpecParser;
use crate::error::Error;

/// Which stores to look in, and how to open what is locked there.
#[derive(Debug, Clone, PartialEq, Args)]
pub(crate) struct StoreArgs {
    /// A store to look in: windows:CurrentUser\My, keychain:login, dotnet:My, nss:DIR (a profile of
    /// Firefox), nss: (all profiles), file:DIR, or a path; repeatable [default: all found]
    #[arg(long = "store", value_name = "SPEC", value_parser = SpecParser, help_heading = "Stores")]
    pub(crate) stores: Vec<StoreSpec>,
    /// Read a password of locked keys from a file; - is standard input; SPEC=FILE gives it to that
    /// --store alone, or to one that 'certstow stores' shows; repeatable
    #[arg(
        long,
        value_name = "FILE",
        value_parser = OfStoreParser(PathBufValueParser::new()),
        help_heading = "Stores",
        hide_short_help = true
    )]
    pub(crate) unlock_password_file: Vec<OfStore<PathBuf>>,
    /// Take a password of locked keys from an environment variable, also as SPEC=NAME; repeatable
    #[arg(
        long,
        value_name = "NAME",
        value_parser = OfStoreParser(StringValueParser::new()),
        help_heading = "Stores",
        hide_short_help = true
    )]
    pub(crate) unlock_password_env: Vec<OfStore<String>>,
    /// Read a password of locked keys from an open file descriptor, also as SPEC=N; repeatable
    #[arg(
        long,
        value_name = "N",
        value_parser = OfStoreParser(RangedI64ValueParser::<i32>::new()),
        help_heading = "Stores",
        hide_short_help = true
    )]
    pub(crate) unlock_password_fd: Vec<OfStore<i32>>,
    /// Take a password of locked keys from the operating system's vault, also as SPEC=NAME; repeatable
    #[arg(
        long,
        value_name = "NAME",
        value_parser = OfStoreParser(str::parse::<Name>),
        help_heading = "Stores",
        hide_short_help = true
    )]
    pub(crate) unlock_password_vault: Vec<OfStore<Name>>,
    /// Take a password of locked keys from the first line that a command prints, also as SPEC=CMD;
    /// repeatable
    #[arg(
        long,
        value_name = "CMD",
        value_parser = OfStoreParser(CommandParser),
        value_hint = ValueHint::CommandString,
        help_heading = "Stores",
        hide_short_help = true
    )]
    pub(crate) unlock_password_command: Vec<OfStore<CommandLine>>,
}

/// Where a password of locked keys comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UnlockSource {
    pub(crate) source: Source,
    /// The only store that it is for.
    pub(crate) store: Option<StoreSpec>,
}

impl StoreArgs {
    /// The passwords of locked keys, in the order of the help.
    ///
    /// # Errors
    /// [`Error::Usage`]: a value begins with what is no store, and makes no sense otherwise.
    pub(crate) fn unlock(&self) -> Result<Vec<UnlockSource>, Error> {
        let file = |file: PathBuf| of_file(&file);
        let found = [
            self.of("file", &self.unlock_password_file, file)?,
            self.of("env", &self.unlock_password_env, Source::Env)?,
            self.of("fd", &self.unlock_password_fd, of_descriptor)?,
            self.of("vault", &self.unlock_password_vault, Source::Vault)?,
            self.of("command", &self.unlock_password_command, Source::Command)?,
        ];
        Ok(found.concat())
    }

    /// The same with this as the one store, and without the passwords that are for another.
    pub(crate) fn with_one_store(&self, store: StoreSpec) -> Self {
        let stores = Nameable {
            beside: &self.stores,
            elsewhere: &[],
        };
        Self {
            unlock_password_file: for_any(&self.unlock_password_file, &stores),
            unlock_password_env: for_any(&self.unlock_password_env, &stores),
            unlock_password_fd: for_any(&self.unlock_password_fd, &stores),
            unlock_password_vault: for_any(&self.unlock_password_vault, &stores),
            unlock_password_command: for_any(&self.unlock_password_command, &stores),
            stores: vec![store],
        }
    }

    /// Every environment variable that may hold one of these passwords.
    pub(crate) fn unlock_variables(&self) -> impl Iterator<Item = &String> {
        self.unlock_password_env.iter().flat_map(OfStore::each)
    }

    fn of<T: Clone>(
        &self,
        kind: &str,
        values: &[OfStore<T>],
        source: impl Fn(T) -> Source,
    ) -> Result<Vec<UnlockSource>, Error> {
        let stores = Nameable {
            beside: &self.stores,
            elsewhere: &[],
        };
        let found = values.iter().map(|value| {
            let (store, value) = value.among(&stores).ok_or_else(|| {
                Error::Usage(format!(
                    "--unlock-password-{kind}: what stands before '=' is neither a --store of this \
                     command, as it is written there, nor a name that 'certstow stores' shows"
                ))
            })?;
            Ok(UnlockSource {
                source: source(value),
                store: store.or_else(|| self.only_token()),
            })
        });
        found.collect()
    }

    /// The one store named, if it counts what is tried on it: what names no store is meant for it then,
    /// and otherwise never tried on such a one.
    fn only_token(&self) -> Option<StoreSpec> {
        match self.stores.as_slice() {
            [store] if store.counts_wrong_tries() => Some(store.clone()),
            _ => None,
        }
    }
}

/// Those that are for no store alone.
fn for_any<T: Clone>(values: &[OfStore<T>], stores: &Nameable<'_>) -> Vec<OfStore<T>> {
    let is_for_any = |value: &&OfStore<T>| matches!(value.among(stores), Some((None, _)));
    values.iter().filter(is_for_any).cloned().collect()
}

/// Where the password of a file comes from.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Password")]
pub(crate) struct PasswordArgs {
    /// Read the password from a file; - is standard input
    #[arg(long, value_name = "FILE", group = "password")]
    pub(crate) password_file: Option<PathBuf>,
    /// Take the password from an environment variable
    #[arg(long, value_name = "NAME", group = "password", hide_short_help = true)]
    pub(crate) password_env: Option<String>,
    /// Read the password from an open file descriptor
    #[arg(long, value_name = "N", group = "password", hide_short_help = true)]
    pub(crate) password_fd: Option<i32>,
    /// Take the password from the operating system's vault ('certstow password set'), or from
    /// systemd's credentials
    #[arg(long, value_name = "NAME", group = "password")]
    pub(crate) password_vault: Option<Name>,
    /// Take the password from the first line that a command prints, such as 'pass show backup'; it is
    /// run without a shell
    #[arg(
        long,
        value_name = "CMD",
        value_parser = CommandParser,
        value_hint = ValueHint::CommandString,
        group = "password"
    )]
    pub(crate) password_command: Option<CommandLine>,
    /// Accept the empty password
    #[arg(long, hide_short_help = true)]
    pub(crate) allow_empty_password: bool,
}

impl PasswordArgs {
    pub(crate) fn source(&self) -> Option<Source> {
        let file = self.password_file.as_deref().map(of_file);
        file.or_else(|| self.password_env.clone().map(Source::Env))
            .or_else(|| self.password_fd.map(of_descriptor))
            .or_else(|| self.password_vault.clone().map(Source::Vault))
            .or_else(|| self.password_command.clone().map(Source::Command))
    }
}

pub(super) fn of_file(file: &Path) -> Source {
    match file.as_os_str() == "-" {
        true => Source::Stdin,
        false => Source::File(file.to_owned()),
    }
}

fn of_descriptor(number: i32) -> Source {
    match number {
        0 => Source::Stdin,
        number => Source::Fd(number),
    }
}

#[cfg(test)]
mod tests {
    use clap::{Command, FromArgMatches as _};

    use super::*;

    fn parse(words: &[&str]) -> Result<StoreArgs, clap::Error> {
        let command = StoreArgs::augment_args(Command::new("list").no_binary_name(true));
        StoreArgs::from_arg_matches(&command.try_get_matches_from(words)?)
    }

    fn unlock(words: &[&str]) -> Result<Vec<UnlockSource>, Error> {
        parse(words).unwrap().unlock()
    }

    fn only(words: &[&str]) -> UnlockSource {
        match unlock(words).as_deref() {
            Ok([one]) => one.clone(),
            other => panic!("{words:?}: {other:?}"),
        }
    }

    #[test]
    fn unlock_gives_a_token_what_names_no_store_if_it_is_the_only_store() {
        let token = "pkcs11:token=Ada";
        let store =
            |words: &[&str]| only(&[words, &["--unlock-password-file", "pin"]].concat()).store;
        assert_eq!(store(&["--store", token]), Some(token.parse().unwrap()));
        assert_eq!(store(&["--store", token, "--store", "certs"]), None);
        assert_eq!(store(&["--store", "certs"]), None);
        assert_eq!(store(&[]), None);
    }

    #[test]
    fn unlock_gives_each_kind_its_store() {
        let store = || Some("nss:a".parse().unwrap());
        for (option, value, source) in [
            ("file", "b=c", Source::File("b=c".into())),
            ("file", "-", Source::Stdin),
            ("env", "B", Source::Env("B".to_owned())),
            ("fd", "3", Source::Fd(3)),
            ("fd", "0", Source::Stdin),
            ("vault", "b", Source::Vault("b".parse().unwrap())),
            (
                "command",
                "b 'c=d'",
                Source::Command("b 'c=d'".parse().unwrap()),
            ),
        ] {
            let option = format!("--unlock-password-{option}");
            let of_any = only(&["--store", "nss:a", &option, value]);
            let expected = UnlockSource {
                source,
                store: None,
            };
            assert_eq!(of_any, expected);
            let of_one = only(&["--store", "nss:a", &option, &format!("nss:a={value}")]);
            assert_eq!(
                of_one,
                UnlockSource {
                    store: store(),
                    ..expected
                }
            );
        }
    }

    #[test]
    fn unlock_takes_what_names_no_store_as_a_whole() {
        for (stores, value) in [
            (&[][..], "nss:a=b"),
            (&["--store", "nss:c"], "nss:a=b"),
            (&["--store", r"C:\a"], r"C:\a=b=c\d"),
            (&[], r"C:\a=b"),
            (&[], "a=b"),
        ] {
            let words = [stores, &["--unlock-password-file", value]].concat();
            let whole = only(&words);
            match stores {
                ["--store", r"C:\a"] => assert_eq!(whole.source, Source::File(r"b=c\d".into())),
                _ => assert_eq!(
                    (whole.source, whole.store),
                    (Source::File(value.into()), None)
                ),
            }
        }
    }

    /// Neither the value of an environment variable nor a part of a command is repeated.
    #[test]
    fn unlock_refuses_what_is_no_value_without_its_store() {
        for (option, value) in [
            ("--unlock-password-fd", "nss:hidden=3"),
            ("--unlock-password-vault", "nss:hidden=a"),
            ("--unlock-password-command", "say \"hidden=3"),
        ] {
            let Err(Error::Usage(told)) = unlock(&[option, value]) else {
                panic!("{value}");
            };
            assert!(
                told.starts_with(option) && !told.contains("hidden"),
                "{told}"
            );
        }
        for (option, value) in [
            ("--unlock-password-fd", "a=b"),
            ("--unlock-password-vault", "a=b c"),
            ("--unlock-password-file", ""),
        ] {
            assert!(parse(&["--store", "a", option, value]).is_err(), "{value}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn unlock_keeps_files_that_are_no_unicode() {
        use std::ffi::OsString;
        use std::os::unix::ffi::OsStringExt as _;

        let file = OsString::from_vec(b"/\xff".to_vec());
        let mut value = OsString::from("nss:a=");
        value.push(&file);
        let words = ["--store", "nss:a", "--unlock-password-file"].map(OsString::from);
        let command = StoreArgs::augment_args(Command::new("list").no_binary_name(true));
        let matches = command.get_matches_from(words.into_iter().chain([value]));
        let args = StoreArgs::from_arg_matches(&matches).unwrap();
        let expected = UnlockSource {
            source: Source::File(file.into()),
            store: Some("nss:a".parse().unwrap()),
        };
        assert_eq!(args.unlock().unwrap(), [expected]);
    }

    #[test]
    fn with_one_store_leaves_out_passwords_of_others() {
        let args = parse(&[
            "--store",
            "nss:a",
            "--unlock-password-env",
            "nss:a=A",
            "--unlock-password-env",
            "B",
        ]);
        let one = args.unwrap().with_one_store("b.p12".parse().unwrap());
        let expected = UnlockSource {
            source: Source::Env("B".to_owned()),
            store: None,
        };
        assert_eq!(one.unlock().unwrap(), [expected]);
    }
}
