//! What the library promises: see the names.

mod changes;
mod damage;
mod dump;
mod reading;
mod steering;
mod twin;
mod world;
