//! Confidence of lists by words and vectors: written by `make calibrate`, not by hand.

use super::Calibration;
use indexer::embedder::ModelDigest;

/// What was fitted.
pub const CALIBRATION: Calibration = Calibration {
    model: Some(ModelDigest([
        0x27, 0x23, 0x24, 0x12, 0xaf, 0x58, 0x58, 0x04, 0xf0, 0x7d, 0x3e, 0x9e, 0xf7, 0x73, 0xf6, 0xe7, 0x41, 0xb9,
        0x7b, 0x33, 0x0a, 0x79, 0x4d, 0x2e, 0x6e, 0x25, 0x11, 0x36, 0x8a, 0x77, 0x48, 0x04,
    ])),
    weak_from: 0.278,
    good_from: 0.613,
    intercept: -1.6456,
    weights: &[
        -1.9730, // coverage
        2.2447,  // first coverage
        -3.1474, // passage
        0.5292,  // title words
        1.5505,  // title
        1.5701,  // closeness
        -2.7516, // doubt
        0.0950,  // content words
        -0.1196, // specificity
        3.1481,  // lead
        -0.2997, // rivals
        -1.8549, // cosine
        4.0947,  // first cosine
        -0.0247, // distance
        4.8078,  // near lead
        0.8806,  // far lead
        0.3418,  // agreement
    ],
};
