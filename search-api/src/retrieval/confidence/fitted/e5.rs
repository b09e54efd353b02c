//! Confidence of lists by words and vectors: written by `make calibrate`, not by hand.

use super::Calibration;
use indexer::embedder::ModelDigest;

/// Fitted to lists by words and vectors.
pub const CALIBRATION: Calibration = Calibration {
    model: Some(ModelDigest([
        0xbf, 0x2f, 0xc8, 0xcd, 0x6a, 0xad, 0xee, 0x1d, 0xf3, 0x22, 0x92, 0xff, 0x99, 0x72, 0x28, 0x14, 0x31, 0xae,
        0xb6, 0xa7, 0x15, 0xe6, 0x77, 0x15, 0x6a, 0x75, 0xf3, 0xb2, 0x92, 0x7f, 0x30, 0xac,
    ])),
    weak_from: 0.220,
    good_from: 0.656,
    intercept: -3.9287,
    weights: &[
        0.1828,  // lead
        2.1887,  // title lead
        2.1103,  // closeness lead
        -0.1284, // rivals
        0.6643,  // coverage lead
        5.6532,  // first cosine
        10.6825, // cosine lead
        1.1686,  // abroad
        0.6393,  // first likeness
        5.2619,  // likeness lead
    ],
};

/// Fitted to lists by words and vectors, without tokens.
pub const WITHOUT_TOKENS: Calibration = Calibration {
    model: Some(ModelDigest([
        0xbf, 0x2f, 0xc8, 0xcd, 0x6a, 0xad, 0xee, 0x1d, 0xf3, 0x22, 0x92, 0xff, 0x99, 0x72, 0x28, 0x14, 0x31, 0xae,
        0xb6, 0xa7, 0x15, 0xe6, 0x77, 0x15, 0x6a, 0x75, 0xf3, 0xb2, 0x92, 0x7f, 0x30, 0xac,
    ])),
    weak_from: 0.224,
    good_from: 0.654,
    intercept: -3.9738,
    weights: &[
        0.2157,  // lead
        2.2657,  // title lead
        2.1535,  // closeness lead
        -0.1329, // rivals
        0.6581,  // coverage lead
        6.3416,  // first cosine
        12.4613, // cosine lead
        1.1648,  // abroad
        0.0000,  // first likeness
        0.0000,  // likeness lead
    ],
};
