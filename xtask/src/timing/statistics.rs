//! Welch's t-test, which asks whether two means differ without assuming that the spreads are alike.

/// A sample, summed up.
pub(super) struct Sample {
    number: f64,
    pub(super) mean: f64,
    pub(super) median: f64,
    variance: f64,
}

impl Sample {
    /// Without its largest values, one in `trimmed` of them: what the scheduler did, not the server.
    #[expect(clippy::cast_precision_loss, reason = "nobody takes 2^52 samples")]
    pub(super) fn trimmed(mut values: Vec<f64>, trimmed: usize) -> Self {
        values.sort_by(f64::total_cmp);
        values.truncate(values.len() - values.len() / trimmed);
        let number = values.len() as f64;
        let mean = values.iter().sum::<f64>() / number;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (number - 1.0);
        Self { number, mean, median: values.get(values.len() / 2).copied().unwrap_or(f64::NAN), variance }
    }
}

/// Welch's t.
pub(super) fn welch(one: &Sample, other: &Sample) -> f64 {
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
    fn the_slow_end_is_left_out() {
        let mut values = vec![1.0; 18];
        values.extend([1e9, 1e9]);
        let sample = Sample::trimmed(values, 10);
        assert!((sample.mean - 1.0).abs() < 1e-12 && sample.variance < 1e-12);
    }
}
