// SPDX-License-Identifier: MIT OR Apache-2.0
//! What time is to an emulated machine.

/// Of a second.
const NANOSECONDS: u64 = 1_000_000_000;

/// Where a machine's clocks and timers get their time from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The host's clock: time goes on while the host does something else.
    Host,
    /// An instruction takes so many nanoseconds, as a power of two, up to 10. While no core has anything to do, time is the
    /// host's: for a machine that hears from outside.
    Instructions(u8),
    /// An instruction takes a nanosecond, and a wait for a timer takes none of the host's: every run is the same.
    Repeatable,
}

impl Clock {
    /// `-cpu`: a counter at the speed of instructions, so that a tick is one.
    pub(crate) fn cpu(self, cpu: &str) -> String {
        match self {
            Self::Host => cpu.into(),
            Self::Instructions(shift) => format!("{cpu},cntfrq={}", NANOSECONDS >> shift),
            Self::Repeatable => format!("{cpu},cntfrq={NANOSECONDS}"),
        }
    }

    /// QEMU's arguments.
    pub(crate) fn arguments(self) -> Vec<String> {
        let icount = |text: String| vec!["-icount".into(), text];
        match self {
            Self::Host => Vec::new(),
            Self::Instructions(shift) => icount(format!("shift={shift},sleep=on")),
            Self::Repeatable => {
                // What else a guest could tell one run from another by: the date, and entropy.
                let rest = ["-rtc", "base=2020-01-01,clock=vm", "-seed", "1"].map(String::from);
                [icount("shift=0,sleep=off".into()), rest.into()].concat()
            }
        }
    }
}
