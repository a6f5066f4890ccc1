// SPDX-License-Identifier: MIT OR Apache-2.0
//! One bit for each interrupt. The first 32 interrupts, SGIs and PPIs, are banked: each vCPU has its own (IHI 0048B,
//! 2.2.1).

use super::INTERRUPTS;
use crate::vcpu::MAX_VCPUS;

/// Words of interrupts that one vCPU sees.
pub(super) const WORDS: usize = INTERRUPTS / 32;
/// vCPUs that the state has room for. Tests look at more than a VM has.
pub(super) const BANKS: usize = if cfg!(test) { MOST_CPUS } else { MAX_VCPUS };
/// CPU interfaces that a GICv2 has at most (GICD_TYPER.CPUNumber).
const MOST_CPUS: usize = 8;
/// Words of all: each vCPU's own, then those of SPIs.
const PLACES: usize = BANKS + WORDS - 1;

const _: () = assert!(MAX_VCPUS <= MOST_CPUS && INTERRUPTS.is_multiple_of(32));

/// The words, by [`place`].
pub(super) type Bitmap = [u32; PLACES];

/// None of the bits.
pub(super) const NONE: Bitmap = [0; PLACES];

/// Where the word is that a vCPU sees as the `word`th.
#[inline(always)]
pub(super) const fn place(cpu: usize, word: usize) -> usize {
    let bank = if BANKS == 1 { 0 } else { cpu };
    if word == 0 { bank } else { BANKS - 1 + word }
}

/// Word and bit of an interrupt.
#[inline(always)]
pub(super) const fn position(intid: u16) -> Option<(usize, u32)> {
    let word = intid as usize / 32;
    if word < WORDS { Some((word, 1 << (intid % 32))) } else { None }
}

/// The same in each bank.
pub(super) const fn banked(value: u32) -> Bitmap {
    let mut words = NONE;
    let mut cpu = 0;
    while cpu < BANKS {
        words[cpu] = value;
        cpu += 1;
    }
    words
}

#[inline(always)]
pub(super) fn set(word: &mut u32, bits: u32, on: bool) {
    if on {
        *word |= bits;
    } else {
        *word &= !bits;
    }
}

/// The numbers of the bits that are set, from the lowest.
pub(super) fn bits(mut word: u32) -> impl Iterator<Item = u16> {
    core::iter::from_fn(move || {
        let bit = word.trailing_zeros();
        word &= word.wrapping_sub(1);
        (bit < 32).then_some(bit as u16)
    })
}
