// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an obligation came to: how much was gone through, what each clause excluded, and what failed.

use std::fmt;

/// How much one clause excluded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Excluded {
    /// The clause.
    pub name: &'static str,
    /// It needs other cores to exclude anything.
    pub only_many: bool,
    /// Candidates that satisfied all clauses before it, and not this one.
    pub count: u64,
}

/// Why the obligation is not met.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What does not hold.
    pub what: &'static str,
    /// A case.
    pub text: String,
}

/// Of one obligation, or of one thread's part of it.
#[derive(Clone, Debug)]
pub struct Report {
    /// The obligation.
    pub name: &'static str,
    /// Candidates for one vCPU.
    pub vcpus: u64,
    /// What was excluded of them.
    pub of_a_vcpu: Vec<Excluded>,
    /// Candidates for a core with its vCPUs.
    pub cores: u64,
    /// What was excluded of them.
    pub of_a_core: Vec<Excluded>,
    /// States that satisfy the invariant.
    pub states: u64,
    /// Steps of production code from them.
    pub steps: u64,
    /// Steps that the other threads know of.
    pub(crate) told: u64,
    /// The first that failed.
    pub failure: Option<Failure>,
}

impl Report {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            vcpus: 0,
            of_a_vcpu: Vec::new(),
            cores: 0,
            of_a_core: Vec::new(),
            states: 0,
            steps: 0,
            told: 0,
            failure: None,
        }
    }

    pub(crate) fn crashed(name: &'static str) -> Self {
        let failure = Failure { what: "a call of the shim panicked", text: "see above".into() };
        Self { failure: Some(failure), ..Self::new(name) }
    }

    pub(crate) fn add(&mut self, part: Self) {
        self.cores += part.cores;
        self.states += part.states;
        self.steps += part.steps;
        if self.of_a_core.is_empty() {
            self.of_a_core = part.of_a_core;
        } else {
            self.of_a_core.iter_mut().zip(part.of_a_core).for_each(|(sum, more)| sum.count += more.count);
        }
        self.failure = self.failure.take().or(part.failure);
    }

    /// The report, or why the obligation is not met. `many`: other cores exist.
    pub fn verdict(self, many: bool) -> Result<Self, String> {
        if let Some(Failure { what, text }) = &self.failure {
            return Err(format!("{}: {what}\n{text}", self.name));
        }
        for (all, excluded) in [(self.vcpus, &self.of_a_vcpu), (self.cores, &self.of_a_core)] {
            let mut left = all;
            for clause in excluded.iter().filter(|clause| many || !clause.only_many) {
                if clause.count == left {
                    return Err(format!("{}: a clause excludes everything: {}", self.name, clause.name));
                }
                if clause.count == 0 {
                    return Err(format!(
                        "{}: a clause excludes nothing, so it says nothing: {}",
                        self.name, clause.name
                    ));
                }
                left -= clause.count;
            }
        }
        if self.steps == 0 {
            return Err(format!("{}: nothing was tried", self.name));
        }
        Ok(self)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} states, {} steps of production code", self.name, self.states, self.steps)?;
        for (kind, all, excluded) in [("vCPUs", self.vcpus, &self.of_a_vcpu), ("cores", self.cores, &self.of_a_core)] {
            if all > 0 {
                writeln!(f, "  of {all} candidates for {kind} are excluded by")?;
            }
            for clause in excluded {
                writeln!(f, "  {:>12} {}", clause.count, clause.name)?;
            }
        }
        Ok(())
    }
}
