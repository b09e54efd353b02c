//! Confidence of lists by words and vectors: written by `make calibrate`, not by hand.

use super::Calibration;
use indexer::embedder::ModelDigest;

/// What was fitted.
pub const CALIBRATION: Calibration = Calibration {
    model: Some(ModelDigest([
        0x27, 0x23, 0x24, 0x12, 0xaf, 0x58, 0x58, 0x04, 0xf0, 0x7d, 0x3e, 0x9e, 0xf7, 0x73, 0xf6, 0xe7, 0x41, 0xb9,
        0x7b, 0x33, 0x0a, 0x79, 0x4d, 0x2e, 0x6e, 0x25, 0x11, 0x36, 0x8a, 0x77, 0x48, 0x04,
    ])),
    weak_from: 0.229,
    good_from: 0.589,
    intercept: -3.8605,
    weights: &[
        -0.6147, // coverage
        2.7202,  // first coverage
        -4.5174, // passage
        0.2163,  // title words
        1.3564,  // title
        2.3103,  // closeness
        0.2576,  // unknown
        -3.5127, // doubt
        0.3333,  // content words
        0.5072,  // specificity
        2.4419,  // lead
        -0.2868, // rivals
        -1.5173, // cosine
        4.8134,  // first cosine
        0.0422,  // distance
        4.2744,  // near lead
        0.9436,  // far lead
        0.0225,  // agreement
    ],
};
