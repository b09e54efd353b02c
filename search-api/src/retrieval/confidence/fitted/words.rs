//! Confidence of lists by words: not fitted yet, to be written by `make calibrate`.

use super::Calibration;

/// All zero: its test fails until it is fitted.
pub const CALIBRATION: Calibration =
    Calibration { model: None, weak_from: 0.2, good_from: 0.6, intercept: 0.0, weights: &[0.0; 11] };
