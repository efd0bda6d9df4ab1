//! Which identities are meant.

use certstow_core::select::Filters;
use certstow_core::time;
use clap::{Arg, Args, Command};
use std::time::Duration;

use super::given::{Kind, Typed};
use super::store::StoreArgs;

/// Conditions that narrow what is looked at; all have to hold.
#[derive(Debug, Clone, PartialEq, Args)]
#[group(id = "filters")]
pub(crate) struct FilterArgs {
    /// Text in the subject
    #[arg(
        long,
        value_name = "TEXT",
        help_heading = "Filters",
        hide_short_help = true
    )]
    subject: Option<String>,
    /// Text in the issuer
    #[arg(
        long,
        value_name = "TEXT",
        help_heading = "Filters",
        hide_short_help = true
    )]
    issuer: Option<String>,
    /// Text in an e-mail address or a user principal name
    #[arg(long, value_name = "TEXT", help_heading = "Filters")]
    email: Option<String>,
    /// The serial number in hexadecimal
    #[arg(
        long,
        value_name = "HEX",
        help_heading = "Filters",
        hide_short_help = true
    )]
    serial: Option<String>,
    /// An extended key usage: clientAuth, emailProtection, ..., or an object identifier
    #[arg(
        long,
        value_name = "USAGE",
        help_heading = "Filters",
        hide_short_help = true
    )]
    eku: Option<String>,
    /// Text in the label
    #[arg(
        long,
        value_name = "TEXT",
        help_heading = "Filters",
        hide_short_help = true
    )]
    label: Option<String>,
    /// Valid now and expiring within this time: 12h, 30d, 8w, 1y
    #[arg(long, value_name = "TIME", value_parser = time::parse_span, help_heading = "Filters")]
    expires_within: Option<Duration>,
    /// Expired
    #[arg(long, conflicts_with_all = ["valid", "expires_within"], help_heading = "Filters")]
    expired: bool,
    /// Valid now
    #[arg(long, help_heading = "Filters")]
    valid: bool,
}

/// Whether an option says which identity is meant, or narrows which are looked at.
pub(crate) fn selects(option: &str) -> bool {
    let filters = FilterArgs::augment_args(Command::new(""));
    let mut names = filters.get_arguments().filter_map(Arg::get_long);
    option == "newest" || names.any(|name| name == option)
}

impl Typed<FilterArgs> {
    pub(crate) fn filters(&self) -> Filters {
        let FilterArgs {
            subject,
            issuer,
            email,
            serial,
            eku,
            label,
            expires_within,
            expired,
            valid,
        } = self.args.clone();
        Filters {
            subject,
            issuer,
            email,
            serial,
            eku,
            label,
            expires_within,
            expired,
            valid,
            written: self.written(),
        }
    }

    fn written(&self) -> String {
        let options = self.given.iter().map(|given| {
            let name = &given.name;
            match given.value.as_ref().map(|value| value.to_string_lossy()) {
                Some(value) if given.kind == Kind::Text => format!("--{name} '{value}'"),
                Some(value) => format!("--{name} {value}"),
                None => format!("--{name}"),
            }
        });
        options.collect::<Vec<_>>().join(" ")
    }
}

#[derive(Debug, Clone, PartialEq, Args)]
pub(crate) struct SelectArgs {
    /// Which identity: the first digits of its thumbprint (6 or more), or text in its label,
    /// subject, e-mail addresses or other alternative names; a whole name goes before longer ones
    #[arg(required_unless_present = "filters")]
    pub(crate) selector: Option<String>,
    /// Of several that match and have one subject, take the one issued last
    #[arg(long)]
    pub(crate) newest: bool,
    #[command(flatten)]
    pub(crate) filters: Typed<FilterArgs>,
    #[command(flatten)]
    pub(crate) stores: StoreArgs,
}

impl SelectArgs {
    /// Whether nothing says which identity is meant.
    pub(crate) fn is_empty(&self) -> bool {
        self.selector.is_none() && !self.newest && self.filters.filters().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches as _;

    use super::*;

    fn filters(words: &str) -> Filters {
        let command = Typed::<FilterArgs>::augment_args(Command::new("list").no_binary_name(true));
        let matches = command.get_matches_from(words.split(' '));
        let typed = Typed::<FilterArgs>::from_arg_matches(&matches).unwrap();
        typed.filters()
    }

    #[test]
    fn filters_written_quotes_typed_values() {
        let filters = filters("--valid --email ada --expires-within 30d --eku=-x");
        assert_eq!(
            filters.written,
            "--email 'ada' --eku '-x' --expires-within 30d --valid"
        );
        assert!(!filters.is_empty());
    }
}
