//! Quantiles; and Welch's t-test, which asks whether two means differ without assuming that the spreads are alike.

/// The value below which this share of all lies, by rank: of 100 values the 99th is their p99.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a length is a rank"
)]
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied().unwrap_or(f64::NAN)
}

/// The smallest, the median and the largest, for people.
pub(crate) fn spread(values: &[f64]) -> String {
    format!(
        "min {:.2}, median {:.2}, max {:.2}",
        quantile(values, 0.0),
        quantile(values, 0.5),
        quantile(values, 1.0)
    )
}

/// A sample, summed up.
pub(crate) struct Sample {
    number: f64,
    pub(crate) mean: f64,
    pub(crate) median: f64,
    variance: f64,
}

impl Sample {
    /// Without its largest values, one in `trimmed` of them: what the scheduler did, not the server.
    #[expect(clippy::cast_precision_loss, reason = "nobody takes 2^52 samples")]
    pub(crate) fn trimmed(mut values: Vec<f64>, trimmed: usize) -> Self {
        values.sort_by(f64::total_cmp);
        values.truncate(values.len() - values.len() / trimmed);
        let number = values.len() as f64;
        let mean = values.iter().sum::<f64>() / number;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (number - 1.0);
        Self { number, mean, median: values.get(values.len() / 2).copied().unwrap_or(f64::NAN), variance }
    }
}

/// Welch's t.
pub(crate) fn welch(one: &Sample, other: &Sample) -> f64 {
    (one.mean - other.mean) / (one.variance / one.number + other.variance / other.number).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by hand: means 2 and 5, variances 1 and 1, three each.
    #[test]
    fn welch_by_hand() {
        let one = Sample::trimmed(vec![1.0, 2.0, 3.0], 10);
        let other = Sample::trimmed(vec![6.0, 5.0, 4.0], 10);
        assert!((welch(&one, &other) + 3.0 / (2.0_f64 / 3.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn quantiles_are_values() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        let found = [0.0, 0.5, 0.99, 1.0].map(|share| quantile(&values, share));
        assert_eq!(found.map(f64::to_bits), [1.0, 50.0, 99.0, 100.0].map(f64::to_bits));
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn the_slow_end_is_left_out() {
        let mut values = vec![1.0; 18];
        values.extend([1e9, 1e9]);
        let sample = Sample::trimmed(values, 10);
        assert!((sample.mean - 1.0).abs() < 1e-12 && sample.variance < 1e-12);
    }
}
