//! Confidence of lists by words and vectors: written by `make calibrate`, not by hand.

use super::Calibration;
use indexer::embedder::ModelDigest;

/// Fitted to lists by words and vectors.
pub const CALIBRATION: Calibration = Calibration {
    model: Some(ModelDigest([
        0x27, 0x23, 0x24, 0x12, 0xaf, 0x58, 0x58, 0x04, 0xf0, 0x7d, 0x3e, 0x9e, 0xf7, 0x73, 0xf6, 0xe7, 0x41, 0xb9,
        0x7b, 0x33, 0x0a, 0x79, 0x4d, 0x2e, 0x6e, 0x25, 0x11, 0x36, 0x8a, 0x77, 0x48, 0x04,
    ])),
    weak_from: 0.319,
    good_from: 0.668,
    intercept: -3.1246,
    weights: &[
        0.5699,  // lead
        2.6699,  // title lead
        1.9119,  // closeness lead
        -0.2840, // rivals
        0.3971,  // coverage lead
        3.3791,  // first cosine
        2.9750,  // cosine lead
        -3.2259, // abroad
        2.2694,  // first likeness
        6.8926,  // likeness lead
    ],
};

/// Fitted to lists by words and vectors, without tokens.
pub const WITHOUT_TOKENS: Calibration = Calibration {
    model: Some(ModelDigest([
        0x27, 0x23, 0x24, 0x12, 0xaf, 0x58, 0x58, 0x04, 0xf0, 0x7d, 0x3e, 0x9e, 0xf7, 0x73, 0xf6, 0xe7, 0x41, 0xb9,
        0x7b, 0x33, 0x0a, 0x79, 0x4d, 0x2e, 0x6e, 0x25, 0x11, 0x36, 0x8a, 0x77, 0x48, 0x04,
    ])),
    weak_from: 0.321,
    good_from: 0.669,
    intercept: -2.7250,
    weights: &[
        1.0351,  // lead
        2.7235,  // title lead
        2.2875,  // closeness lead
        -0.2496, // rivals
        0.3478,  // coverage lead
        4.7176,  // first cosine
        4.5228,  // cosine lead
        -3.6787, // abroad
        0.0000,  // first likeness
        0.0000,  // likeness lead
    ],
};
