//! What a certificate is requested for, with which key, and where that waits.

use std::path::PathBuf;

use certstow_core::password::Source;
use certstow_formats::alternative_name::{AlternativeName, Kind as NameKind};
use certstow_formats::key::generate::Kind;
use certstow_formats::names::{DistinguishedName, ObjectIdentifier, usage_oid};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueHint};

use super::filter::SelectArgs;
use super::store::{PasswordArgs, StoreArgs, of_file};
use super::words::{Words, one_of};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct RequestCommand {
    #[command(subcommand)]
    pub(crate) action: Option<RequestAction>,
    #[command(flatten)]
    pub(crate) make: RequestArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RequestAction {
    /// List the requests that no CA has answered yet
    List(StoreArgs),
    /// Print a request again
    Show(RequestShowArgs),
    /// Forget a request, and delete its private key
    Forget(RequestForgetArgs),
}

#[derive(Debug, Args)]
#[command(mut_arg("stores", |store| store.help(
    "The store that keeps the key: windows:CurrentUser\\My, keychain:login, file:DIR, or a folder, which \
     is made if need be [default: asks at a terminal, else your personal store]"
)))]
pub(crate) struct RequestArgs {
    #[command(flatten)]
    pub(crate) names: NameArgs,
    /// The friendly name in the store
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Option<String>,
    #[command(flatten)]
    pub(crate) new: NewRequestArgs,
    #[command(flatten)]
    pub(crate) stores: StoreArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RenewArgs {
    /// Keep the private key, and make no new one
    #[arg(long, conflicts_with_all = ["key", "not_exportable"])]
    pub(crate) same_key: bool,
    /// Another subject than that of the certificate, by RFC 4514: CN=Ada Example,O=Example,C=DE
    #[arg(long, value_name = "DN")]
    pub(crate) new_subject: Option<DistinguishedName>,
    #[command(flatten)]
    pub(crate) new: NewRequestArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
}

/// Whom or what the certificate is for.
#[derive(Debug, Args)]
#[command(next_help_heading = "Names and purposes")]
pub(crate) struct NameArgs {
    /// The common name: a person's, or a server's
    #[arg(value_name = "NAME", conflicts_with_all = ["common_name", "subject"])]
    pub(crate) typed_name: Option<String>,
    /// The same as an option
    #[arg(long = "name", value_name = "NAME", conflicts_with = "subject")]
    pub(crate) common_name: Option<String>,
    /// The whole subject by RFC 4514, the most specific part first: CN=Ada Example,O=Example,C=DE
    #[arg(
        long,
        value_name = "DN",
        conflicts_with_all = ["organization", "unit", "locality", "state", "country"]
    )]
    pub(crate) subject: Option<DistinguishedName>,
    /// The organization in the subject
    #[arg(long, value_name = "TEXT")]
    pub(crate) organization: Option<String>,
    /// The organizational unit in the subject
    #[arg(long, value_name = "TEXT")]
    pub(crate) unit: Option<String>,
    /// The town in the subject
    #[arg(long, value_name = "TEXT", hide_short_help = true)]
    pub(crate) locality: Option<String>,
    /// The state or province in the subject
    #[arg(long, value_name = "TEXT", hide_short_help = true)]
    pub(crate) state: Option<String>,
    /// The country in the subject: two letters
    #[arg(long, value_name = "CC")]
    pub(crate) country: Option<String>,
    /// An e-mail address; repeatable
    #[arg(long, value_name = "ADDRESS", value_parser = |text: &str| AlternativeName::new(NameKind::Email, text))]
    pub(crate) email: Vec<AlternativeName>,
    /// A DNS name; repeatable
    #[arg(long, value_name = "HOST", value_parser = |text: &str| AlternativeName::new(NameKind::Dns, text))]
    pub(crate) dns: Vec<AlternativeName>,
    /// The name of an account in Active Directory: ada@corp.example; repeatable
    #[arg(
        long,
        value_name = "ACCOUNT",
        hide_short_help = true,
        value_parser = |text: &str| AlternativeName::new(NameKind::Upn, text)
    )]
    pub(crate) upn: Vec<AlternativeName>,
    /// An IP address; repeatable
    #[arg(
        long,
        value_name = "ADDRESS",
        hide_short_help = true,
        value_parser = |text: &str| AlternativeName::new(NameKind::Ip, text)
    )]
    pub(crate) ip: Vec<AlternativeName>,
    /// A URI; repeatable
    #[arg(
        long,
        value_name = "URI",
        hide_short_help = true,
        value_parser = |text: &str| AlternativeName::new(NameKind::Uri, text)
    )]
    pub(crate) uri: Vec<AlternativeName>,
    /// A purpose, by name (clientAuth, emailProtection, serverAuth) or object identifier; repeatable
    /// [default: emailProtection and clientAuth with --email, serverAuth with --dns]
    #[arg(long, value_name = "PURPOSE", value_parser = |text: &str| usage_oid(text))]
    pub(crate) eku: Vec<ObjectIdentifier>,
    /// The name of a certificate template, which some CAs of Windows read
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub(crate) template: Option<String>,
}

impl NameArgs {
    /// The common name, however it was given.
    pub(crate) fn name(&self) -> Option<&str> {
        let name = self.typed_name.as_deref();
        name.or(self.common_name.as_deref())
    }
}

/// The new private key, and what becomes of it and its request.
#[derive(Debug, Args)]
pub(crate) struct NewRequestArgs {
    /// The kind of the private key
    #[arg(
        long,
        value_name = "KIND",
        default_value_t,
        value_parser = PossibleValuesParser::new(Kind::ALL.map(Kind::word)).try_map(|word| word.parse::<Kind>())
    )]
    pub(crate) key: Kind,
    /// Have the store keep the private key in: it cannot be exported again
    #[arg(long)]
    pub(crate) not_exportable: bool,
    /// Read a challenge password for the CA from a file, or from standard input (-); the request has
    /// it in clear
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, hide_short_help = true)]
    pub(crate) challenge_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) file: RequestFileArgs,
    #[command(flatten)]
    pub(crate) copies: BackupToArgs,
}

impl NewRequestArgs {
    /// Where the challenge password comes from.
    pub(crate) fn challenge_source(&self) -> Option<Source> {
        self.challenge_file.as_deref().map(of_file)
    }
}

/// The file that goes to the CA.
#[derive(Debug, Args)]
pub(crate) struct RequestFileArgs {
    /// The file with the request [default: NAME.csr]; - is standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    /// The form of the file
    #[arg(long, value_name = "FORM", default_value = "pem", value_parser = one_of::<Form>())]
    pub(crate) format: Form,
    /// Replace the file
    #[arg(long)]
    pub(crate) force: bool,
}

/// The form of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Pem,
    Der,
}

impl Words for Form {
    const ALL: &'static [Self] = &[Self::Pem, Self::Der];

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Pem => ("pem", "Text, which every CA takes"),
            Self::Der => ("der", "Bytes"),
        }
    }
}

/// Where the private key is saved at once.
#[derive(Debug, Args)]
pub(crate) struct BackupToArgs {
    /// Save it to this folder at once, as 'backup' does; repeatable
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) backup_to: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}

#[derive(Debug, Args)]
#[command(mut_arg("output", |file| file.help("A file for the request [default: standard output]")))]
pub(crate) struct RequestShowArgs {
    /// Which request: the first digits of its thumbprint (6 or more), or text in its names
    pub(crate) selector: String,
    #[command(flatten)]
    pub(crate) file: RequestFileArgs,
    #[command(flatten)]
    pub(crate) stores: StoreArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RequestForgetArgs {
    /// Which request: the first digits of its thumbprint (6 or more), or text in its names
    pub(crate) selector: String,
    /// Do not ask
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) stores: StoreArgs,
}
