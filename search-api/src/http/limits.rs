//! Fair shares and overload: who asks too often is told when to come back, and what cannot be done soon is refused at once.

use super::error::Problem;
use crate::config::Config;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A burst is as many seconds' worth of calls.
const BURST_SECONDS: u32 = 5;
/// Callers are counted in so many buckets, which bounds the memory whatever comes (about 8 MiB when all are in use); two callers
/// who fall into one share an allowance. The hash is keyed at random: nobody can choose whose bucket to fall into.
const BUCKETS: u64 = 1 << 18;

/// What the server grants at once and over time.
pub struct Limits {
    addresses: Option<DefaultKeyedRateLimiter<u32>>,
    visitors: Option<DefaultKeyedRateLimiter<u32>>,
    hasher: RandomState,
    clock: DefaultClock,
    seats: Arc<Semaphore>,
}

impl Limits {
    /// The limits that the operator chose.
    pub fn new(config: &Config) -> Self {
        Self {
            addresses: limiter(config.address_rate),
            visitors: limiter(config.visitor_rate),
            hasher: RandomState::new(),
            clock: DefaultClock::default(),
            seats: Arc::new(Semaphore::new(config.max_requests)),
        }
    }

    /// Takes one of the places for requests in flight, held until the permit is dropped.
    pub fn seat(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.seats).try_acquire_owned().map_err(|_| Problem::Overloaded)
    }

    /// Counts a call from an address. An IPv6 /64 is one household or machine and counts as one.
    pub fn admit_address(&self, address: IpAddr) -> Result<(), Problem> {
        let whole = match address {
            IpAddr::V4(address) => u64::from(u32::from(address)),
            IpAddr::V6(address) => (u128::from(address) >> 64) as u64,
        };
        self.admit(self.addresses.as_ref(), &(address.is_ipv4(), whole))
    }

    /// Counts a call of a visitor: the token's subject, or the id that the browser sends.
    pub fn admit_visitor(&self, portal: &str, visitor: &str) -> Result<(), Problem> {
        self.admit(self.visitors.as_ref(), &(portal, visitor))
    }

    fn admit(
        &self,
        limiter: Option<&DefaultKeyedRateLimiter<u32>>,
        caller: &impl std::hash::Hash,
    ) -> Result<(), Problem> {
        let Some(limiter) = limiter else { return Ok(()) };
        let bucket = (self.hasher.hash_one(caller) % BUCKETS) as u32;
        limiter.check_key(&bucket).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            Problem::TooMany { retry_after: wait.as_secs() + 1 }
        })
    }
}

fn limiter(per_second: u32) -> Option<DefaultKeyedRateLimiter<u32>> {
    let rate = NonZeroU32::new(per_second)?;
    let burst = rate.saturating_mul(NonZeroU32::MIN.saturating_add(BURST_SECONDS - 1));
    Some(RateLimiter::keyed(Quota::per_second(rate).allow_burst(burst)))
}
