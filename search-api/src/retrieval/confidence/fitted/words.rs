//! Confidence of lists by words: written by `make calibrate`, not by hand.

use super::Calibration;

/// What was fitted.
pub const CALIBRATION: Calibration = Calibration {
    model: None,
    weak_from: 0.271,
    good_from: 0.583,
    intercept: -2.7743,
    weights: &[
        0.8928,  // title words
        2.0215,  // title
        0.5270,  // closeness
        0.5146,  // doubt
        0.7002,  // content words
        5.7132,  // lead
        -0.3084, // rivals
    ],
};
