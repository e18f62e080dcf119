//! How many tests passed, failed and were skipped, summed over the result lines of all test binaries.

use std::fmt;

/// The sums.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Tests that passed.
    pub(super) passed: u64,
    /// Tests that failed.
    pub(super) failed: u64,
    /// Tests marked `#[ignore]`.
    pub(super) skipped: u64,
}

impl Counts {
    /// Adds one line of the test runner's output, if it is a result:
    /// `test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s`.
    pub(super) fn add_line(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else { return };
        for part in result.split(';') {
            let mut words = part.split_whitespace().rev();
            let (Some(what), Some(Ok(number))) = (words.next(), words.next().map(str::parse::<u64>)) else {
                continue;
            };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.skipped += number,
                _ => {}
            }
        }
    }
}

/// `12 passed, 0 failed`, and `, 1 skipped` if any were. CI reads this line: it stays as it is.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 { write!(f, ", {} skipped", self.skipped) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    fn counts_of(lines: &[&str]) -> Counts {
        let mut counts = Counts::default();
        for line in lines {
            counts.add_line(line);
        }
        counts
    }

    #[test]
    fn results_of_all_binaries_are_summed() {
        let counts = counts_of(&[
            "running 13 tests",
            "test a ... ok",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.00s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s",
        ]);
        assert_eq!(counts, Counts { passed: 15, failed: 2, skipped: 1 });
        assert_eq!(counts.to_string(), "15 passed, 2 failed, 1 skipped");
    }

    #[test]
    fn skipped_is_said_only_where_there_are_any() {
        assert_eq!(counts_of(&[]).to_string(), "0 passed, 0 failed");
    }

    #[test]
    fn other_lines_count_nothing() {
        assert_eq!(counts_of(&["the test result: ok. 12 passed; 0 failed", "12 passed"]), Counts::default());
    }
}
