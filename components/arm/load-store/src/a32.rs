// SPDX-License-Identifier: MIT OR Apache-2.0
//! A32 (Arm ARM, F4.1): the groups by bits 27:25, as that section has them.

use crate::address::Indexing;
use crate::{Amount, Base, Element, Instruction, LoadStore, Shift, bit, bits, vfp};
use arm_syndrome::AccessSize::{Byte, Halfword, Word};

/// An instruction of A32. Its condition has held.
pub fn a32(word: u32) -> Option<Instruction> {
    let is_unconditional = word >> 28 == 0xf;
    match bits(word, 27, 25) {
        _ if is_unconditional => (word & 0xff10_0000 == 0xf400_0000).then(|| vfp::structures(word))?,
        0b000 if bit(word, 7) && bit(word, 4) => extra(word),
        0b010 => single(word, Amount::Constant(offset(word, bits(word, 11, 0)))),
        0b011 if !bit(word, 4) => {
            let subtract = !bit(word, 23);
            single(word, Amount::Register { register: bits(word, 3, 0) as u8, shift: shift(word), subtract })
        }
        0b100 => multiple(word),
        0b110 if matches!(bits(word, 11, 8), 9..=11) => vfp::load_store(word),
        _ => None,
    }
}

/// With the sign of the U bit.
const fn offset(word: u32, value: u32) -> i64 {
    if bit(word, 23) { value as i64 } else { -(value as i64) }
}

const fn shift(word: u32) -> Shift {
    let by = bits(word, 11, 7) as u8;
    match (bits(word, 6, 5), by) {
        (0, _) => Shift::Lsl(by),
        (1, 0) => Shift::Lsr(32),
        (1, _) => Shift::Lsr(by),
        (2, 0) => Shift::Asr(32),
        (2, _) => Shift::Asr(by),
        (_, 0) => Shift::Rrx,
        _ => Shift::Ror(by),
    }
}

/// Of the P and W bits; an unprivileged access is a post-indexed one.
const fn indexing(word: u32) -> Indexing {
    match (bit(word, 24), bit(word, 21)) {
        (true, false) => Indexing::Offset,
        (true, true) => Indexing::Pre,
        (false, _) => Indexing::Post,
    }
}

const fn base(word: u32) -> Base {
    match bits(word, 19, 16) {
        15 => Base::Pc,
        rn => Base::Register(rn as u8),
    }
}

const fn rt(word: u32) -> u32 {
    bits(word, 15, 12)
}

/// LDR, LDRB, STR, STRB.
fn single(word: u32, amount: Amount) -> Option<Instruction> {
    let size = if bit(word, 22) { Byte } else { Word };
    let element = Element::general(rt(word), size, false, false);
    LoadStore::new(bit(word, 20), base(word), indexing(word), amount).with(element).done()
}

/// Halfwords, signed bytes, LDRD and STRD; exclusives and their kind.
fn extra(word: u32) -> Option<Instruction> {
    let op = bits(word, 6, 5);
    if op == 0 {
        return if bit(word, 24) { ordered(word) } else { None };
    }
    let amount = if bit(word, 22) {
        Amount::Constant(offset(word, bits(word, 11, 8) << 4 | bits(word, 3, 0)))
    } else {
        Amount::Register { register: bits(word, 3, 0) as u8, shift: Shift::Lsl(0), subtract: !bit(word, 23) }
    };
    let (is_load_bit, rt) = (bit(word, 20), rt(word));
    let is_pair = !is_load_bit && op != 1;
    let load = is_load_bit || op == 2;
    let access = LoadStore::new(load, base(word), indexing(word), amount);
    if is_pair {
        // An odd register, PC, and a pair without privileges are not defined.
        let is_unprivileged = bit(word, 21) && !bit(word, 24);
        let is_defined = rt & 1 == 0 && rt < 14 && !is_unprivileged;
        return is_defined.then(|| access.with(Element::word(rt)).with(Element::word(rt + 1)).done())?;
    }
    let size = if op == 2 { Byte } else { Halfword };
    access.with(Element::general(rt, size, op != 1, false)).done()
}

/// LDREX, STREX, LDA, STL and their kind; SWP, which is older than these.
fn ordered(word: u32) -> Option<Instruction> {
    let is_acquire = bit(word, 23) && bits(word, 11, 8) == 0b1100;
    if !is_acquire {
        return Some(Instruction::Exclusive { base: bits(word, 19, 16) as u8 });
    }
    let size = match bits(word, 22, 21) {
        0 => Word,
        2 => Byte,
        3 => Halfword,
        _ => return None,
    };
    let load = bit(word, 20);
    let register = if load { rt(word) } else { bits(word, 3, 0) };
    let access = LoadStore::new(load, base(word), Indexing::Offset, Amount::ZERO);
    access.with(Element::general(register, size, false, false)).done()
}

/// LDM and STM.
fn multiple(word: u32) -> Option<Instruction> {
    let (before, up, special, load) = (bit(word, 24), bit(word, 23), bit(word, 22), bit(word, 20));
    let list = bits(word, 15, 0);
    // LDM of PC with S is an exception's return.
    if special && load && list >> 15 != 0 {
        return None;
    }
    let mut access = list_access(load, bits(word, 19, 16), list, before, up)?;
    access.writeback = access.writeback.filter(|_| bit(word, 21));
    access.user_bank = special;
    access.done()
}

/// Registers of a list, the lowest at the lowest address: `before` and `up` are P and U. It writes back.
pub(crate) fn list_access(load: bool, rn: u32, list: u32, before: bool, up: bool) -> Option<LoadStore> {
    let bytes = 4 * i64::from(list.count_ones());
    if bytes == 0 || rn == 15 {
        return None;
    }
    let start = match (up, before) {
        (true, false) => 0,
        (true, true) => 4,
        (false, false) => 4 - bytes,
        (false, true) => -bytes,
    };
    let mut access = LoadStore::new(load, Base::Register(rn as u8), Indexing::Offset, Amount::Constant(start));
    access.writeback = Some(Amount::Constant(if up { bytes } else { -bytes }));
    let registers = (0..16).filter(|n| list >> n & 1 != 0);
    Some(registers.fold(access, |access, n| access.with(Element::word(n))))
}
