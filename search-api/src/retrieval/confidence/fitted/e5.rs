//! Confidence of lists by words and vectors: written by `make calibrate`, not by hand.

use super::Calibration;
use indexer::embedder::ModelDigest;

/// Fitted to lists by words and vectors.
pub const CALIBRATION: Calibration = Calibration {
    model: Some(ModelDigest([
        0xbf, 0x2f, 0xc8, 0xcd, 0x6a, 0xad, 0xee, 0x1d, 0xf3, 0x22, 0x92, 0xff, 0x99, 0x72, 0x28, 0x14, 0x31, 0xae,
        0xb6, 0xa7, 0x15, 0xe6, 0x77, 0x15, 0x6a, 0x75, 0xf3, 0xb2, 0x92, 0x7f, 0x30, 0xac,
    ])),
    weak_from: 0.245,
    good_from: 0.564,
    intercept: -1.9967,
    weights: &[
        -0.0048, // lead
        2.2406,  // title lead
        1.7381,  // closeness lead
        -0.1328, // rivals
        0.5976,  // coverage lead
        1.9656,  // first cosine
        11.7472, // cosine lead
        1.1794,  // abroad
        0.9283,  // first likeness
        5.2482,  // likeness lead
    ],
};

/// Fitted to lists by words and vectors, without tokens.
pub const WITHOUT_TOKENS: Calibration = Calibration {
    model: Some(ModelDigest([
        0xbf, 0x2f, 0xc8, 0xcd, 0x6a, 0xad, 0xee, 0x1d, 0xf3, 0x22, 0x92, 0xff, 0x99, 0x72, 0x28, 0x14, 0x31, 0xae,
        0xb6, 0xa7, 0x15, 0xe6, 0x77, 0x15, 0x6a, 0x75, 0xf3, 0xb2, 0x92, 0x7f, 0x30, 0xac,
    ])),
    weak_from: 0.239,
    good_from: 0.576,
    intercept: -1.9973,
    weights: &[
        0.0107,  // lead
        2.3177,  // title lead
        1.7964,  // closeness lead
        -0.1318, // rivals
        0.6096,  // coverage lead
        2.8080,  // first cosine
        13.6015, // cosine lead
        1.1120,  // abroad
        0.0000,  // first likeness
        0.0000,  // likeness lead
    ],
};
