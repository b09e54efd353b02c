//! What the library promises: see the names.

mod changes;
mod damage;
mod dump;
mod reading;
mod twin;
mod world;
