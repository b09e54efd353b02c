//! Confidence of lists by words and vectors: written by `make calibrate`, not by hand.

use super::Calibration;
use indexer::embedder::ModelDigest;

/// What was fitted.
pub const CALIBRATION: Calibration = Calibration {
    model: Some(ModelDigest([
        0x27, 0x23, 0x24, 0x12, 0xaf, 0x58, 0x58, 0x04, 0xf0, 0x7d, 0x3e, 0x9e, 0xf7, 0x73, 0xf6, 0xe7, 0x41, 0xb9,
        0x7b, 0x33, 0x0a, 0x79, 0x4d, 0x2e, 0x6e, 0x25, 0x11, 0x36, 0x8a, 0x77, 0x48, 0x04,
    ])),
    weak_from: 0.289,
    good_from: 0.621,
    intercept: -2.9880,
    weights: &[
        0.1379,  // title words
        1.7325,  // title
        0.6094,  // closeness
        -0.2514, // doubt
        0.4940,  // content words
        2.7262,  // lead
        -0.3121, // rivals
        1.5404,  // first cosine
        5.2476,  // near lead
        0.8763,  // far lead
        0.3539,  // agreement
    ],
};
