//! Which identities are meant.

use certstow::select::Filters;
use certstow::time;
use clap::Args;

use super::store::StoreArgs;

/// Conditions that narrow what is looked at; all have to hold.
#[derive(Debug, Clone, PartialEq, Args)]
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

#[derive(Debug, Clone, PartialEq, Args)]
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

impl SelectArgs {
    /// Whether nothing says which identity is meant.
    pub(crate) fn is_empty(&self) -> bool {
        self.selector.is_none() && !self.newest && self.filters.filters().is_empty()
    }
}
