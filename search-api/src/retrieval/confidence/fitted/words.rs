//! Confidence of lists by words: written by `make calibrate`, not by hand.

use super::Calibration;

/// Fitted to lists by words.
pub const CALIBRATION: Calibration = Calibration {
    model: None,
    weak_from: 0.301,
    good_from: 0.559,
    intercept: -0.3405,
    weights: &[
        2.1730,  // lead
        3.7351,  // title lead
        1.8297,  // closeness lead
        -0.1848, // rivals
    ],
};
