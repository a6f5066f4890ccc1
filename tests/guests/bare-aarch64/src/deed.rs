// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a neighbour does to take more of the core than its share.

/// By name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Computes, without an exit: what a fair neighbour does.
    Spin,
    /// PSCI_VERSION: the cheapest exit.
    Version,
    /// A register that does not exist.
    Undefined,
    /// A hypercall that nobody knows.
    Hypercall,
    /// SYSTEM_RESET, as soon as it has booted.
    Reset,
    /// Lines on the console.
    Print,
    /// A software-generated interrupt to itself, which it handles.
    Sgi,
    /// Its virtual timer, which expires at once.
    Timer,
    /// WFI for a moment.
    Wfi,
    /// The whole debug bank armed, and the OS lock, whose writes trap.
    Debug,
    /// Cache and TLB maintenance.
    Maintenance,
}

impl Deed {
    /// All, with the words that choose them.
    pub const ALL: [(&'static str, Self); 11] = [
        ("spin", Self::Spin),
        ("version", Self::Version),
        ("undefined", Self::Undefined),
        ("hypercall", Self::Hypercall),
        ("reset", Self::Reset),
        ("print", Self::Print),
        ("sgi", Self::Sgi),
        ("timer", Self::Timer),
        ("wfi", Self::Wfi),
        ("debug", Self::Debug),
        ("maintenance", Self::Maintenance),
    ];

    /// By its word.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(word, _)| *word == name).map(|(_, deed)| *deed)
    }
}
