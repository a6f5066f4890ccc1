// SPDX-License-Identifier: MIT OR Apache-2.0
//! The debug registers of this core for the debug shim: the only `mrs` and `msr` of them, and of MDCR_EL2.
#![no_std]
#![cfg(target_os = "none")]
#![deny(missing_docs)]

use debug_shim::{Counts, DebugHardware, Register, has_pmu};

/// This core, at EL2.
#[derive(Clone, Copy, Debug)]
pub struct Hardware;

macro_rules! get {
    ($register:expr) => {{
        let value: u64;
        // SAFETY: the shim names only registers that `counts` covers; reading has no effect on memory.
        unsafe { core::arch::asm!(concat!("mrs {}, ", $register), out(reg) value, options(nomem, nostack, preserves_flags)) };
        value
    }};
}

macro_rules! set {
    ($register:expr, $value:expr) => {{
        // SAFETY: as for reading. PSTATE.D is set at EL2, and what MDSCR_EL1 has while MDCR_EL2.TDE is set enables
        // nothing, so nothing fires here.
        unsafe { core::arch::asm!(concat!("msr ", $register, ", {}"), in(reg) $value, options(nostack, preserves_flags)) };
    }};
}

/// An index into a bank as one of sixteen instructions. The shim refuses indexes beyond `counts`.
macro_rules! get_indexed {
    ($prefix:literal, $n:expr) => {
        match $n {
            0 => get!(concat!($prefix, "0_el1")),
            1 => get!(concat!($prefix, "1_el1")),
            2 => get!(concat!($prefix, "2_el1")),
            3 => get!(concat!($prefix, "3_el1")),
            4 => get!(concat!($prefix, "4_el1")),
            5 => get!(concat!($prefix, "5_el1")),
            6 => get!(concat!($prefix, "6_el1")),
            7 => get!(concat!($prefix, "7_el1")),
            8 => get!(concat!($prefix, "8_el1")),
            9 => get!(concat!($prefix, "9_el1")),
            10 => get!(concat!($prefix, "10_el1")),
            11 => get!(concat!($prefix, "11_el1")),
            12 => get!(concat!($prefix, "12_el1")),
            13 => get!(concat!($prefix, "13_el1")),
            14 => get!(concat!($prefix, "14_el1")),
            15 => get!(concat!($prefix, "15_el1")),
            _ => 0,
        }
    };
}

/// As [`get_indexed`].
macro_rules! set_indexed {
    ($prefix:literal, $n:expr, $value:expr) => {
        match $n {
            0 => set!(concat!($prefix, "0_el1"), $value),
            1 => set!(concat!($prefix, "1_el1"), $value),
            2 => set!(concat!($prefix, "2_el1"), $value),
            3 => set!(concat!($prefix, "3_el1"), $value),
            4 => set!(concat!($prefix, "4_el1"), $value),
            5 => set!(concat!($prefix, "5_el1"), $value),
            6 => set!(concat!($prefix, "6_el1"), $value),
            7 => set!(concat!($prefix, "7_el1"), $value),
            8 => set!(concat!($prefix, "8_el1"), $value),
            9 => set!(concat!($prefix, "9_el1"), $value),
            10 => set!(concat!($prefix, "10_el1"), $value),
            11 => set!(concat!($prefix, "11_el1"), $value),
            12 => set!(concat!($prefix, "12_el1"), $value),
            13 => set!(concat!($prefix, "13_el1"), $value),
            14 => set!(concat!($prefix, "14_el1"), $value),
            15 => set!(concat!($prefix, "15_el1"), $value),
            _ => {}
        }
    };
}

impl DebugHardware for Hardware {
    fn counts(&self) -> Counts {
        Counts::from_id_aa64dfr0(get!("id_aa64dfr0_el1"))
    }

    fn event_counters(&self) -> u8 {
        if has_pmu(get!("id_aa64dfr0_el1")) { (get!("pmcr_el0") >> 11) as u8 & 31 } else { 0 }
    }

    #[inline(always)]
    fn read(&self, register: Register) -> u64 {
        match register {
            Register::Bvr(n) => get_indexed!("dbgbvr", n),
            Register::Bcr(n) => get_indexed!("dbgbcr", n),
            Register::Wvr(n) => get_indexed!("dbgwvr", n),
            Register::Wcr(n) => get_indexed!("dbgwcr", n),
            Register::Mdccint => get!("mdccint_el1"),
            Register::ClaimSet => get!("dbgclaimset_el1"),
            Register::ClaimClr => get!("dbgclaimclr_el1"),
            Register::Vcr32 => get!("dbgvcr32_el2"),
            Register::Mdscr => get!("mdscr_el1"),
            Register::Mdcr => get!("mdcr_el2"),
            Register::Oslar => 0,
            Register::Osdlr => get!("osdlr_el1"),
            Register::Osdtrrx => get!("osdtrrx_el1"),
            Register::Osdtrtx => get!("osdtrtx_el1"),
        }
    }

    #[inline(always)]
    fn write(&self, register: Register, value: u64) {
        match register {
            Register::Bvr(n) => set_indexed!("dbgbvr", n, value),
            Register::Bcr(n) => set_indexed!("dbgbcr", n, value),
            Register::Wvr(n) => set_indexed!("dbgwvr", n, value),
            Register::Wcr(n) => set_indexed!("dbgwcr", n, value),
            Register::Mdccint => set!("mdccint_el1", value),
            Register::ClaimSet => set!("dbgclaimset_el1", value),
            Register::ClaimClr => set!("dbgclaimclr_el1", value),
            Register::Vcr32 => set!("dbgvcr32_el2", value),
            Register::Mdscr => set!("mdscr_el1", value),
            Register::Mdcr => set!("mdcr_el2", value),
            Register::Oslar => set!("oslar_el1", value),
            Register::Osdlr => set!("osdlr_el1", value),
            Register::Osdtrrx => set!("osdtrrx_el1", value),
            Register::Osdtrtx => set!("osdtrtx_el1", value),
        }
    }

    fn synchronize(&self) {
        // SAFETY: a barrier.
        unsafe { core::arch::asm!("isb", options(nostack, preserves_flags)) };
    }
}
