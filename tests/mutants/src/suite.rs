// SPDX-License-Identifier: MIT OR Apache-2.0
//! The tests that a mutant meets, and what they say.

/// Tests of one package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// That of loads and stores.
    Decoder,
    /// The decoder's of syndromes.
    Syndrome,
    /// The shim's own.
    Shim,
    /// The handlers' and the table's.
    Handlers,
    /// Random instructions beside the eager reference.
    Property,
    /// The explored model.
    Model,
    /// The inductive proof.
    Proof,
    /// The kernel's.
    Kernel,
    /// The VMM's.
    Monitor,
    /// The serial driver's.
    Serial,
    /// The debug line's driver's.
    DebugLine,
    /// The block driver's.
    Block,
    /// The network driver's.
    Network,
    /// That of queues in a driver's memory.
    Virtio,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All tests passed.
    Survived,
    /// This test failed.
    Caught(String),
    /// The mistake is none: it does not compile.
    NotRust(String),
}

impl Suite {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Decoder,
        Self::Syndrome,
        Self::Shim,
        Self::Handlers,
        Self::Property,
        Self::Model,
        Self::Proof,
        Self::Kernel,
        Self::Monitor,
        Self::Serial,
        Self::DebugLine,
        Self::Block,
        Self::Network,
        Self::Virtio,
    ];

    /// For `cargo test`.
    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Decoder => &["-p", "arm-load-store"],
            Self::Syndrome => &["-p", "arm-syndrome"],
            Self::Shim => &["-p", "debug-shim", "--lib"],
            Self::Handlers => {
                &["-p", "arm-trap-table", "--lib", "--test", "table", "--test", "semantics", "--test", "aarch32"]
            }
            Self::Property => &["-p", "property", "--tests"],
            // Not `--tests`: its page is not in the copy, and no mutant is in a page.
            Self::Model => &["-p", "model", "--lib", "--test", "shim"],
            Self::Proof => &["-p", "proof", "--test", "proof"],
            Self::Kernel => &["-p", "microkernel", "--lib"],
            Self::Monitor => &["-p", "vmm", "--lib"],
            Self::Serial => &["-p", "serial", "--lib"],
            Self::DebugLine => &["-p", "debug-line", "--lib"],
            Self::Block => &["-p", "block", "--lib"],
            Self::Network => &["-p", "network", "--lib"],
            Self::Virtio => &["-p", "virtio", "--lib"],
        }
    }

    /// What it is called in the list.
    pub fn name(self) -> &'static str {
        match self {
            Self::Decoder => "arm-load-store",
            Self::Syndrome => "arm-syndrome",
            Self::Shim => "debug-shim",
            Self::Handlers => "arm-trap-table",
            Self::Property => "property",
            Self::Model => "model",
            Self::Proof => "proof",
            Self::Kernel => "microkernel",
            Self::Monitor => "vmm",
            Self::Serial => "serial",
            Self::DebugLine => "debug-line",
            Self::Block => "block",
            Self::Network => "network",
            Self::Virtio => "virtio",
        }
    }

    /// Reads what cargo printed.
    pub fn verdict(self, passed: bool, output: &str) -> Verdict {
        if passed {
            return Verdict::Survived;
        }
        let property = output.split("Unexpected \"").nth(1).and_then(|rest| rest.split('"').next());
        let failed = |line: &str| Some(line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?.to_owned());
        match (property, output.lines().find_map(failed)) {
            (Some(property), _) => Verdict::Caught(format!("{}: {property}", self.name())),
            (None, Some(test)) => Verdict::Caught(format!("{}: {test}", self.name())),
            // An assertion about constants is a test as well.
            (None, None) if output.contains("error[E0080]") => {
                Verdict::Caught(format!("{}: an assertion at compile time", self.name()))
            }
            (None, None) if output.contains("could not compile") => Verdict::NotRust(output.into()),
            (None, None) => Verdict::Caught(format!("{}: did not end", self.name())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_is_named() {
        let output = "test tests::p5 ... ok\ntest tests::p6 ... FAILED\n";
        assert_eq!(Suite::Shim.verdict(false, output), Verdict::Caught("debug-shim: tests::p6".into()));
        let output = "Unexpected \"P8 one owner\" counterexample\ntest two ... FAILED\n";
        assert_eq!(Suite::Model.verdict(false, output), Verdict::Caught("model: P8 one owner".into()));
        assert_eq!(Suite::Model.verdict(true, ""), Verdict::Survived);
        assert!(matches!(Suite::Shim.verdict(false, "error: could not compile `x`"), Verdict::NotRust(_)));
    }
}
