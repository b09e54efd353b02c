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
    good_from: 0.586,
    intercept: -2.1521,
    weights: &[
        0.4541,  // lead
        2.6643,  // title lead
        1.6107,  // closeness lead
        -0.2164, // rivals
        0.5361,  // coverage lead
        2.4805,  // first cosine
        2.9457,  // cosine lead
        -2.8992, // abroad
        0.8539,  // first likeness
        7.1913,  // likeness lead
    ],
};

/// Fitted to lists by words and vectors, without tokens.
pub const WITHOUT_TOKENS: Calibration = Calibration {
    model: Some(ModelDigest([
        0x27, 0x23, 0x24, 0x12, 0xaf, 0x58, 0x58, 0x04, 0xf0, 0x7d, 0x3e, 0x9e, 0xf7, 0x73, 0xf6, 0xe7, 0x41, 0xb9,
        0x7b, 0x33, 0x0a, 0x79, 0x4d, 0x2e, 0x6e, 0x25, 0x11, 0x36, 0x8a, 0x77, 0x48, 0x04,
    ])),
    weak_from: 0.303,
    good_from: 0.590,
    intercept: -2.0120,
    weights: &[
        0.8041,  // lead
        2.7056,  // title lead
        1.9437,  // closeness lead
        -0.2038, // rivals
        0.5217,  // coverage lead
        3.1317,  // first cosine
        4.7762,  // cosine lead
        -3.5313, // abroad
        0.0000,  // first likeness
        0.0000,  // likeness lead
    ],
};
