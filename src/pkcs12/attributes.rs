//! Bag attributes as written.
use certstow_platform::store::{Entry, Property};
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Properties { #[default] Portable, All, None }
/// What key bag and leaf bag carry
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes { pub friendly_name: Option<String>, pub provider_name: Option<String>, pub properties: Vec<Property> }
impl Attributes {
    /// From an entry, `name` overriding the label
    pub fn of(entry: &Entry, friendly_name: Option<&str>, properties: Properties) -> Self { todo!() }
}
