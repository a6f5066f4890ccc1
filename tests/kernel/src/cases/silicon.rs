// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an emulator cannot show: caches, TLBs, VMIDs, and whether the counter and the UART's line agree.

use sel4::{CapRights, VmAttributes, cap, debug_print, init_thread::slot::VSPACE};

use crate::{
    case::{Outcome, check, same, skip},
    env::{Env, SCRATCH},
    memory::{call, peek, poke, ticks, ticks_per_second},
};

use super::vcpu::{Guest, HVC_66};

/// A second mapping of the page at [`SCRATCH`].
const ALIAS: usize = SCRATCH + 0x1000;
const DEFAULT: VmAttributes = VmAttributes::DEFAULT;
/// More address spaces than there are VMIDs of 8 bits.
const SPACES: u64 = 300;
/// `mov x0, #n`, `ret`.
const RETURN_N: [u32; 2] = [0xd280_0000, 0xd65f_03c0];
/// `mrs x1, midr_el1`.
const MRS_X1_MIDR: u32 = 0xd538_0001;
/// Bits of a byte on the line, bits a second.
const BITS: u64 = 10;
const BAUD_RATE: u64 = 115_200;
/// Longer than any FIFO.
const LINE: u64 = 200;
/// What may still be in the FIFO at the start or the end.
const FIFO: u64 = 40;

/// `mov x1, #n`.
fn mov_x1(n: u64) -> u32 {
    0xd280_0001 | (n as u32 & 0xffff) << 5
}

/// A fresh page at [`SCRATCH`], and again uncached at [`ALIAS`].
fn cached_and_not(env: &mut Env) -> sel4::Result<cap::Granule> {
    let page = env.map(SCRATCH);
    let copy = env.mint(page, CapRights::all(), 0);
    copy.frame_map(VSPACE.cap(), ALIAS, CapRights::read_write(), VmAttributes::NONE)?;
    Ok(page)
}

/// Retype's zeros are in memory, not only in the cache.
pub fn fresh_pages_are_zero_in_memory(env: &mut Env) -> Outcome {
    for _ in 0..4 {
        cached_and_not(env)?;
        for offset in (0..0x1000).step_by(8) {
            same(peek(ALIAS + offset), 0)?;
            poke(SCRATCH + offset, u64::MAX);
        }
        env.clean_up();
    }
    Ok(())
}

pub fn cleaning_reaches_memory(env: &mut Env) -> Outcome {
    let page = cached_and_not(env)?;
    for offset in (0..0x1000).step_by(8) {
        poke(SCRATCH + offset, 0x1234_5678_0000 + offset as u64);
    }
    page.frame_clean_data(0, 0x1000)?;
    (0..0x1000).step_by(8).try_for_each(|offset| same(peek(ALIAS + offset), 0x1234_5678_0000 + offset as u64))
}

pub fn invalidated_lines_are_read_again(env: &mut Env) -> Outcome {
    let page = cached_and_not(env)?;
    for offset in (0..0x1000).step_by(8) {
        same(peek(SCRATCH + offset), 0)?;
    }
    for offset in (0..0x1000).step_by(8) {
        poke(ALIAS + offset, 77 + offset as u64);
    }
    page.frame_clean_invalidate_data(0, 0x1000)?;
    (0..0x1000).step_by(8).try_for_each(|offset| same(peek(SCRATCH + offset), 77 + offset as u64))
}

/// Code that is written again runs as it was written last.
pub fn new_code_is_fetched(env: &mut Env) -> Outcome {
    let page = env.map(SCRATCH);
    for n in 0..64u32 {
        poke(SCRATCH, u64::from(RETURN_N[0] | n << 5) | u64::from(RETURN_N[1]) << 32);
        page.frame_unify_instruction(0, 64)?;
        same(call(SCRATCH), n.into())?;
    }
    Ok(())
}

/// An address shows the page that was mapped last.
pub fn remapped_pages_are_seen(env: &mut Env) -> Outcome {
    let pages: [cap::Granule; 8] = core::array::from_fn(|_| env.object());
    for round in 0..256u64 {
        let page = pages[round as usize % pages.len()];
        page.frame_map(VSPACE.cap(), SCRATCH, CapRights::read_write(), DEFAULT)?;
        if round >= pages.len() as u64 {
            same(peek(SCRATCH), round - pages.len() as u64)?;
        }
        poke(SCRATCH, round);
        page.frame_unmap()?;
    }
    Ok(())
}

/// Two guests with other code at the same address, by turns.
pub fn guests_keep_their_addresses(env: &mut Env) -> Outcome {
    const WORDS: [u64; 2] = [0x1111, 0x2222];
    let mut guests = [const { None }; 2];
    for (index, word) in WORDS.into_iter().enumerate() {
        let context = env.sched_context(1_000_000, 1_000_000, 0);
        // mov x1, #n; hvc; back to the start
        let code = [mov_x1(word), HVC_66, 0x17ff_fffe];
        let guest = Guest::prepare(env, &code, context, SCRATCH + 0x1000 * index)?;
        guest.run(super::vcpu::CODE as u64, super::vcpu::EL1H)?;
        guests[index] = Some(guest);
    }
    for _ in 0..500 {
        for (guest, word) in guests.iter().flatten().zip(WORDS) {
            same(guest.hsr(), 0x5a00_0042)?;
            same(*guest.tcb.tcb_read_all_registers(false)?.gpr(1), word)?;
            guest.reply.send(sel4::MessageInfoBuilder::default().build());
        }
    }
    Ok(())
}

/// A VMID that is given to another address space has forgotten the first one's translations.
pub fn vmids_are_reused(env: &mut Env) -> Outcome {
    for number in 0..SPACES {
        // Its code is on other pages than its predecessors', so that a stale translation runs theirs.
        for _ in 0..number % 7 {
            let _: cap::Granule = env.object();
        }
        let guest = Guest::start(env, &[mov_x1(number + 1), HVC_66])?;
        same(guest.hsr(), 0x5a00_0042)?;
        same(*guest.tcb.tcb_read_all_registers(false)?.gpr(1), number + 1)?;
        env.clean_up();
    }
    Ok(())
}

/// The line's speed by the counter: one of the two is wrong if it is not what both are set to.
pub fn line_and_counter_agree(_: &mut Env) -> Outcome {
    // The quickest of some: an emulator's machine may have more to do.
    let micros = (0..4).map(|_| line_in_micros()).min().unwrap_or(0);
    debug_print!("\n  {LINE} bytes in {micros} us by a counter of {} Hz ", ticks_per_second());
    let exact = |bytes: u64| bytes * BITS * 1_000_000 / BAUD_RATE;
    if micros < exact(FIFO) {
        return skip("nothing slows this UART down: an emulator's");
    }
    check((exact(LINE - FIFO)..=exact(LINE + FIFO)).contains(&micros), "115200 baud by the counter")
}

fn line_in_micros() -> u64 {
    (0..LINE).for_each(|_| debug_print!("U"));
    let start = ticks();
    (0..LINE).for_each(|_| debug_print!("U"));
    (ticks() - start) * 1_000_000 / ticks_per_second()
}

/// Says which core it is.
pub fn core_is_known(env: &mut Env) -> Outcome {
    let guest = Guest::start(env, &[MRS_X1_MIDR, HVC_66])?;
    let mut midr = None;
    if guest.hsr() == 0x5a00_0042 {
        midr = Some(*guest.tcb.tcb_read_all_registers(false)?.gpr(1));
    }
    let vcpu: cap::VCpu = env.object();
    let debug = sel4_vcpu_debug::read_features(vcpu, 5, 0).unwrap_or(0);
    let (breakpoints, watchpoints, contexts) = (debug >> 12 & 15, debug >> 20 & 15, debug >> 28 & 15);
    debug_print!("\n  MIDR {:#x}, breakpoints {}, ", midr.unwrap_or(0), breakpoints + 1);
    debug_print!("watchpoints {}, context-aware {} ", watchpoints + 1, contexts + 1);
    check(midr.is_some_and(|midr| midr >> 24 & 0xff == 0x41), "a core of Arm's")
}
