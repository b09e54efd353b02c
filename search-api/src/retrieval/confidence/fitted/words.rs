//! Confidence of lists by words: written by `make calibrate`, not by hand.

use super::Calibration;

/// What was fitted.
pub const CALIBRATION: Calibration = Calibration {
    model: None,
    weak_from: 0.269,
    good_from: 0.583,
    intercept: -1.9324,
    weights: &[
        -2.3732, // coverage
        1.0094,  // first coverage
        -0.2611, // passage
        1.1764,  // title words
        1.8804,  // title
        1.1025,  // closeness
        -1.7972, // doubt
        0.5880,  // content words
        0.3444,  // specificity
        6.2292,  // lead
        -0.2821, // rivals
    ],
};
