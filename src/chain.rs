//! The certification path (RFC 5280 section 6, building as RFC 4158), without network.
use certstow_platform::certificate::Certificate;
/// Candidate issuers, indexed by subject name
pub struct Candidates { }
impl Candidates {
    pub fn new(certificates: impl IntoIterator<Item = Certificate>) -> Self { todo!() }
    /// plus the platform's trusted roots (rustls-native-certs), loaded lazily, only when needed
    pub fn with_native_roots(self) -> Self { todo!() }
}
/// Leaf first.
#[derive(Debug, Clone)]
pub struct Path { pub certificates: Vec<Certificate>, pub end: PathEnd }
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathEnd { /// last one is self-signed
    Root, /// the issuer with this name DER was not found
    MissingIssuer { name_der: Vec<u8> }, /// a certificate with that name was found, but did not sign (or algorithm unsupported)
    Unverified { name_der: Vec<u8>, reason: String } }
/// The best path: complete before incomplete, then valid now, then shorter.
pub fn build(leaf: &Certificate, candidates: &Candidates) -> Path { todo!() }
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Include { #[default] Full, NoRoot, None }
impl Path {
    /// what goes in the file after the leaf
    pub fn issuers(&self, include: Include) -> &[Certificate] { todo!() }
    /// Checks names and signatures of an already ordered path (used on read-back and check)
    pub fn links(certificates: &[Certificate]) -> Result<(), String> { todo!() }
}
