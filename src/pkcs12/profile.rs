//! The four profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile { #[default] Modern, Compatible, Legacy, Pbmac1 }
impl Profile {
    pub const ALL: [Profile; 4] = [Profile::Modern, Profile::Compatible, Profile::Legacy, Profile::Pbmac1];
    pub fn name(self) -> &'static str { todo!() }
    pub fn default_iterations(self) -> u32 { todo!() }
}
/// Reader programs with version, and the profile each needs ("windows2016" -> Compatible): same table as docs/profiles.md
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target { pub name: &'static str, pub description: &'static str, pub profile: Profile }
pub fn targets() -> &'static [Target] { todo!() }
/// Checked iteration count: > 600_000 Err(sentence), > 300_000 Ok with warning
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Iterations(u32);
impl Iterations { pub fn new(n: u32) -> Result<(Self, Option<String>), String> { todo!() } pub fn get(self) -> u32 { self.0 } }
