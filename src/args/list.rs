//! What is listed, and in which order.

use clap::Args;

use super::filter::FilterArgs;
use super::given::Typed;
use super::store::StoreArgs;
use super::words::{Words, one_of};

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Which identities: the first digits of a thumbprint (6 or more), or text in label, subject,
    /// e-mail addresses or other alternative names; a whole name goes before longer ones [default:
    /// all]
    #[arg(value_name = "TEXT")]
    pub(crate) selector: Option<String>,
    /// List certificates without a private key, and archived ones, too; and with --expires-within
    /// those that are renewed already
    #[arg(long)]
    pub(crate) all: bool,
    /// Show each below its issuers, as a tree
    #[arg(long)]
    pub(crate) tree: bool,
    /// In the order of this column [default: that of the stores, what is current before what it
    /// renewed]
    #[arg(
        long,
        value_name = "COLUMN",
        value_parser = one_of::<Order>(),
        conflicts_with = "tree"
    )]
    pub(crate) sort: Option<Order>,
    /// End with 10 where nothing is listed, for scripts that ask whether there is anything
    #[arg(long, hide_short_help = true)]
    pub(crate) exit_code: bool,
    #[command(flatten)]
    pub(crate) filters: Typed<FilterArgs>,
    #[command(flatten)]
    pub(crate) stores: StoreArgs,
}

/// The column that a list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Name,
    End,
    Issuer,
    Store,
}

impl Words for Order {
    const ALL: &'static [Self] = &[Self::Name, Self::End, Self::Issuer, Self::Store];

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Name => ("name", "The name"),
            Self::End => ("end", "The end of the validity, the next first"),
            Self::Issuer => ("issuer", "The issuer, and then the name"),
            Self::Store => ("store", "The store, and then the name"),
        }
    }
}
