// SPDX-License-Identifier: MIT OR Apache-2.0
//! The results of a campaign, as a file, and of several together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::case::FaultKind;
use super::outcome::{OUTCOMES, Outcome};

/// One run's result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Number in the campaign.
    pub number: u64,
    /// What was injected.
    pub kind: FaultKind,
    /// The part that was hit.
    pub place: String,
    /// In words.
    pub detail: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// A campaign, or a shard of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// Runs done.
    pub runs: u64,
    /// What they follow from.
    pub seed: u64,
    /// How many of each class.
    pub classes: BTreeMap<String, u64>,
    /// Kernel-state flips apart: how many of each class.
    pub kernel: BTreeMap<String, u64>,
    /// Runs, not of kernel flips, whose outcome is forbidden.
    pub forbidden: u64,
    /// All of them.
    pub rows: Vec<Row>,
}

impl Campaign {
    /// Counts the outcomes, those of kernel flips apart.
    pub fn new(seed: u64, mut rows: Vec<Row>) -> Self {
        rows.sort_by_key(|row| row.number);
        let count = |kernel: bool| -> BTreeMap<String, u64> {
            let mut classes: BTreeMap<String, u64> = OUTCOMES.iter().map(|outcome| (outcome.name(), 0)).collect();
            for row in rows.iter().filter(|row| (row.kind == FaultKind::Kernel) == kernel) {
                *classes.entry(row.outcome.name()).or_default() += 1;
            }
            classes
        };
        let forbidden = rows.iter().filter(|row| is_forbidden(row)).count() as u64;
        Self { runs: rows.len() as u64, seed, classes: count(false), kernel: count(true), forbidden, rows }
    }

    /// Several shards as one campaign. They have one seed and no run in common.
    pub fn merge(shards: Vec<Self>) -> Result<Self, String> {
        let seed = shards.first().ok_or("nothing to merge")?.seed;
        shards.iter().try_for_each(Self::check)?;
        if let Some(other) = shards.iter().find(|shard| shard.seed != seed) {
            return Err(format!("seeds {seed} and {} are of different campaigns", other.seed));
        }
        let merged = Self::new(seed, shards.into_iter().flat_map(|shard| shard.rows).collect());
        match merged.rows.windows(2).find(|pair| pair[0].number == pair[1].number) {
            Some(pair) => Err(format!("run {} is there twice", pair[0].number)),
            None => Ok(merged),
        }
    }

    /// A file whose counts are not those of its rows was cut or changed.
    fn check(&self) -> Result<(), String> {
        let counted = Self::new(self.seed, self.rows.clone());
        let what = match () {
            () if self.runs != counted.runs => format!("{} runs, but {} rows", self.runs, counted.runs),
            () if self.forbidden != counted.forbidden => {
                format!("{} forbidden, but {} such rows", self.forbidden, counted.forbidden)
            }
            () if *self != counted => "other counts than its rows have".into(),
            () => return Ok(()),
        };
        Err(format!("a shard of seed {} has {what}", self.seed))
    }

    /// The command that repeats a run.
    pub fn replay(&self, row: &Row) -> String {
        format!("tools/lazaret inject --seed {} --only {}", self.seed, row.number)
    }
}

/// Of a kernel flip nothing is forbidden; it is counted.
pub fn is_forbidden(row: &Row) -> bool {
    row.kind != FaultKind::Kernel && row.outcome.is_forbidden()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u64, kind: FaultKind, outcome: Outcome) -> Row {
        Row { number, kind, place: "x0".into(), detail: String::new(), outcome }
    }

    #[test]
    fn forbidden_are_counted_but_not_of_kernel_flips() {
        let rows = vec![row(1, FaultKind::Kernel, Outcome::Hang), row(0, FaultKind::Register, Outcome::Hang)];
        let campaign = Campaign::new(5, rows);
        assert_eq!((campaign.runs, campaign.forbidden), (2, 1));
        assert_eq!((campaign.classes["hang"], campaign.kernel["hang"]), (1, 1));
        assert_eq!(campaign.replay(&campaign.rows[0]), "tools/lazaret inject --seed 5 --only 0");
    }

    #[test]
    fn shards_come_together_once() {
        let shard = |number| Campaign::new(5, vec![row(number, FaultKind::Stack, Outcome::NoEffect)]);
        assert_eq!(Campaign::merge(vec![shard(1), shard(0)]).unwrap().runs, 2);
        assert!(Campaign::merge(vec![shard(1), shard(1)]).is_err());
        assert!(Campaign::merge(vec![shard(1), Campaign { seed: 6, ..shard(2) }]).is_err());
        assert!(Campaign::merge(vec![]).is_err());
        for wrong in [
            Campaign { runs: 2, ..shard(0) },
            Campaign { forbidden: 1, ..shard(0) },
            Campaign { rows: vec![], ..shard(0) },
            Campaign { classes: [("hang".into(), 1)].into(), ..shard(0) },
        ] {
            let error = Campaign::merge(vec![wrong, shard(1)]).unwrap_err();
            assert!(error.contains("seed 5"), "{error}");
        }
    }
}
