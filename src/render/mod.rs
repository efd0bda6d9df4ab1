//! How results look: a table, a tree, JSON, and progress while they come.

pub(crate) mod drawing;
pub(crate) mod forest;
pub(crate) mod json;
pub(crate) mod lines;
pub(crate) mod progress;
pub(crate) mod table;
pub(crate) mod tree;

use drawing::Drawing;

/// What standard output shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// How many characters fit into a line; `None` where it is no terminal.
    pub(crate) width: Option<u16>,
    pub(crate) colors: bool,
    pub(crate) drawing: &'static Drawing,
}
