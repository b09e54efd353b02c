//! Confidence of lists by words: written by `make calibrate`, not by hand.

use super::Calibration;

/// Fitted to lists by words.
pub const CALIBRATION: Calibration = Calibration {
    model: None,
    weak_from: 0.275,
    good_from: 0.589,
    intercept: -0.5727,
    weights: &[
        2.8337,  // lead
        4.1534,  // title lead
        2.3753,  // closeness lead
        -0.1326, // rivals
    ],
};
