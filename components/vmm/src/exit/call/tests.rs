// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every function, from both widths, by HVC and by SMC, against answers that are written down here a second time.

use super::*;
use crate::exit::{Exit, Next};
use crate::fake::{FakeSerial, FakeVcpu};
use crate::vcpu::FaultContext;
use crate::vm::Vm;
use crate::vm::tests::{PC, Parts};
use proptest::prelude::*;
use std::format;
use std::string::ToString;
use std::vec::Vec;

const SUCCESS: i32 = 0;
const INVALID_PARAMETERS: i32 = -2;
const DENIED: i32 = -3;
const ALREADY_ON: i32 = -4;
const SPSR_EL1H: u64 = 0x3c5;
const CPSR_SVC: u64 = 0x1d3;

/// HVC and SMC with an immediate, and by which width.
const fn calls(width: Width, immediate: u64) -> [u64; 2] {
    match width {
        Width::Aarch64 => [0x5a00_0000 | immediate, 0x5e00_0000 | immediate],
        Width::Aarch32 => [0x4a00_0000 | immediate, 0x4e00_0000],
    }
}

const WIDTHS: [Width; 2] = [Width::Aarch64, Width::Aarch32];

/// A machine that calls, and is started again when it has ended.
struct Caller<'p> {
    parts: &'p Parts,
    machine: (Vm<'p, FakeSerial>, FakeVcpu),
    width: Width,
}

impl<'p> Caller<'p> {
    fn new(parts: &'p Parts, width: Width) -> Self {
        Self { parts, machine: parts.start(), width }
    }

    /// What becomes of the call: x0 and whether the guest goes on.
    fn call(&mut self, esr: u64, x: [u64; 4]) -> (i32, Next) {
        let (vm, vcpu) = &mut self.machine;
        let spsr = if self.width == Width::Aarch64 { SPSR_EL1H } else { CPSR_SVC };
        vcpu.set_pc(PC);
        vcpu.set_spsr(spsr);
        (0..4).for_each(|n| vcpu.set_x(n, x[usize::from(n)]));
        let context = FaultContext { pc: PC, spsr, register: 0, value: x[0] };
        let result = vm.exit(Exit::Vcpu { esr }, Some(context), None, vcpu);
        vcpu.conclude(result);
        let (answer, goes_on) = (vcpu.x(0) as u32 as i32, result.0 == Next::Resume && vcpu.pc() == PC + 4);
        if goes_on {
            assert!((1..4).all(|n| vcpu.x(n) == x[usize::from(n)]), "{esr:#x} {x:x?}");
        } else {
            self.machine = self.parts.start();
        }
        (answer, result.0)
    }
}

/// What it is to be, of a call that only answers.
fn model(function: u32, [first, second]: [u64; 2], width: Width) -> i32 {
    let is_64 = function & 1 << 30 != 0;
    if is_64 && width == Width::Aarch32 {
        return NOT_SUPPORTED;
    }
    let wide = if is_64 { first } else { first & 0xffff_ffff };
    match function {
        0x8400_0000 | 0x8000_0000 => 0x1_0001,
        0x8400_0002 => DENIED,
        0x8400_0003 | 0xc400_0003 => {
            if wide == 0 {
                ALREADY_ON
            } else {
                INVALID_PARAMETERS
            }
        }
        0x8400_0004 | 0xc400_0004 => {
            let level = second as u32;
            let is_mpidr = wide >> 40 == 0 && (wide >> 24) & 0xff == 0;
            let fields = [wide & 0xff, (wide >> 8) & 0xff, (wide >> 16) & 0xff, (wide >> 32) & 0xff];
            let is_ours = level <= 3 && fields[level as usize..].iter().all(|field| *field == 0);
            if is_mpidr && is_ours { SUCCESS } else { INVALID_PARAMETERS }
        }
        0x8400_0006 => 2,
        0x8400_000a => feature(first as u32, width),
        0x8000_0001 => {
            if matches!(first as u32, 0x8000_0000 | 0x8000_0001) {
                SUCCESS
            } else {
                NOT_SUPPORTED
            }
        }
        _ => NOT_SUPPORTED,
    }
}

/// PSCI_FEATURES.
fn feature(function: u32, width: Width) -> i32 {
    match function {
        0x8400_0000..=0x8400_0004 | 0x8400_0006 | 0x8400_0008..=0x8400_000a | 0x8000_0000 => SUCCESS,
        0xc400_0001 | 0xc400_0003 | 0xc400_0004 if width == Width::Aarch64 => SUCCESS,
        _ => NOT_SUPPORTED,
    }
}

/// Those that stop the vCPU or the machine, from that width.
fn acts(function: u32, width: Width) -> bool {
    matches!(function, 0x8400_0001 | 0x8400_0008 | 0x8400_0009) || function == 0xc400_0001 && width == Width::Aarch64
}

/// PSCI's and the architecture's functions and their neighbours in either form, and one of each other owner.
fn functions() -> impl Iterator<Item = u32> {
    let psci = (0x8400_0000..0x8400_0040).chain(0x8000_0000..0x8000_0010);
    let workarounds = [0x8000_8000, 0x8000_7fff, 0x8000_3fff, 0x8000_0002];
    // Numbers of calls, UID and revision; firmware, trusted applications and OSs, hypervisors, vendors.
    let owners = (0..64).flat_map(|owner| [0, 1, 3, 0xff00, 0xff01, 0xff03].map(|n| 0x8000_0000 | owner << 24 | n));
    let owners = owners.filter(|function| function & 0xffff >= 0xff00 || function >> 24 & 0x3f > 4);
    let mandatory = [0x0400_0000, 0x0000_0000, 0x8401_0000, 0x8402_0000, 0x8480_0000, u32::MAX];
    psci.chain(workarounds).chain(owners).chain(mandatory).flat_map(|function| [function, function | CONVENTION_64])
}

const VALUES: [u64; 12] = [0, 1, 3, 4, 0x100, 0x1_0000, 1 << 24, 1 << 31, 1 << 32, 1 << 39, 1 << 40, 0x8400_000a];

#[test]
fn every_function_of_every_caller() {
    let parts = Parts::new();
    for width in WIDTHS {
        let mut caller = Caller::new(&parts, width);
        for function in functions() {
            for (esr, first) in calls(width, 0).into_iter().flat_map(|esr| VALUES.map(|value| (esr, value))) {
                let x = [0xffff_ffff_0000_0000 | u64::from(function), first, first >> 1, u64::MAX];
                let (answer, next) = caller.call(esr, x);
                let what = format!("{function:#x} {first:#x} {width:?} {esr:#x}");
                assert_eq!(next != Next::Resume, acts(function, width) && function != 0x8400_0009, "{what}");
                if !acts(function, width) {
                    assert_eq!(answer, model(function, [first, first >> 1], width), "{what}");
                }
            }
        }
    }
}

/// For every number: what PSCI_FEATURES says is what the function itself answers.
#[test]
fn features_say_what_functions_answer() {
    let parts = Parts::new();
    for width in WIDTHS {
        let mut caller = Caller::new(&parts, width);
        for function in functions() {
            let [hvc, _] = calls(width, 0);
            let (said, _) = caller.call(hvc, [0x8400_000a, 0xabcd_0000_0000_0000 | u64::from(function), 7, 7]);
            assert_eq!(said, feature(function, width), "{function:#x} {width:?}");
            // SMCCC_ARCH_FEATURES is there, but PSCI does not speak of it (DEN0022, 5.15).
            if function == 0x8000_0001 {
                continue;
            }
            // Of SMCCC's functions it knows the version only.
            let known = u64::from(if function == 0x8400_000a { function } else { 0 });
            let answers = acts(function, width) || caller.call(hvc, [function.into(), known, 0, 0]).0 != NOT_SUPPORTED;
            assert_eq!(said, if answers { SUCCESS } else { NOT_SUPPORTED }, "{function:#x} {width:?}");
        }
    }
}

#[test]
fn immediates_other_than_zero_are_no_calls() {
    let parts = Parts::new();
    for width in WIDTHS {
        let mut caller = Caller::new(&parts, width);
        for immediate in [1, 0x4c5, 0xffff] {
            for esr in calls(width, immediate).into_iter().filter(|esr| esr & 0xffff != 0) {
                for function in CALLS.iter().map(|call| call.function) {
                    assert_eq!(caller.call(esr, [function.into(), 0, 0, 0]), (NOT_SUPPORTED, Next::Resume), "{esr:#x}");
                }
            }
        }
    }
}

#[test]
fn numbers_are_the_crate_s_in_both_forms() {
    use smccc::psci::*;
    let both: Vec<_> =
        CALLS.iter().filter(|call| call.has_both_forms()).map(|call| call.function | CONVENTION_64).collect();
    assert_eq!(both, [PSCI_CPU_SUSPEND_64, PSCI_CPU_ON_64, PSCI_AFFINITY_INFO_64]);
    for call in CALLS {
        assert_eq!(call.function & CONVENTION_64, 0, "{}", call.name);
        assert_eq!(lookup(call.function, Width::Aarch32).map(|found| found.name), Some(call.name));
        assert!(call.arguments.len() <= table::MOST_ARGUMENTS);
        assert_eq!(call.arguments.is_empty(), !matches!(call.handler, Handler::Answer(_)), "{}", call.name);
    }
}

/// A call without arguments reads no register beyond the one in its message.
#[test]
fn arguments_are_read_by_calls_that_have_them() {
    let parts = Parts::new();
    for (function, words) in [(0x8600_fff0, 0), (0x8400_0006, 0), (0x8400_0002, 0), (0x8400_000a, 5), (0xc400_0004, 6)]
    {
        let (mut vm, mut vcpu) = parts.start();
        vcpu.words_read = 0;
        let context = FaultContext { pc: PC, spsr: SPSR_EL1H, register: 0, value: function };
        vm.exit(Exit::Vcpu { esr: 0x5a00_0000 }, Some(context), None, &mut vcpu);
        assert_eq!(vcpu.words_read, words, "{function:#x}");
    }
}

#[test]
fn the_page_is_fresh() {
    let text = Documentation.to_string();
    CALLS.iter().for_each(|call| assert!(text.contains(&format!("| `{}` | {:#010x}", call.name, call.function))));
    assert!(text.lines().filter(|line| line.starts_with("| `")).all(|line| line.matches('|').count() == 7));
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/calls.md");
    assert!(std::fs::read_to_string(page).ok() == Some(text), "stale: lazaret docs calls -o components/vmm/calls.md");
}

proptest! {
    /// Whatever is in the registers.
    #[test]
    fn answers_are_the_models(calls_made in prop::collection::vec(
        (any::<u32>(), 0u32..32, any::<[bool; 3]>(), any::<[u64; 4]>(), any::<[u8; 2]>()), 1..40), is_32 in any::<bool>()) {
        let width = if is_32 { Width::Aarch32 } else { Width::Aarch64 };
        let parts = Parts::new();
        let mut caller = Caller::new(&parts, width);
        for (any, number, [is_64, is_small, is_smc], noise, small) in calls_made {
            let function = if number < 4 { any } else { 0x8400_0000 | (number - 4) | u32::from(is_64) << 30 };
            let argument = |n: usize| match is_small {
                true => noise[n] & !0xffff_ffff | u64::from(small[n - 1] & 7),
                false => noise[n],
            };
            let x = [noise[0] << 32 | u64::from(function), argument(1), argument(2), noise[3]];
            if !acts(function, width) {
                let esr = calls(width, 0)[usize::from(is_smc)];
                prop_assert_eq!(caller.call(esr, x).0, model(function, [x[1], x[2]], width), "{:#x} {:x?}", esr, x);
            }
        }
    }
}
