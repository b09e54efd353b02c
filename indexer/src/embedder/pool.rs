//! A fixed set of values that callers take turns at.

use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, PoisonError};

/// Values of which each is lent to one caller at a time.
pub(crate) struct Pool<T> {
    idle: Mutex<Vec<T>>,
    returned: Condvar,
}

/// A borrowed value; it goes back to the pool when dropped.
pub(crate) struct Lent<'a, T> {
    pool: &'a Pool<T>,
    value: Option<T>,
}

impl<T> Pool<T> {
    pub(crate) fn new(values: Vec<T>) -> Self {
        Self { idle: Mutex::new(values), returned: Condvar::new() }
    }

    /// Borrows a value; blocks while all are lent.
    pub(crate) fn borrow(&self) -> Lent<'_, T> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(value) = idle.pop() {
                return Lent { pool: self, value: Some(value) };
            }
            idle = self.returned.wait(idle).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<T> Deref for Lent<'_, T> {
    type Target = T;

    #[expect(clippy::expect_used, reason = "the value is taken in `drop` only")]
    fn deref(&self) -> &T {
        self.value.as_ref().expect("held until dropped")
    }
}

impl<T> DerefMut for Lent<'_, T> {
    #[expect(clippy::expect_used, reason = "the value is taken in `drop` only")]
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect("held until dropped")
    }
}

impl<T> Drop for Lent<'_, T> {
    fn drop(&mut self) {
        self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(self.value.take());
        self.pool.returned.notify_one();
    }
}
