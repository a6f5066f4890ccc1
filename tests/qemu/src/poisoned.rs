// SPDX-License-Identifier: MIT OR Apache-2.0
//! A loader that leaves every debug register enabled and random, the locks taken and all traps as wrong as can be: the
//! kernel boots nevertheless, nothing fires, and a guest finds what it always finds.

use std::time::Duration;

use lazaret_build::Request;
use lazaret_machine::{Script, Watch};

use crate::Scenario;
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[("boot-poisoned-debug-registers", poisoned)];

/// A register's encoding: op0, op1, CRn, CRm, op2.
type Encoding = [u32; 5];

const MDSCR_EL1: Encoding = [2, 0, 0, 2, 2];
const MDCCINT_EL1: Encoding = [2, 0, 0, 2, 0];
const DBGCLAIMSET_EL1: Encoding = [2, 0, 7, 8, 6];
const OSDLR_EL1: Encoding = [2, 0, 1, 3, 4];
const OSLAR_EL1: Encoding = [2, 0, 1, 0, 4];
const MDCR_EL2: Encoding = [3, 4, 1, 1, 1];
/// Of a Cortex-A57.
const BREAKPOINTS: u32 = 6;
const WATCHPOINTS: u32 = 4;
/// E, EL0 to EL2, all bytes.
const BREAK_EVERYWHERE: u64 = 1 | 0b11 << 1 | 0xf << 5 | 1 << 13;
/// The same for loads and stores, with 31 address bits masked.
const WATCH_EVERYTHING: u64 = 1 | 0b11 << 1 | 0b11 << 3 | 0xff << 5 | 1 << 13 | 31 << 24;
/// `MDSCR_EL1`: SS, TDCC, KDE, HDE, MDE.
const ALL_ENABLED: u64 = 1 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 15;
/// All but the bits that say how many event counters there are: none, which no core has.
const ALL_TRAPS: u64 = 0xffff_ffe0;

fn poisoned() -> anyhow::Result<()> {
    let built = machine::build(&Request::new(machine::description("one_bare")))?;
    let mut qemu = machine::qemu(&built.board)?;
    let entry = built.board.kernel_base;
    let option = format!("loader,file={},addr={entry:#x},force-raw=on", built.path.display());
    qemu.more.extend(["-device".into(), option]);
    let loader = machine::new_folder()?.join("poison.bin");
    std::fs::write(&loader, program(&poison(entry), entry))?;
    let script = Script::new().expect(r"GUEST workout: \d+ passed, 0 failed").expect("powered off");
    let run = Watch::script(script, Duration::from_secs(120)).run(qemu.command(&loader))?;
    run.expect_seen()
}

/// What to write where, the lock last: it makes the others read-only.
fn poison(kernel: u64) -> Vec<(Encoding, u64)> {
    let breakpoints = (0..BREAKPOINTS).flat_map(|n| {
        // Along the kernel's first instructions, and where native programs and guests begin.
        let address = [kernel, kernel + 0x40, kernel + 0x1000, 0x20_0000, 0x4008_0000, 0x4008_0040][n as usize];
        [([2, 0, 0, n, 4], address), ([2, 0, 0, n, 5], BREAK_EVERYWHERE)]
    });
    let watchpoints =
        (0..WATCHPOINTS).flat_map(|n| [([2, 0, 0, n, 6], u64::from(n) << 31), ([2, 0, 0, n, 7], WATCH_EVERYTHING)]);
    let rest = [
        (MDCCINT_EL1, u64::from(u32::MAX)),
        (DBGCLAIMSET_EL1, 0xa5),
        (MDCR_EL2, ALL_TRAPS),
        (MDSCR_EL1, ALL_ENABLED),
        (OSDLR_EL1, 1),
        (OSLAR_EL1, 1),
    ];
    breakpoints.chain(watchpoints).chain(rest).collect()
}

/// `ldr x1, value; msr register, x1` for each, then `isb; ldr x1, entry; br x1`, and the values. x0 stays the loader's.
fn program(writes: &[(Encoding, u64)], entry: u64) -> Vec<u8> {
    const LDR_X1: u32 = 0x5800_0001;
    const MSR_X1: u32 = 0xd500_0001;
    const ISB: u32 = 0xd503_3fdf;
    const BR_X1: u32 = 0xd61f_0020;
    const NOP: u32 = 0xd503_201f;
    let words = 2 * writes.len() + 4;
    let values: Vec<u64> = writes.iter().map(|&(_, value)| value).chain([entry]).collect();
    let load = |at: usize, n: usize| LDR_X1 | ((words + 2 * n - at) as u32) << 5;
    let mut code = Vec::new();
    for (n, &([op0, op1, crn, crm, op2], _)) in writes.iter().enumerate() {
        code.push(load(code.len(), n));
        code.push(MSR_X1 | op0 << 19 | op1 << 16 | crn << 12 | crm << 8 | op2 << 5);
    }
    code.push(ISB);
    code.push(load(code.len(), writes.len()));
    code.extend([BR_X1, NOP]);
    let code = code.iter().flat_map(|word| word.to_le_bytes());
    code.chain(values.iter().flat_map(|value| value.to_le_bytes())).collect()
}
