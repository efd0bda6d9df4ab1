//! The command line, as clap derives it. Parsing decides nothing and touches nothing: what the
//! options mean together is decided by each command.

use std::path::PathBuf;

use certstow::chain::Include;
use certstow::exit::Exit;
use certstow::export::Format;
use certstow::password::Source;
use certstow::pkcs12::attributes::Properties;
use certstow::pkcs12::profile::{Iterations, Profile};
use certstow::pkcs12::target::{self, Target};
use certstow::platform::spec::StoreSpec;
use certstow::select::Filters;
use certstow::time;
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum, ValueHint};

/// Saves certificates with their private keys as PKCS#12 files that are known to restore
#[derive(Debug, Parser)]
#[command(name = "certstow", version, arg_required_else_help = true)]
#[command(subcommand_required = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Report as JSON, times in UTC; errors too, on standard error
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) json: bool,
    /// Say only what was asked for and what went wrong
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Output"
    )]
    pub(crate) quiet: bool,
    /// Explain on standard error what is done
    #[arg(short, long, global = true, help_heading = "Output")]
    pub(crate) verbose: bool,
    /// Never prompt; implied when standard input is no terminal
    #[arg(long, global = true)]
    pub(crate) non_interactive: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List identities: certificates with their private keys
    List(ListArgs),
    /// Show one identity in full
    Show(ShowArgs),
    /// Save one identity to a file, and prove that the file restores it
    Export(ExportArgs),
    /// Grade PKCS#12 files; with their password, prove that they restore
    Check(CheckArgs),
    /// List the stores of this machine, reachable or not, and why not
    Stores,
    /// Print the completion script of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a folder
    Man {
        /// The folder, which is made if need be
        #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
        folder: PathBuf,
    },
}

/// Which stores to look in, and how to open what is locked there.
#[derive(Debug, Args)]
pub(crate) struct StoreArgs {
    /// A store to look in: windows:CurrentUser\My, keychain:login, dotnet:My, file:DIR, or a path;
    /// repeatable [default: all found]
    #[arg(long = "store", value_name = "SPEC", help_heading = "Stores")]
    pub(crate) stores: Vec<StoreSpec>,
    /// Read the password of locked keys from a file; - is standard input
    #[arg(long, value_name = "FILE", group = "unlock", help_heading = "Stores")]
    pub(crate) unlock_password_file: Option<PathBuf>,
    /// Take the password of locked keys from an environment variable
    #[arg(long, value_name = "NAME", group = "unlock", help_heading = "Stores")]
    pub(crate) unlock_password_env: Option<String>,
    /// Read the password of locked keys from an open file descriptor
    #[arg(long, value_name = "N", group = "unlock", help_heading = "Stores")]
    pub(crate) unlock_password_fd: Option<i32>,
}

impl StoreArgs {
    pub(crate) fn unlock(&self) -> Option<Source> {
        source(
            self.unlock_password_file.as_ref(),
            self.unlock_password_env.as_ref(),
            self.unlock_password_fd,
        )
    }
}

/// Where the password of a file comes from.
#[derive(Debug, Args)]
pub(crate) struct PasswordArgs {
    /// Read the password from a file; - is standard input
    #[arg(
        long,
        value_name = "FILE",
        group = "password",
        help_heading = "Password"
    )]
    pub(crate) password_file: Option<PathBuf>,
    /// Take the password from an environment variable
    #[arg(
        long,
        value_name = "NAME",
        group = "password",
        help_heading = "Password"
    )]
    pub(crate) password_env: Option<String>,
    /// Read the password from an open file descriptor
    #[arg(long, value_name = "N", group = "password", help_heading = "Password")]
    pub(crate) password_fd: Option<i32>,
    /// Accept the empty password
    #[arg(long, help_heading = "Password")]
    pub(crate) allow_empty_password: bool,
}

impl PasswordArgs {
    pub(crate) fn source(&self) -> Option<Source> {
        source(
            self.password_file.as_ref(),
            self.password_env.as_ref(),
            self.password_fd,
        )
    }
}

fn source(file: Option<&PathBuf>, env: Option<&String>, fd: Option<i32>) -> Option<Source> {
    match (file, env, fd) {
        (Some(file), ..) if file.as_os_str() == "-" => Some(Source::Stdin),
        (Some(file), ..) => Some(Source::File(file.clone())),
        (_, Some(name), _) => Some(Source::Env(name.clone())),
        (.., Some(0)) => Some(Source::Stdin),
        (.., Some(fd)) => Some(Source::Fd(fd)),
        _ => None,
    }
}

/// Conditions that narrow what is looked at; all have to hold.
#[derive(Debug, Args)]
pub(crate) struct FilterArgs {
    /// Text in the subject
    #[arg(long, value_name = "TEXT", help_heading = "Filters")]
    subject: Option<String>,
    /// Text in the issuer
    #[arg(long, value_name = "TEXT", help_heading = "Filters")]
    issuer: Option<String>,
    /// Text in an e-mail address
    #[arg(long, value_name = "TEXT", help_heading = "Filters")]
    email: Option<String>,
    /// The serial number in hexadecimal
    #[arg(long, value_name = "HEX", help_heading = "Filters")]
    serial: Option<String>,
    /// An extended key usage: clientAuth, emailProtection, ..., or an object identifier
    #[arg(long, value_name = "USAGE", help_heading = "Filters")]
    eku: Option<String>,
    /// Text in the label
    #[arg(long, value_name = "TEXT", help_heading = "Filters")]
    label: Option<String>,
    /// Valid now and expiring within this time: 12h, 30d, 8w, 1y
    #[arg(long, value_name = "TIME", value_parser = time::parse_span, help_heading = "Filters")]
    expires_within: Option<i64>,
    /// Expired
    #[arg(long, conflicts_with_all = ["valid", "expires_within"], help_heading = "Filters")]
    expired: bool,
    /// Valid now
    #[arg(long, help_heading = "Filters")]
    valid: bool,
}

impl FilterArgs {
    pub(crate) fn filters(&self) -> Filters {
        Filters {
            subject: self.subject.clone(),
            issuer: self.issuer.clone(),
            email: self.email.clone(),
            serial: self.serial.clone(),
            eku: self.eku.clone(),
            label: self.label.clone(),
            expires_within: self.expires_within,
            expired: self.expired,
            valid: self.valid,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// List certificates without a private key, and archived ones, too
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) filters: FilterArgs,
    #[command(flatten)]
    pub(crate) stores: StoreArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SelectArgs {
    /// Which identity: the first digits of its thumbprint (6 or more), or text in its label,
    /// subject, e-mail addresses or DNS names
    #[arg(required_unless_present_any = [
        "subject", "issuer", "email", "serial", "eku", "label", "expires_within", "expired", "valid",
    ])]
    pub(crate) selector: Option<String>,
    /// Of several that match, take the one issued last
    #[arg(long)]
    pub(crate) newest: bool,
    #[command(flatten)]
    pub(crate) filters: FilterArgs,
    #[command(flatten)]
    pub(crate) stores: StoreArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub(crate) select: SelectArgs,
}

#[derive(Debug, Args)]
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
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The files
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
    /// Ask for the password at the terminal
    #[arg(long, group = "password", help_heading = "Password")]
    pub(crate) ask_password: bool,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
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
        format!("known are {}", known.join(", "))
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

/// The command line with the exit codes in its help.
pub(crate) fn command() -> clap::Command {
    let codes = exit_codes();
    Cli::command()
        .after_long_help(codes.clone())
        .mut_subcommands(|command| command.after_long_help(codes.clone()))
}

fn exit_codes() -> String {
    let mut text = "Exit codes:".to_owned();
    for exit in Exit::ALL {
        text.push_str(&format!("\n  {:>3}  {}", exit.code(), exit.meaning()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(std::iter::once("certstow").chain(words.split(' ')))
    }

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn one_source_of_a_password_at_most() {
        assert!(parse("export alice --password-file f").is_ok());
        assert!(parse("export alice --password-file f --password-env E").is_err());
        assert!(parse("list --unlock-password-fd 3 --unlock-password-env E").is_err());
    }

    #[test]
    fn an_export_says_what_to_export() {
        assert!(parse("export").is_err());
        assert!(parse("export --email alice@example.org").is_ok());
        assert!(parse("export alice --for windows2016 --profile modern").is_err());
    }

    #[test]
    fn iterations_stay_within_what_windows_imports() {
        assert!(parse("export a --iterations 600000").is_ok());
        assert!(parse("export a --iterations 600001").is_err());
    }

    #[test]
    fn no_option_takes_the_password_itself() {
        for subcommand in command().get_subcommands() {
            for argument in subcommand.get_arguments() {
                let name = argument.get_long().unwrap_or_default();
                assert!(
                    !name.ends_with("password") || !argument.get_action().takes_values(),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn help_lists_every_exit_code() {
        let help = command().render_long_help().to_string();
        for exit in Exit::ALL {
            assert!(help.contains(exit.meaning()), "{exit:?}");
        }
    }
}
