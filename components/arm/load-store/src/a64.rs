// SPDX-License-Identifier: MIT OR Apache-2.0
//! A64 (Arm ARM, C4.1.94): the groups by bits 29:27 and 24, as that section has them.

use crate::address::Indexing;
use crate::load_store::size_of_log2;
use crate::structure::{self, Structure};
use crate::{Amount, Base, Element, Instruction, LoadStore, Shift, bit, bits, signed};
use arm_syndrome::AccessSize;

/// An instruction of A64.
pub fn a64(word: u32) -> Option<Instruction> {
    if word & 0xfff8_0000 == 0xd508_0000 {
        return operation(word);
    }
    if word & 0x0a00_0000 != 0x0800_0000 {
        return None;
    }
    match (bits(word, 29, 28), bit(word, 26)) {
        (0b00, false) if !bit(word, 24) => ordered(word),
        (0b00, true) if !bit(word, 31) => structures(word),
        (0b01, vector) if !bit(word, 24) => literal(word, vector),
        (0b01, false) if word & 0x3f20_0c00 == 0x1900_0000 => {
            general(word, Base::Register(rn(word)), Indexing::Offset, unscaled(word))
        }
        (0b10, vector) => pair(word, vector),
        (0b11, vector) => single(word, vector),
        _ => None,
    }
}

const fn rt(word: u32) -> u32 {
    bits(word, 4, 0)
}

const fn rn(word: u32) -> u8 {
    bits(word, 9, 5) as u8
}

/// imm9.
const fn unscaled(word: u32) -> Amount {
    Amount::Constant(signed(bits(word, 20, 12), 9))
}

/// SYS: DC, IC and AT by address.
fn operation(word: u32) -> Option<Instruction> {
    let (op1, crn, crm, op2) = (bits(word, 18, 16), bits(word, 15, 12), bits(word, 11, 8), bits(word, 7, 5));
    let address = rt(word) as u8;
    match (crn, op1, crm, op2) {
        (7, 3, 4, 1) => Some(Instruction::ZeroBlock { address }),
        (7, ..) => Some(Instruction::Maintenance { address }),
        _ => None,
    }
}

/// Exclusives, CAS; load-acquire and store-release.
fn ordered(word: u32) -> Option<Instruction> {
    let (o2, load, o1) = (bit(word, 23), bit(word, 22), bit(word, 21));
    if !o2 || o1 {
        return Some(Instruction::Exclusive { base: rn(word) });
    }
    let size = bits(word, 31, 30);
    let element = Element::general(rt(word), size_of_log2(size), false, size == 3);
    LoadStore::new(load, Base::Register(rn(word)), Indexing::Offset, Amount::ZERO).with(element).done()
}

/// LD1 to LD4, ST1 to ST4 and their kind.
fn structures(word: u32) -> Option<Instruction> {
    let (is_single, is_post) = (bit(word, 24), bit(word, 23));
    let (load, rm) = (bit(word, 22), bits(word, 20, 16));
    if !is_single && bit(word, 21) || !is_post && rm != 0 {
        return None;
    }
    let structure = if is_single { single_structure(word)? } else { multiple_structures(word)? };
    let bytes = i64::from(structure.bytes());
    let (indexing, amount) = match (is_post, rm) {
        (false, _) => (Indexing::Offset, Amount::ZERO),
        (true, 31) => (Indexing::Post, Amount::Constant(bytes)),
        (true, _) => (Indexing::Post, Amount::Register { register: rm as u8, shift: Shift::Lsl(0), subtract: false }),
    };
    let mut access = LoadStore::new(load, Base::Register(rn(word)), indexing, amount);
    structure.push(&mut access);
    // The upper half of a 64-bit vector becomes zero, as does the rest of one that is filled with copies.
    let is_whole = !is_single || matches!(structure, Structure::Copies { .. });
    if load && is_whole {
        access.cleared = structure.registers();
    }
    access.done()
}

fn multiple_structures(word: u32) -> Option<Structure> {
    let (repeat, count) = match bits(word, 15, 12) {
        0b0000 => (1, 4),
        0b0010 => (4, 1),
        0b0100 => (1, 3),
        0b0110 => (3, 1),
        0b0111 => (1, 1),
        0b1000 => (1, 2),
        0b1010 => (2, 1),
        _ => return None,
    };
    let (size, is_128_bit) = (bits(word, 11, 10), bit(word, 30));
    if size == 3 && !is_128_bit && count != 1 {
        return None;
    }
    let bytes = if is_128_bit { 16 } else { 8 };
    Some(Structure::Whole { first: rt(word), repeat, count, step: 1, size, bytes, file: structure::V })
}

fn single_structure(word: u32) -> Option<Structure> {
    let (q, s, size, opcode) = (bits(word, 30, 30), bits(word, 12, 12), bits(word, 11, 10), bits(word, 15, 13));
    let count = ((opcode & 1) << 1 | bits(word, 21, 21)) + 1;
    let (first, file) = (rt(word), structure::V);
    let (index, size) = match opcode >> 1 {
        0 => (q << 3 | s << 2 | size, 0),
        1 if size & 1 == 0 => (q << 2 | s << 1 | size >> 1, 1),
        2 if size == 0 => (q << 1 | s, 2),
        2 if size == 1 && s == 0 => (q, 3),
        3 if bit(word, 22) && s == 0 => {
            let bytes = 8 << q;
            return Some(Structure::Copies { first, registers: count, count, step: 1, size, bytes, file });
        }
        _ => return None,
    };
    Some(Structure::Lane { first, count, step: 1, size, index, file })
}

fn literal(word: u32, vector: bool) -> Option<Instruction> {
    let amount = Amount::Constant(signed(bits(word, 23, 5), 19) * 4);
    let access = LoadStore::new(true, Base::Pc, Indexing::Offset, amount);
    match (bits(word, 31, 30), vector) {
        (3, _) => None,
        (opc, true) => scalar(access, rt(word), opc + 2).done(),
        (opc, false) => {
            let size = if opc == 1 { AccessSize::Doubleword } else { AccessSize::Word };
            access.with(Element::general(rt(word), size, opc == 2, opc != 0)).done()
        }
    }
}

/// A scalar of 2^`log2` bytes in a vector register; one of 16 bytes goes in two halves.
fn scalar(mut access: LoadStore, register: u32, log2: u32) -> LoadStore {
    if access.direction.is_read() {
        access.cleared |= 1 << register;
    }
    let access = access.with(Element::vector(16 * register, size_of_log2(log2)));
    if log2 == 4 { access.with(Element::vector(16 * register + 8, AccessSize::Doubleword)) } else { access }
}

fn pair(word: u32, vector: bool) -> Option<Instruction> {
    let (opc, mode, load) = (bits(word, 31, 30), bits(word, 24, 23), bit(word, 22));
    let indexing = match mode {
        1 => Indexing::Post,
        3 => Indexing::Pre,
        _ => Indexing::Offset,
    };
    let log2 = if vector { 2 + opc } else { 2 + (opc >> 1) };
    let amount = Amount::Constant(signed(bits(word, 21, 15), 7) << log2);
    let access = LoadStore::new(load, Base::Register(rn(word)), indexing, amount);
    let (first, second) = (rt(word), bits(word, 14, 10));
    match (opc, vector) {
        // STGP is of MTE; LDNPSW does not exist.
        (3, _) | (1, false) if opc == 3 || !load || mode == 0 => None,
        (_, true) => scalar(scalar(access, first, log2), second, log2).done(),
        _ => {
            let element = |rt| Element::general(rt, size_of_log2(log2), opc == 1, opc != 0);
            access.with(element(first)).with(element(second)).done()
        }
    }
}

fn single(word: u32, vector: bool) -> Option<Instruction> {
    let base = Base::Register(rn(word));
    let log2 = if vector { bits(word, 23, 23) << 2 | bits(word, 31, 30) } else { bits(word, 31, 30) };
    let (indexing, amount) = match (bit(word, 24), bit(word, 21), bits(word, 11, 10)) {
        (true, ..) => (Indexing::Offset, Amount::Constant(i64::from(bits(word, 21, 10)) << log2)),
        (false, false, 0b01) => (Indexing::Post, unscaled(word)),
        (false, false, 0b11) => (Indexing::Pre, unscaled(word)),
        (false, false, 0b10) if vector => return None,
        (false, false, _) => (Indexing::Offset, unscaled(word)),
        (false, true, 0b10) => (Indexing::Offset, register_offset(word, log2)?),
        (false, true, 0b00) if !vector => return atomic(word),
        _ => return None,
    };
    if !vector {
        return general(word, base, indexing, amount);
    }
    if log2 > 4 {
        return None;
    }
    scalar(LoadStore::new(bit(word, 22), base, indexing, amount), rt(word), log2).done()
}

fn register_offset(word: u32, log2: u32) -> Option<Amount> {
    let by = if bit(word, 12) { log2.min(4) as u8 } else { 0 };
    let shift = match bits(word, 15, 13) {
        0b010 => Shift::Uxtw(by),
        0b011 | 0b111 => Shift::Lsl(by),
        0b110 => Shift::Sxtw(by),
        _ => return None,
    };
    Some(Amount::Register { register: bits(word, 20, 16) as u8, shift, subtract: false })
}

/// A general-purpose register by size and opc.
fn general(word: u32, base: Base, indexing: Indexing, amount: Amount) -> Option<Instruction> {
    let (size, opc) = (bits(word, 31, 30), bits(word, 23, 22));
    // PRFM has no abort, and what is left does not exist.
    if opc == 2 && size == 3 || opc == 3 && size >= 2 {
        return None;
    }
    let is_64_bit = opc == 2 || opc < 2 && size == 3;
    let element = Element::general(rt(word), size_of_log2(size), opc >= 2, is_64_bit);
    LoadStore::new(opc != 0, base, indexing, amount).with(element).done()
}

/// Atomic operations; LDAPR, which shares their space, is a load.
fn atomic(word: u32) -> Option<Instruction> {
    if word & 0x3fe0_fc00 == 0x38a0_c000 {
        let size = bits(word, 31, 30);
        let element = Element::general(rt(word), size_of_log2(size), false, size == 3);
        return LoadStore::new(true, Base::Register(rn(word)), Indexing::Offset, Amount::ZERO).with(element).done();
    }
    Some(Instruction::Exclusive { base: rn(word) })
}
