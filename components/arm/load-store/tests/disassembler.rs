// SPDX-License-Identifier: MIT OR Apache-2.0
//! A disassembler that others wrote as the oracle: random words of the load and store space of each instruction set are
//! decoded by both, and each must say the same of registers, sizes, address and write-back.

mod common;

use arm_load_store::{Instruction, a32, a64, is_wide, t32, t32_narrow};
use std::collections::BTreeMap;
use yaxpeax_arch::{Decoder, U8Reader};

/// Random words, always the same ones (xorshift).
fn words(count: usize) -> impl Iterator<Item = u32> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    (0..count).map(move |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) as u32
    })
}

/// What both say, by the first word of the oracle's.
#[derive(Default)]
struct Tally {
    same: BTreeMap<String, u32>,
    different: Vec<String>,
}

impl Tally {
    /// `theirs`: the oracle's line, if it knows the word. `excused`: what it gets wrong, or leaves out.
    fn compare(
        &mut self,
        word: u32,
        ours: Option<Instruction>,
        theirs: Option<String>,
        is_64_bit: bool,
        excused: fn(u32, &str) -> bool,
    ) {
        let Some(line) = theirs else { return };
        let expected = common::written(&line, is_64_bit);
        let said = match &ours {
            Some(Instruction::LoadStore(access)) => Some(common::decoded(access, is_64_bit)),
            _ => None,
        };
        if said == expected {
            if said.is_some() {
                *self.same.entry(line.split(' ').next().unwrap_or("").into()).or_default() += 1;
            }
        } else if !excused(word, &line) {
            self.different.push(format!("{word:#010x} {line}: {expected:?}, not {said:?}"));
        }
    }

    fn judge(&self, what: &str, at_least: usize) {
        let total: u32 = self.same.values().sum();
        println!("{what}: {total} words, {} mnemonics, {} different", self.same.len(), self.different.len());
        let shown: Vec<_> = self.different.iter().take(30).collect();
        assert!(self.different.is_empty(), "{shown:#?}");
        assert!(self.same.len() >= at_least, "{:?}", self.same);
    }
}

/// A64 that the oracle decodes and the architecture does not: structures with bit 31, several of them with bit 21 or of
/// several vectors of one double, and register offsets with an extension of less than a word.
fn lax64(word: u32, line: &str) -> bool {
    let is_structure = word & 0x3e00_0000 == 0x0c00_0000;
    let is_unallocated = word >> 31 != 0 || word >> 24 & 1 == 0 && word >> 21 & 1 != 0;
    let is_reserved =
        line.contains(".1d") && !line.starts_with("ld1") && !line.starts_with("st1") && !line.contains("r {");
    is_structure && (is_unallocated || is_reserved)
        || ["uxtb", "uxth", "sxtb", "sxth"].iter().any(|extension| line.contains(extension))
}

/// A32 that the architecture leaves open or undefined: a list at PC, an exception's return, LDRD and STRD of an odd
/// register, of LR or without privileges; VFP, which the oracle takes for other coprocessors, and load-acquire, which it
/// takes for exclusives.
fn lax32(word: u32, line: &str) -> bool {
    let (is_list, is_literal) = (word >> 25 & 7 == 0b100, word >> 16 & 0xf == 15);
    let is_return = word >> 22 & 1 != 0 && word >> 20 & 1 != 0 && word >> 15 & 1 != 0;
    let (rt, is_user) = (word >> 12 & 0xf, word >> 24 & 1 == 0 && word >> 21 & 1 != 0);
    let is_pair = line.starts_with("ldrd") || line.starts_with("strd");
    let is_coprocessor = line.starts_with("ldc") || line.starts_with("stc");
    let is_acquire = line.contains("rex") && word >> 8 & 0xf == 0xc;
    is_list && (is_literal || is_return)
        || is_pair && (rt & 1 != 0 || rt == 14 || is_user)
        || is_coprocessor
        || is_acquire
}

/// T32 that is undefined or left open: a store to a place at PC, an eight-bit offset that is not one, PC of a list; and
/// load-acquire, which the oracle shows without operands.
fn lax_thumb(word: u32, line: &str) -> bool {
    let (is_single, is_literal) = (word >> 25 == 0b111_1100, word >> 16 & 0xf == 15);
    let (is_store, has_bit_11) = (word >> 20 & 1 == 0, word >> 11 & 1 != 0);
    let is_indexed = word >> 23 & 1 == 0 && !is_literal;
    let has_no_mode = has_bit_11 && word >> 8 & 0b101 == 0 || !has_bit_11 && word >> 6 & 0x3f != 0;
    let is_list = word >> 25 == 0b111_0100 && word >> 22 & 1 == 0;
    let is_narrow_to_pc = word >> 21 & 3 != 2 && word >> 12 & 0xf == 15;
    is_single && (is_indexed && has_no_mode || is_store && is_literal || is_narrow_to_pc)
        || is_list && is_literal
        || !line.contains(' ')
}

#[test]
fn a64_as_a_disassembler_has_it() {
    let decoder = yaxpeax_arm::armv8::a64::InstDecoder::default();
    let mut tally = Tally::default();
    for word in words(300_000) {
        let word = word & !0x0200_0000 | 0x0800_0000;
        let line = decoder.decode(&mut U8Reader::new(&word.to_le_bytes())).ok().map(|it| it.to_string());
        tally.compare(word, a64(word), line, true, lax64);
    }
    tally.judge("A64", 40);
}

#[test]
fn a32_as_a_disassembler_has_it() {
    let decoder = yaxpeax_arm::armv7::InstDecoder::default();
    std::panic::set_hook(Box::new(|_| {}));
    let mut tally = Tally::default();
    for word in words(300_000) {
        let word = word & 0x0fff_ffff | 0xe000_0000;
        // It panics at some words.
        let decode = || decoder.decode(&mut U8Reader::new(&word.to_le_bytes())).ok().map(|it| it.to_string());
        let line = std::panic::catch_unwind(std::panic::AssertUnwindSafe(decode)).unwrap_or(None);
        // It has one name for LDMIA and LDMIB.
        let is_before = word >> 24 & 1 != 0 && word >> 23 & 1 != 0;
        let line = line.map(|line| if is_before { line.replace("mia ", "mib ") } else { line });
        tally.compare(word, a32(word), line, false, lax32);
    }
    let _ = std::panic::take_hook();
    tally.judge("A32", 15);
}

#[test]
fn t32_as_a_disassembler_has_it() {
    let decoder = yaxpeax_arm::armv7::InstDecoder::default_thumb();
    let mut tally = Tally::default();
    for word in words(300_000) {
        let first = (word >> 16) as u16;
        let (bytes, ours) = if is_wide(first) {
            ([first.to_le_bytes(), (word as u16).to_le_bytes()].concat(), t32(word))
        } else {
            (first.to_le_bytes().to_vec(), t32_narrow(first))
        };
        let line = decoder.decode(&mut U8Reader::new(&bytes)).ok().map(|it| it.to_string());
        tally.compare(word, ours, line, false, lax_thumb);
    }
    tally.judge("T32", 15);
}
