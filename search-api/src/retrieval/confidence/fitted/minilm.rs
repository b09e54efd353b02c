//! Confidence of lists by words and vectors: written by `make calibrate`, not by hand.

use super::Calibration;
use indexer::embedder::ModelDigest;

/// Fitted to lists by words and vectors.
pub const CALIBRATION: Calibration = Calibration {
    model: Some(ModelDigest([
        0x27, 0x23, 0x24, 0x12, 0xaf, 0x58, 0x58, 0x04, 0xf0, 0x7d, 0x3e, 0x9e, 0xf7, 0x73, 0xf6, 0xe7, 0x41, 0xb9,
        0x7b, 0x33, 0x0a, 0x79, 0x4d, 0x2e, 0x6e, 0x25, 0x11, 0x36, 0x8a, 0x77, 0x48, 0x04,
    ])),
    weak_from: 0.301,
    good_from: 0.585,
    intercept: -2.1680,
    weights: &[
        0.4609,  // lead
        2.6661,  // title lead
        1.6119,  // closeness lead
        -0.2177, // rivals
        0.5215,  // coverage lead
        2.4856,  // first cosine
        2.9275,  // cosine lead
        0.8777,  // first likeness
        7.2060,  // likeness lead
    ],
};

/// Fitted to lists by words and vectors, without tokens.
pub const WITHOUT_TOKENS: Calibration = Calibration {
    model: Some(ModelDigest([
        0x27, 0x23, 0x24, 0x12, 0xaf, 0x58, 0x58, 0x04, 0xf0, 0x7d, 0x3e, 0x9e, 0xf7, 0x73, 0xf6, 0xe7, 0x41, 0xb9,
        0x7b, 0x33, 0x0a, 0x79, 0x4d, 0x2e, 0x6e, 0x25, 0x11, 0x36, 0x8a, 0x77, 0x48, 0x04,
    ])),
    weak_from: 0.307,
    good_from: 0.590,
    intercept: -2.0262,
    weights: &[
        0.8158,  // lead
        2.7078,  // title lead
        1.9466,  // closeness lead
        -0.2049, // rivals
        0.5036,  // coverage lead
        3.1529,  // first cosine
        4.7551,  // cosine lead
        0.0000,  // first likeness
        0.0000,  // likeness lead
    ],
};
