// SPDX-License-Identifier: MIT OR Apache-2.0
//! The smallest ELF files that show a rule, byte by byte: a test's own writer, apart from the reader it tests.

use std::collections::BTreeMap;

/// Where the program's two pages are, as Microkit links its own.
const TEXT: u64 = 0x20_0000;
const DATA: u64 = 0x20_1000;

/// 64-bit variables that a description may set; `half_word` is too small, `microkit_passive` is Microkit's own.
const WORDS: [&str; 18] = [
    "uart_vaddr",
    "buffer_vaddr",
    "buffer_size",
    "buffer_paddr",
    "device_paddr",
    "vmmcfg_vaddr",
    "vmmcfg_size",
    "channel_id",
    "child_id",
    "irq_id",
    "vcpu_id",
    "guest_ram_vaddr",
    "guest_ram_size",
    "kernel_vaddr",
    "kernel_size",
    "initrd_vaddr",
    "initrd_size",
    "spare",
];

/// Every file of `tests/sdf/files` that is made here.
pub fn all() -> BTreeMap<&'static str, Vec<u8>> {
    let program = file(183, 2, 2, true);
    let mut big_endian = program.clone();
    big_endian[5] = 2;
    let mut arm32 = program.clone();
    arm32[4] = 1;
    let mut no_segments = program.clone();
    no_segments[56..58].fill(0);
    BTreeMap::from([
        ("truncated.elf", program[..0x100].to_vec()),
        ("stripped.elf", file(183, 2, 2, false)),
        ("object.elf", file(183, 1, 2, true)),
        ("x86_64.elf", file(62, 2, 2, true)),
        ("program.elf", program),
        ("big_endian.elf", big_endian),
        ("arm32.elf", arm32),
        ("no_segments.elf", no_segments),
        ("guest.img", image(0x10_0000, 0)),
        ("guest_large.img", image(0x4000_0000, 0)),
        ("guest_big_endian.img", image(0x10_0000, 1)),
    ])
}

/// An arm64 Image that says how much memory it needs.
fn image(size: u64, flags: u64) -> Vec<u8> {
    let mut out = 0x1400_0000u64.to_le_bytes().to_vec(); // b .
    out.extend([0x8_0000, size, flags, 0, 0, 0].map(u64::to_le_bytes).concat());
    out.extend(b"ARM\x64\0\0\0\0");
    out
}

/// Header, two segments (one word of code, the variables), and a symbol table.
fn file(machine: u16, kind: u16, segments: u16, with_symbols: bool) -> Vec<u8> {
    let data_len = names().map(|(_, size)| size).sum();
    let code_at = 64 + 56 * 2u64;
    let data_at = code_at + 8;
    let mut out = vec![0; code_at as usize];
    out.extend(0x1400_0000u32.to_le_bytes()); // b .
    out.extend([0; 4]);
    out.resize((data_at + data_len) as usize, 0);
    let names = if with_symbols { symbol_names() } else { vec![0] };
    let symbols = if with_symbols { symbol_table() } else { vec![0; 24] };
    let sections = b"\0.symtab\0.strtab\0.shstrtab\0";
    let symbols_at = align8(&mut out);
    out.extend(&symbols);
    let names_at = out.len() as u64;
    out.extend(&names);
    let sections_at = out.len() as u64;
    out.extend(sections);
    let headers_at = align8(&mut out);
    out.extend([0; 64]);
    section(&mut out, [1, 2], [symbols_at, symbols.len() as u64], [2, 1], [8, 24]);
    section(&mut out, [9, 3], [names_at, names.len() as u64], [0, 0], [1, 0]);
    section(&mut out, [17, 3], [sections_at, sections.len() as u64], [0, 0], [1, 0]);
    out[..64].copy_from_slice(&header(machine, kind, segments, headers_at));
    out[64..120].copy_from_slice(&segment(5, code_at, TEXT, 4));
    out[120..176].copy_from_slice(&segment(6, data_at, DATA, data_len));
    out
}

fn header(machine: u16, kind: u16, segments: u16, sections_at: u64) -> Vec<u8> {
    let mut out = b"\x7fELF\x02\x01\x01".to_vec();
    out.resize(16, 0);
    out.extend([kind.to_le_bytes(), machine.to_le_bytes()].concat());
    out.extend(1u32.to_le_bytes());
    out.extend([TEXT.to_le_bytes(), 64u64.to_le_bytes(), sections_at.to_le_bytes()].concat());
    out.extend(0u32.to_le_bytes());
    for half in [64, 56, segments, 64, 4, 3] {
        out.extend(half.to_le_bytes());
    }
    out
}

fn segment(flags: u32, at: u64, vaddr: u64, len: u64) -> Vec<u8> {
    let mut out = [1u32.to_le_bytes(), flags.to_le_bytes()].concat();
    for word in [at, vaddr, vaddr, len, len, 8] {
        out.extend(word.to_le_bytes());
    }
    out
}

fn section(
    out: &mut Vec<u8>,
    [name, kind]: [u32; 2],
    place: [u64; 2],
    [link, info]: [u32; 2],
    [align, entry]: [u64; 2],
) {
    out.extend([name.to_le_bytes(), kind.to_le_bytes()].concat());
    out.extend([0; 16]);
    out.extend(place.map(u64::to_le_bytes).concat());
    out.extend([link.to_le_bytes(), info.to_le_bytes()].concat());
    out.extend([align.to_le_bytes(), entry.to_le_bytes()].concat());
}

fn names() -> impl Iterator<Item = (&'static str, u64)> {
    WORDS.into_iter().map(|name| (name, 8)).chain([("half_word", 4), ("microkit_passive", 1)])
}

fn symbol_names() -> Vec<u8> {
    let mut out = vec![0];
    for (name, _) in names() {
        out.extend(name.as_bytes());
        out.push(0);
    }
    out
}

fn symbol_table() -> Vec<u8> {
    let mut out = vec![0; 24];
    let (mut name_at, mut address) = (1u32, DATA);
    for (name, size) in names() {
        out.extend(name_at.to_le_bytes());
        // A global object, in no section: absolute.
        out.extend([0x11, 0, 0xf1, 0xff]);
        out.extend([address.to_le_bytes(), u64::to_le_bytes(size)].concat());
        name_at += name.len() as u32 + 1;
        address += size;
    }
    out
}

fn align8(out: &mut Vec<u8>) -> u64 {
    out.resize(out.len().next_multiple_of(8), 0);
    out.len() as u64
}
