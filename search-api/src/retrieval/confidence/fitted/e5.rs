//! Confidence of lists by words and vectors: written by `make calibrate`, not by hand.

use super::Calibration;
use indexer::embedder::ModelDigest;

/// Fitted to lists by words and vectors.
pub const CALIBRATION: Calibration = Calibration {
    model: Some(ModelDigest([
        0xbf, 0x2f, 0xc8, 0xcd, 0x6a, 0xad, 0xee, 0x1d, 0xf3, 0x22, 0x92, 0xff, 0x99, 0x72, 0x28, 0x14, 0x31, 0xae,
        0xb6, 0xa7, 0x15, 0xe6, 0x77, 0x15, 0x6a, 0x75, 0xf3, 0xb2, 0x92, 0x7f, 0x30, 0xac,
    ])),
    weak_from: 0.290,
    good_from: 0.587,
    intercept: -2.1698,
    weights: &[
        0.0977,  // lead
        2.3367,  // title lead
        1.7573,  // closeness lead
        -0.1350, // rivals
        0.5721,  // coverage lead
        2.6183,  // first cosine
        11.0118, // cosine lead
        1.1256,  // abroad
        0.3770,  // first likeness
        5.2737,  // likeness lead
    ],
};

/// Fitted to lists by words and vectors, without tokens.
pub const WITHOUT_TOKENS: Calibration = Calibration {
    model: Some(ModelDigest([
        0xbf, 0x2f, 0xc8, 0xcd, 0x6a, 0xad, 0xee, 0x1d, 0xf3, 0x22, 0x92, 0xff, 0x99, 0x72, 0x28, 0x14, 0x31, 0xae,
        0xb6, 0xa7, 0x15, 0xe6, 0x77, 0x15, 0x6a, 0x75, 0xf3, 0xb2, 0x92, 0x7f, 0x30, 0xac,
    ])),
    weak_from: 0.291,
    good_from: 0.589,
    intercept: -2.2510,
    weights: &[
        0.1302,  // lead
        2.4001,  // title lead
        1.8067,  // closeness lead
        -0.1400, // rivals
        0.5651,  // coverage lead
        3.1504,  // first cosine
        12.9134, // cosine lead
        1.1164,  // abroad
        0.0000,  // first likeness
        0.0000,  // likeness lead
    ],
};
