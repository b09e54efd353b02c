//! The calibrations that were fitted: one for words alone, one a model.

mod e5;
mod minilm;
mod words;

use super::Calibration;
use indexer::embedder::ModelDigest;

/// A new model's calibration gets its file here and its line below.
const MODELS: [&Calibration; 2] = [&minilm::CALIBRATION, &e5::CALIBRATION];

/// The calibration of lists ranked with a model's vectors; that of words if none was fitted to it.
pub fn of(model: Option<ModelDigest>) -> &'static Calibration {
    let fitted = MODELS.into_iter().find(|calibration| model.is_some() && calibration.model == model);
    fitted.unwrap_or(&words::CALIBRATION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retrieval::signals::Signals;

    #[test]
    fn each_calibration_has_a_weight_for_each_of_its_signals_and_floors_in_order() {
        assert_eq!((words::CALIBRATION.model, words::CALIBRATION.weights.len()), (None, Signals::BY_WORDS));
        for calibration in MODELS {
            assert!(calibration.model.is_some(), "fitted to no model");
            assert_eq!(calibration.weights.len(), Signals::NAMES.len());
        }
        for calibration in MODELS.into_iter().chain([&words::CALIBRATION]) {
            assert!(0.0 < calibration.weak_from && calibration.weak_from < calibration.good_from);
            assert!(calibration.weights.iter().any(|weight| *weight != 0.0), "not fitted");
        }
    }
}
