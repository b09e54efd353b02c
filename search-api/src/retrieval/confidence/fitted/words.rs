//! Confidence of lists by words: written by `make calibrate`, not by hand.

use super::Calibration;

/// What was fitted.
pub const CALIBRATION: Calibration = Calibration {
    model: None,
    weak_from: 0.248,
    good_from: 0.592,
    intercept: -2.9099,
    weights: &[
        -0.8657, // coverage
        0.9305,  // first coverage
        -0.3699, // passage
        1.0036,  // title words
        2.0565,  // title
        1.1157,  // closeness
        0.0935,  // unknown
        -2.0317, // doubt
        0.5613,  // content words
        0.2029,  // specificity
        4.9308,  // lead
        -0.2906, // rivals
    ],
};
