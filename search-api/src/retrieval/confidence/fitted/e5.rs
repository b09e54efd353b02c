//! Confidence of lists by words and vectors: written by `make calibrate`, not by hand.

use super::Calibration;
use indexer::embedder::ModelDigest;

/// What was fitted.
pub const CALIBRATION: Calibration = Calibration {
    model: Some(ModelDigest([
        0xbf, 0x2f, 0xc8, 0xcd, 0x6a, 0xad, 0xee, 0x1d, 0xf3, 0x22, 0x92, 0xff, 0x99, 0x72, 0x28, 0x14, 0x31, 0xae,
        0xb6, 0xa7, 0x15, 0xe6, 0x77, 0x15, 0x6a, 0x75, 0xf3, 0xb2, 0x92, 0x7f, 0x30, 0xac,
    ])),
    weak_from: 0.247,
    good_from: 0.563,
    intercept: -2.3478,
    weights: &[
        0.9203,  // lead
        1.8518,  // title lead
        2.2223,  // closeness lead
        -0.2140, // rivals
        0.5696,  // coverage lead
        3.3788,  // first cosine
        9.3985,  // cosine lead
        0.0, 0.0,
    ],
};

/// What was fitted.
pub const WITHOUT_TOKENS: Calibration = Calibration {
    model: Some(ModelDigest([
        0xbf, 0x2f, 0xc8, 0xcd, 0x6a, 0xad, 0xee, 0x1d, 0xf3, 0x22, 0x92, 0xff, 0x99, 0x72, 0x28, 0x14, 0x31, 0xae,
        0xb6, 0xa7, 0x15, 0xe6, 0x77, 0x15, 0x6a, 0x75, 0xf3, 0xb2, 0x92, 0x7f, 0x30, 0xac,
    ])),
    weak_from: 0.247,
    good_from: 0.563,
    intercept: -2.3478,
    weights: &[
        0.9203,  // lead
        1.8518,  // title lead
        2.2223,  // closeness lead
        -0.2140, // rivals
        0.5696,  // coverage lead
        3.3788,  // first cosine
        9.3985,  // cosine lead
        0.0, 0.0,
    ],
};
