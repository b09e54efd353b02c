//! Confidence of lists by words and vectors: written by `make calibrate`, not by hand.

use super::Calibration;
use indexer::embedder::ModelDigest;

/// What was fitted.
pub const CALIBRATION: Calibration = Calibration {
    model: Some(ModelDigest([
        0x27, 0x23, 0x24, 0x12, 0xaf, 0x58, 0x58, 0x04, 0xf0, 0x7d, 0x3e, 0x9e, 0xf7, 0x73, 0xf6, 0xe7, 0x41, 0xb9,
        0x7b, 0x33, 0x0a, 0x79, 0x4d, 0x2e, 0x6e, 0x25, 0x11, 0x36, 0x8a, 0x77, 0x48, 0x04,
    ])),
    weak_from: 0.282,
    good_from: 0.626,
    intercept: -2.1440,
    weights: &[
        -1.3106, // coverage
        2.2296,  // first coverage
        -3.1779, // passage
        0.4137,  // title words
        1.6795,  // title
        1.5621,  // closeness
        0.1934,  // unknown
        -2.8419, // doubt
        0.1028,  // content words
        -0.0382, // specificity
        2.3976,  // lead
        -0.2882, // rivals
        -1.8175, // cosine
        4.0555,  // first cosine
        -0.0301, // distance
        4.6714,  // near lead
        0.9939,  // far lead
        0.3229,  // agreement
    ],
};
