//! Which columns of the table of `certstow list` a terminal has room for.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Name,
    Issuer,
    Expires,
    Key,
    Thumbprint,
    Store,
}

use Column::{Expires, Issuer, Key, Name, Store, Thumbprint};

impl Column {
    pub(super) fn title(self) -> &'static str {
        match self {
            Name => "NAME",
            Issuer => "ISSUER",
            Expires => "EXPIRES",
            Key => "KEY",
            Thumbprint => "THUMBPRINT",
            Store => "STORE",
        }
    }
}

/// The columns of a table, and how high its rows are.
pub(super) struct Layout {
    pub(super) columns: &'static [Column],
    /// Whether a cell may have a second line: the distance under the date, and what stands in the
    /// way of exporting under the key.
    pub(super) two_lines: bool,
    /// Whether the date is shown beside the distance.
    pub(super) date: bool,
    /// Whether the end of what renewed a certificate is said, too.
    pub(super) renewal: bool,
    /// Of how many parts the bar behind the date is.
    pub(super) bar: u16,
    /// How much of a thumbprint is shown.
    pub(super) digits: usize,
    /// How much of a name is shown at least.
    pub(super) name: usize,
}

impl Layout {
    /// The least width a column may be cut to; `None` if it has to stay whole.
    pub(super) fn narrowest(&self, column: Column) -> Option<usize> {
        match column {
            Name => Some(self.name),
            Issuer => Some(12),
            Store => Some(16),
            Expires | Key | Thumbprint => None,
        }
    }
}

/// What is shown where nothing is cut.
pub(super) const WHOLE: Layout = Layout {
    columns: &[Name, Issuer, Expires, Key, Thumbprint, Store],
    two_lines: false,
    date: true,
    renewal: true,
    bar: 0,
    digits: 40,
    name: 16,
};

/// From the widest to the narrowest.
pub(super) const LAYOUTS: [Layout; 7] = [
    Layout {
        bar: 10,
        digits: 16,
        ..WHOLE
    },
    Layout {
        two_lines: true,
        bar: 5,
        digits: 12,
        ..WHOLE
    },
    Layout {
        columns: &[Name, Issuer, Expires, Key, Thumbprint],
        two_lines: true,
        date: true,
        renewal: true,
        bar: 5,
        digits: 12,
        name: 16,
    },
    Layout {
        columns: &[Name, Expires, Key, Thumbprint],
        two_lines: true,
        date: true,
        renewal: true,
        bar: 5,
        digits: 12,
        name: 12,
    },
    NARROW,
    Layout { bar: 0, ..NARROW },
    Layout {
        columns: &[Name, Expires],
        bar: 0,
        ..NARROW
    },
];

const NARROW: Layout = Layout {
    columns: &[Name, Expires, Thumbprint],
    two_lines: true,
    date: true,
    renewal: false,
    bar: 5,
    digits: 8,
    name: 7,
};

/// A tree where nothing is cut: the issuers are above the names.
pub(super) const WHOLE_TREE: Layout = Layout {
    columns: &[Name, Expires, Key, Thumbprint, Store],
    ..WHOLE
};

/// From the widest to the narrowest. Rows stay one line high, or the branches would be cut; names
/// have more room, for the tree takes some of it.
pub(super) const TREE_LAYOUTS: [Layout; 6] = [
    Layout {
        bar: 10,
        digits: 16,
        name: 28,
        ..WHOLE_TREE
    },
    Layout {
        columns: &[Name, Expires, Key, Thumbprint],
        renewal: false,
        bar: 5,
        digits: 12,
        name: 24,
        ..WHOLE_TREE
    },
    Layout {
        columns: &[Name, Expires, Thumbprint],
        renewal: false,
        bar: 5,
        digits: 12,
        name: 20,
        ..WHOLE_TREE
    },
    Layout {
        columns: &[Name, Expires],
        renewal: false,
        bar: 5,
        name: 20,
        ..WHOLE_TREE
    },
    NARROW_TREE,
    Layout {
        bar: 0,
        name: 10,
        ..NARROW_TREE
    },
];

const NARROW_TREE: Layout = Layout {
    columns: &[Name, Expires],
    date: false,
    renewal: false,
    bar: 5,
    name: 12,
    ..WHOLE
};
