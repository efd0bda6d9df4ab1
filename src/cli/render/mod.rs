//! How results look: a table, a tree, JSON, and progress while they come.

pub(crate) mod json;
pub(crate) mod progress;
pub(crate) mod table;
pub(crate) mod tree;
