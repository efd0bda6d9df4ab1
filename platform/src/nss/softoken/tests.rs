//! Changing databases that NSS's own tools made, with these as the judges of what is in them afterwards,
//! beside certstow's own reader.

mod import;
mod material;
mod places;
mod refused;
mod remove;
mod replaced;
mod store;
mod undone;
