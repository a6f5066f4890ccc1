// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a guest finds behind every encoding of debug registers, ID registers and performance monitors: here and under
//! KVM. A difference is one that the register table explains, or an error.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use anyhow::Context;
use arm_syndrome::SysReg;
use arm_trap_table::aarch32::DIFFERENCES32;
use arm_trap_table::{DIFFERENCES, Difference, Seen, TRAP_TABLE};
use regex::Regex;

use super::subject::{Job, Peer};
use super::{Bench, Subject};

/// The encoding of a 64-bit access to a coprocessor is [coprocessor + this, opc1, 0, CRm, 0].
const DOUBLE: u8 = 32;

/// An access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// 0 or 1.
    pub el: u8,
    /// MRS.
    pub reads: bool,
    /// op0, op1, CRn, CRm, op2; of a 32-bit guest the coprocessor, opc1, CRn, CRm, opc2.
    pub encoding: [u8; 5],
}

/// What a guest found: all that is not undefined, and how many accesses it tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    rows: BTreeMap<Key, Seen>,
    tried: u64,
}

static ROW: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"ROW el=(\d) (read|write) ([spd])(\d+)_(\d+)(?:_c(\d+))?_c(\d+)(?:_(\d))? (value|exception)=0x([0-9a-f]+)")
});
static TRIED: LazyLock<Regex> = LazyLock::new(|| pattern(r"DIFFERENTIAL rows=(\d+)"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| panic!("{error}"))
}

impl Found {
    /// Reads the guest's output.
    pub fn parse(output: &str) -> anyhow::Result<Self> {
        let tried = TRIED.captures(output).context("the guest did not say how many accesses it tried")?;
        let tried = tried[1].parse()?;
        let mut rows = BTreeMap::new();
        for captures in output.lines().filter_map(|line| ROW.captures(line)) {
            let number = |n: usize| captures.get(n).map_or(Ok(0), |digits| digits.as_str().parse::<u8>());
            let space = number(4)? + if &captures[3] == "d" { DOUBLE } else { 0 };
            let encoding = [space, number(5)?, number(6)?, number(7)?, number(8)?];
            let key = Key { el: number(1)?, reads: &captures[2] == "read", encoding };
            let value = u64::from_str_radix(&captures[10], 16)?;
            let seen = if &captures[9] == "value" { Seen::Value(value) } else { Seen::Exception(value as u8) };
            rows.insert(key, seen);
        }
        Ok(Self { rows, tried })
    }

    fn seen(&self, key: &Key) -> Seen {
        self.rows.get(key).copied().unwrap_or(Seen::Undefined)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EL{} {} ", self.el, if self.reads { "read" } else { "write" })?;
        match self.encoding {
            [op0 @ ..4, op1, crn, crm, op2] => {
                let register = SysReg::new(op0, op1, crn, crm, op2);
                let name = TRAP_TABLE.iter().find(|row| row.register == register).map_or("", |row| row.name);
                write!(f, "s{op0}_{op1}_c{crn}_c{crm}_{op2} {name}")
            }
            [coprocessor @ ..DOUBLE, opc1, crn, crm, opc2] => write!(f, "p{coprocessor}_{opc1}_c{crn}_c{crm}_{opc2}"),
            [coprocessor, opc1, _, crm, _] => write!(f, "d{}_{opc1}_c{crm}", coprocessor - DOUBLE),
        }
    }
}

/// A row in which the two differ.
#[derive(Debug, Clone)]
pub struct Differing {
    /// The access.
    pub key: Key,
    /// Here.
    pub ours: Seen,
    /// There.
    pub theirs: Seen,
    /// Why, if that is known.
    pub why: Option<&'static Difference>,
}

/// What came of the comparison.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// Accesses that both tried.
    pub rows: u64,
    /// Those that differ.
    pub differing: Vec<Differing>,
}

impl Comparison {
    /// Compares all rows.
    pub fn of(ours: &Found, theirs: &Found) -> anyhow::Result<Self> {
        anyhow::ensure!(ours.tried == theirs.tried, "{} accesses here, {} there", ours.tried, theirs.tried);
        let mut keys: Vec<_> = ours.rows.keys().chain(theirs.rows.keys()).copied().collect();
        keys.sort_unstable();
        keys.dedup();
        let mut differing = Vec::new();
        for key in keys {
            let (ours, theirs) = (ours.seen(&key), theirs.seen(&key));
            if ours != theirs {
                let mut reasons = DIFFERENCES.iter().chain(&DIFFERENCES32);
                let why = reasons.find(|row| row.explains(key.encoding, key.el, key.reads, ours, theirs));
                differing.push(Differing { key, ours, theirs, why });
            }
        }
        Ok(Self { rows: ours.tried, differing })
    }

    /// Those that nothing explains.
    pub fn unexplained(&self) -> impl Iterator<Item = &Differing> {
        self.differing.iter().filter(|differing| differing.why.is_none())
    }

    /// Each reason, and how many rows it explains.
    pub fn reasons(&self) -> BTreeMap<&'static str, usize> {
        let mut reasons = BTreeMap::new();
        self.differing
            .iter()
            .filter_map(|differing| differing.why)
            .for_each(|why| *reasons.entry(why.why).or_default() += 1);
        reasons
    }

    /// The line about all.
    pub fn summary(&self) -> String {
        let unexplained = self.unexplained().count();
        let explained = self.differing.len() - unexplained;
        format!("{} rows compared, {explained} explained, {unexplained} unexplained", self.rows)
    }
}

impl fmt::Display for Differing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} here, {} under KVM", self.key, self.ours, self.theirs)?;
        self.why.map_or(Ok(()), |why| write!(f, ": {}", why.why))
    }
}

/// Runs the guest of that width under both.
pub fn compare(bench: &Bench<'_>, is_narrow: bool) -> anyhow::Result<Comparison> {
    let job = Job { is_narrow, ..Job::new("mode=differential", r"GUEST differential: \d+ passed") };
    let found = |subject: Subject| {
        let run = bench.run(subject, job).with_context(|| format!("{}: the guest did not end", subject.name()))?;
        Found::parse(&run.output).with_context(|| subject.name())
    };
    Comparison::of(&found(Subject::Lazaret)?, &found(Subject::Peer(Peer::Kvm))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_both_widths() {
        let output = "ROW el=1 read s2_0_c0_c0_4 value=0x10\nROW el=0 write s3_3_c9_c12_0 exception=0x18\n\
                      ROW el=0 read p14_0_c0_c0_0 value=0x3516d000\nROW el=1 read d14_0_c1 value=0x0\nDIFFERENTIAL rows=9\n";
        let found = Found::parse(output).unwrap();
        let key = |el, reads, encoding| Key { el, reads, encoding };
        let names: Vec<_> = found.rows.keys().map(ToString::to_string).collect();
        assert_eq!(found.seen(&key(1, true, [2, 0, 0, 0, 4])), Seen::Value(0x10));
        assert_eq!(found.seen(&key(0, false, [3, 3, 9, 12, 0])), Seen::Exception(0x18));
        assert_eq!(found.seen(&key(0, true, [14, 0, 0, 0, 0])), Seen::Value(0x3516_d000));
        assert_eq!(found.seen(&key(1, true, [14 + DOUBLE, 0, 0, 1, 0])), Seen::Value(0));
        assert_eq!(found.seen(&key(1, false, [14, 0, 0, 0, 0])), Seen::Undefined);
        assert!(names.contains(&"EL1 read d14_0_c1".into()) && names.contains(&"EL0 read p14_0_c0_c0_0".into()));
    }
}
