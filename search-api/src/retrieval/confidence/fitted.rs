//! The calibrations that were fitted: one for words alone, two a model.

mod e5;
mod minilm;
mod words;

use super::Calibration;
use indexer::embedder::ModelDigest;

/// A new model's calibrations get their file here and their line below: that of lists whose query's tokens are compared, and that
/// of lists of a vector alone.
const MODELS: [[&Calibration; 2]; 2] =
    [[&minilm::CALIBRATION, &minilm::WITHOUT_TOKENS], [&e5::CALIBRATION, &e5::WITHOUT_TOKENS]];

/// The calibration of lists ranked with a model's vectors, and its tokens or not; that of words if none was fitted to it.
pub fn of(model: Option<ModelDigest>, tokens: bool) -> &'static Calibration {
    let fitted = MODELS.into_iter().find(|[calibration, _]| model.is_some() && calibration.model == model);
    fitted.map_or(&words::CALIBRATION, |[with, without]| if tokens { with } else { without })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retrieval::signals::Signals;

    #[test]
    fn each_calibration_has_a_weight_for_each_of_its_signals_and_floors_in_order() {
        assert_eq!((words::CALIBRATION.model, words::CALIBRATION.weights.len()), (None, Signals::BY_WORDS));
        for [with, without] in MODELS {
            assert!(with.model.is_some(), "fitted to no model");
            assert_eq!(with.model, without.model);
            assert_eq!((with.weights.len(), without.weights.len()), (Signals::NAMES.len(), Signals::NAMES.len()));
            assert!(without.weights.ends_with(&[0.0, 0.0]), "those of tokens say nothing");
        }
        for calibration in MODELS.into_iter().flatten().chain([&words::CALIBRATION]) {
            assert!(0.0 < calibration.weak_from && calibration.weak_from < calibration.good_from);
            assert!(calibration.weights.iter().any(|weight| *weight != 0.0), "not fitted");
        }
    }
}
