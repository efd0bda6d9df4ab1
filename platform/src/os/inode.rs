//! What identifies a file on its disk.

/// A file on its disk, whatever it is called there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inode {
    /// What tells it from every other file of this machine: its volume, and its number there.
    pub id: (u64, u64),
    /// How many names (hard links) it has; none, once the last one was taken away.
    pub names: u64,
}
