// SPDX-License-Identifier: MIT OR Apache-2.0
//! A trace in numbers.

use std::collections::BTreeMap;

use super::instruction::{Kind, kind};
use super::log::Execution;
use super::symbols::Symbols;

/// What one operation executes, by level and by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Kinds {
    /// All instructions, those of the loop in the guest too.
    pub all: f64,
    /// At EL0, EL1 and EL2: without the guest's own, EL1 is a host's kernel.
    pub levels: [f64; 3],
    /// MSR to registers.
    pub system_writes: f64,
    /// MRS.
    pub system_reads: f64,
    /// ISB, DSB, DMB.
    pub barriers: f64,
    /// TLBI.
    pub tlb: f64,
    /// Exceptions taken to EL2.
    pub exceptions: f64,
    /// ERET.
    pub returns: f64,
}

impl Kinds {
    /// Counts a trace.
    pub fn of(trace: &Execution) -> Self {
        let mut kinds = Self { exceptions: trace.exceptions as f64, ..Self::default() };
        for step in &trace.steps {
            kinds.all += 1.0;
            if let Some(level) = kinds.levels.get_mut(usize::from(step.level)) {
                *level += 1.0;
            }
            match step.word.map_or(Kind::Plain, kind) {
                Kind::SystemWrite => kinds.system_writes += 1.0,
                Kind::SystemRead => kinds.system_reads += 1.0,
                Kind::Barrier => kinds.barriers += 1.0,
                Kind::Tlb => kinds.tlb += 1.0,
                Kind::ExceptionReturn => kinds.returns += 1.0,
                Kind::Cache | Kind::Plain => (),
            }
        }
        kinds.divided(trace.count.max(1) as f64)
    }

    /// What a count of instructions hides, for people: MSR / MRS / barriers / TLBI / exceptions.
    pub fn hidden(&self) -> String {
        let numbers = [self.system_writes, self.system_reads, self.barriers, self.tlb, self.exceptions];
        numbers.map(|number| format!("{number:.0}")).join("/")
    }

    /// The same for programs.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "system_writes": self.system_writes,
            "system_reads": self.system_reads,
            "barriers": self.barriers,
            "tlbi": self.tlb,
            "exceptions": self.exceptions,
        })
    }

    fn divided(mut self, by: f64) -> Self {
        let all = [
            &mut self.all,
            &mut self.system_writes,
            &mut self.system_reads,
            &mut self.barriers,
            &mut self.tlb,
            &mut self.exceptions,
            &mut self.returns,
        ];
        all.into_iter().chain(&mut self.levels).for_each(|number| *number /= by);
        self
    }
}

/// Instructions of one operation by where they are: program, function, inlined functions.
pub fn stacks(trace: &Execution, symbols: &mut Symbols) -> BTreeMap<Vec<String>, f64> {
    let mut stacks: BTreeMap<Vec<String>, f64> = BTreeMap::new();
    for step in &trace.steps {
        let frames = symbols.frames(step.level, step.pc).to_vec();
        *stacks.entry(frames).or_default() += 1.0 / trace.count.max(1) as f64;
    }
    stacks
}

/// A function as the linker knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    pub program: String,
    pub name: String,
    /// Instructions of one operation.
    pub count: f64,
    /// The same by what is inlined in it, the most expensive first.
    pub parts: Vec<(String, f64)>,
}

/// The functions, the most expensive first.
pub fn functions(stacks: &BTreeMap<Vec<String>, f64>) -> Vec<Function> {
    let mut functions: BTreeMap<(String, String), BTreeMap<String, f64>> = BTreeMap::new();
    for (stack, count) in stacks {
        let name = |at: usize| stack.get(at).cloned().unwrap_or_default();
        let parts = functions.entry((name(0), name(1))).or_default();
        *parts.entry(stack.last().cloned().unwrap_or_default()).or_default() += count;
    }
    let of = |((program, name), parts): ((String, String), BTreeMap<String, f64>)| {
        let count = parts.values().sum();
        Function { program, name, count, parts: sorted(parts) }
    };
    let mut all: Vec<_> = functions.into_iter().map(of).collect();
    all.sort_by(|a, b| b.count.total_cmp(&a.count));
    all
}

fn sorted(parts: BTreeMap<String, f64>) -> Vec<(String, f64)> {
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_by(|a, b| b.1.total_cmp(&a.1));
    parts
}
