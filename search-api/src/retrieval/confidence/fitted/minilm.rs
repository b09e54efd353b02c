//! Confidence of lists by words and vectors: written by `make calibrate`, not by hand.

use super::Calibration;
use indexer::embedder::ModelDigest;

/// What was fitted.
pub const CALIBRATION: Calibration = Calibration {
    model: Some(ModelDigest([
        0x27, 0x23, 0x24, 0x12, 0xaf, 0x58, 0x58, 0x04, 0xf0, 0x7d, 0x3e, 0x9e, 0xf7, 0x73, 0xf6, 0xe7, 0x41, 0xb9,
        0x7b, 0x33, 0x0a, 0x79, 0x4d, 0x2e, 0x6e, 0x25, 0x11, 0x36, 0x8a, 0x77, 0x48, 0x04,
    ])),
    weak_from: 0.295,
    good_from: 0.579,
    intercept: -2.0359,
    weights: &[
        0.5835,  // lead
        2.6444,  // title lead
        2.1947,  // closeness lead
        -0.2278, // rivals
        0.7052,  // coverage lead
        3.1750,  // first cosine
        4.8739,  // cosine lead
    ],
};
