// SPDX-License-Identifier: MIT OR Apache-2.0
//! T32 (Arm ARM, F3.1): instructions of one halfword, and of two.

use crate::a32::list_access;
use crate::address::Indexing;
use crate::load_store::size_of_log2;
use crate::{Amount, Base, Element, Instruction, LoadStore, Shift, bit, bits, vfp};
use arm_syndrome::AccessSize::{self, Byte, Halfword, Word};

/// The stack pointer.
const SP: u32 = 13;

/// Whether an instruction that begins with this halfword has a second one.
pub const fn is_wide(first: u16) -> bool {
    first >> 11 >= 0b11101
}

const fn low(register: u32) -> Base {
    Base::Register(register as u8)
}

/// An instruction of one halfword.
pub fn t32_narrow(half: u16) -> Option<Instruction> {
    let word = u32::from(half);
    let (rt, rn, immediate) = (bits(word, 2, 0), bits(word, 5, 3), i64::from(bits(word, 10, 6)));
    let one = |load, base, amount, rt, size, sign| {
        let access = LoadStore::new(load, base, Indexing::Offset, amount);
        access.with(Element::general(rt, size, sign, false)).done()
    };
    let load = bit(word, 11);
    match bits(word, 15, 12) {
        0b0100 if load => one(true, Base::Pc, eight_bits(word), bits(word, 10, 8), Word, false),
        0b0101 => {
            let amount = Amount::Register { register: bits(word, 8, 6) as u8, shift: Shift::Lsl(0), subtract: false };
            let (load, size, sign) = by_register(bits(word, 11, 9));
            one(load, low(rn), amount, rt, size, sign)
        }
        0b0110 => one(load, low(rn), Amount::Constant(immediate * 4), rt, Word, false),
        0b0111 => one(load, low(rn), Amount::Constant(immediate), rt, Byte, false),
        0b1000 => one(load, low(rn), Amount::Constant(immediate * 2), rt, Halfword, false),
        0b1001 => one(load, low(SP), eight_bits(word), bits(word, 10, 8), Word, false),
        0b1011 if bits(word, 10, 9) == 0b10 => stack(load, word),
        0b1100 => {
            let (rn, list) = (bits(word, 10, 8), bits(word, 7, 0));
            let mut access = list_access(load, rn, list, false, true)?;
            access.writeback = access.writeback.filter(|_| !load || list >> rn & 1 == 0);
            access.done()
        }
        _ => None,
    }
}

/// Four times the lower eight bits.
const fn eight_bits(word: u32) -> Amount {
    Amount::Constant(4 * bits(word, 7, 0) as i64)
}

const fn by_register(op: u32) -> (bool, AccessSize, bool) {
    match op {
        0 => (false, Word, false),
        1 => (false, Halfword, false),
        2 => (false, Byte, false),
        3 => (true, Byte, true),
        4 => (true, Word, false),
        5 => (true, Halfword, false),
        6 => (true, Byte, false),
        _ => (true, Halfword, true),
    }
}

/// PUSH with LR, POP with PC.
fn stack(load: bool, word: u32) -> Option<Instruction> {
    let extra = if load { 15 } else { 14 };
    let list = bits(word, 7, 0) | bits(word, 8, 8) << extra;
    list_access(load, SP, list, !load, load)?.done()
}

/// An instruction of two halfwords, the first one in the upper half.
pub fn t32(word: u32) -> Option<Instruction> {
    match bits(word, 31, 25) {
        0b111_0100 if bit(word, 22) => dual(word),
        0b111_0100 => multiple(word),
        0b111_0110 if matches!(bits(word, 11, 8), 9..=11) => vfp::load_store(word),
        0b111_1100 if bit(word, 24) && !bit(word, 20) => {
            // The A32 encoding has its fixed bits elsewhere.
            vfp::structures(word)
        }
        0b111_1100 => single(word),
        _ => None,
    }
}

fn multiple(word: u32) -> Option<Instruction> {
    let (up, before) = match bits(word, 24, 23) {
        0b01 => (true, false),
        0b10 => (false, true),
        _ => return None,
    };
    let mut access = list_access(bit(word, 20), bits(word, 19, 16), bits(word, 15, 0), before, up)?;
    access.writeback = access.writeback.filter(|_| bit(word, 21));
    access.done()
}

/// LDRD, STRD; exclusives and their kind.
fn dual(word: u32) -> Option<Instruction> {
    let (p, u, w, load) = (bit(word, 24), bit(word, 23), bit(word, 21), bit(word, 20));
    let (rn, rt) = (bits(word, 19, 16), bits(word, 15, 12));
    if !p && !w {
        return if u { ordered(word) } else { Some(Instruction::Exclusive { base: rn as u8 }) };
    }
    let bytes = 4 * i64::from(bits(word, 7, 0));
    let amount = Amount::Constant(if u { bytes } else { -bytes });
    let indexing = match (p, w) {
        (true, false) => Indexing::Offset,
        (true, true) => Indexing::Pre,
        (false, _) => Indexing::Post,
    };
    let access = LoadStore::new(load, base(rn), indexing, amount);
    access.with(Element::word(rt)).with(Element::word(bits(word, 11, 8))).done()
}

const fn base(rn: u32) -> Base {
    if rn == 15 { Base::Pc } else { Base::Register(rn as u8) }
}

/// LDREXB and its kind, LDA, STL; a table branch is none of these.
fn ordered(word: u32) -> Option<Instruction> {
    let (op, rn) = (bits(word, 7, 4), bits(word, 19, 16));
    match op >> 2 {
        0 => None,
        2 if op & 3 != 3 => {
            let access = LoadStore::new(bit(word, 20), base(rn), Indexing::Offset, Amount::ZERO);
            let size = size_of_log2(op & 3);
            access.with(Element::general(bits(word, 15, 12), size, false, false)).done()
        }
        _ => Some(Instruction::Exclusive { base: rn as u8 }),
    }
}

/// LDR, LDRB, LDRH, LDRSB, LDRSH and the stores.
fn single(word: u32) -> Option<Instruction> {
    let (sign, size, load) = (bit(word, 24), bits(word, 22, 21), bit(word, 20));
    let (rn, rt) = (bits(word, 19, 16), bits(word, 15, 12));
    // A byte or halfword to PC is a preload, or nothing.
    if size == 3 || sign && (size == 2 || !load) || size != 2 && rt == 15 {
        return None;
    }
    let (indexing, amount) = if load && rn == 15 || bit(word, 23) {
        let bytes = i64::from(bits(word, 11, 0));
        (Indexing::Offset, Amount::Constant(if rn != 15 || bit(word, 23) { bytes } else { -bytes }))
    } else if bit(word, 11) {
        eight_bit_offset(word)?
    } else if bits(word, 11, 6) == 0 {
        let shift = Shift::Lsl(bits(word, 5, 4) as u8);
        (Indexing::Offset, Amount::Register { register: bits(word, 3, 0) as u8, shift, subtract: false })
    } else {
        return None;
    };
    if rn == 15 && !load {
        return None;
    }
    let element = Element::general(rt, size_of_log2(size), sign, false);
    LoadStore::new(load, base(rn), indexing, amount).with(element).done()
}

/// P, U, W and imm8.
const fn eight_bit_offset(word: u32) -> Option<(Indexing, Amount)> {
    let (p, u, w) = (bit(word, 10), bit(word, 9), bit(word, 8));
    let bytes = bits(word, 7, 0) as i64;
    let indexing = match (p, w) {
        (true, false) => Indexing::Offset,
        (true, true) => Indexing::Pre,
        (false, true) => Indexing::Post,
        (false, false) => return None,
    };
    Some((indexing, Amount::Constant(if u { bytes } else { -bytes })))
}
