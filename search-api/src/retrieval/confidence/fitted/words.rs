//! Confidence of lists by words: written by `make calibrate`, not by hand.

use super::Calibration;

/// What was fitted.
pub const CALIBRATION: Calibration = Calibration {
    model: None,
    weak_from: 0.243,
    good_from: 0.563,
    intercept: -5.4827,
    weights: &[
        0.1714,  // coverage
        0.8325,  // first coverage
        -0.6356, // passage
        1.0406,  // title words
        1.3580,  // title
        1.8115,  // closeness
        0.3504,  // unknown
        -2.4258, // doubt
        1.3861,  // content words
        0.8876,  // specificity
        5.0411,  // lead
        -0.2082, // rivals
    ],
};
