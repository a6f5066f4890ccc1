// SPDX-License-Identifier: MIT OR Apache-2.0
//! Small ELF executables for tests, byte by byte.

/// A symbol to define.
#[derive(Clone, Copy)]
pub struct Symbol {
    pub name: &'static str,
    /// Its address.
    pub value: u64,
    pub size: u64,
}

/// An AArch64 executable under construction.
pub struct Elf {
    entry: u64,
    segments: Vec<(u64, Vec<u8>, u64)>,
    symbols: Vec<Symbol>,
    below: u64,
}

impl Elf {
    /// One that starts at `entry`.
    pub fn new(entry: u64) -> Self {
        Self { entry, segments: Vec::new(), symbols: Vec::new(), below: 0 }
    }

    /// Adds a loadable segment.
    pub fn segment(mut self, vaddr: u64, data: Vec<u8>, memory_size: u64) -> Self {
        self.segments.push((vaddr, data, memory_size));
        self
    }

    /// Physical addresses are that far below the virtual ones.
    pub fn physical(mut self, below: u64) -> Self {
        self.below = below;
        self
    }

    /// Adds a symbol.
    pub fn symbol(mut self, symbol: Symbol) -> Self {
        self.symbols.push(symbol);
        self
    }

    /// The file.
    pub fn build(self) -> Vec<u8> {
        let (names, symbols) = self.tables();
        let mut out = Vec::new();
        let mut data_at = 64 + 56 * self.segments.len() as u64;
        let sizes: u64 = self.segments.iter().map(|s| s.1.len() as u64).sum();
        let symbols_at = data_at + sizes;
        let names_at = symbols_at + symbols.len() as u64;
        let sections_at = names_at + names.len() as u64;

        out.extend_from_slice(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
        half(&mut out, &[2, 183]);
        word(&mut out, &[1]);
        long(&mut out, &[self.entry, 64, sections_at]);
        word(&mut out, &[0]);
        half(&mut out, &[64, 56, self.segments.len() as u16, 64, 3, 2]);
        for (vaddr, data, memory_size) in &self.segments {
            word(&mut out, &[1, 7]);
            long(&mut out, &[data_at, *vaddr, vaddr.wrapping_sub(self.below), data.len() as u64, *memory_size, 1]);
            data_at += data.len() as u64;
        }
        self.segments.iter().for_each(|s| out.extend_from_slice(&s.1));
        out.extend_from_slice(&symbols);
        out.extend_from_slice(&names);
        section(&mut out, [0, 0], [0; 4], [0, 0], [0, 0]);
        section(&mut out, [1, 2], [0, 0, symbols_at, symbols.len() as u64], [2, 1], [8, 24]);
        section(&mut out, [1, 3], [0, 0, names_at, names.len() as u64], [0, 0], [1, 0]);
        out
    }

    fn tables(&self) -> (Vec<u8>, Vec<u8>) {
        let mut names = b"\0tab\0".to_vec();
        let mut symbols = vec![0; 24];
        for symbol in &self.symbols {
            word(&mut symbols, &[names.len() as u32]);
            half(&mut symbols, &[0x11, 0xfff1]);
            long(&mut symbols, &[symbol.value, symbol.size]);
            names.extend_from_slice(symbol.name.as_bytes());
            names.push(0);
        }
        (names, symbols)
    }
}

fn section(out: &mut Vec<u8>, head: [u32; 2], place: [u64; 4], link: [u32; 2], tail: [u64; 2]) {
    word(out, &head);
    long(out, &place);
    word(out, &link);
    long(out, &tail);
}

fn half(out: &mut Vec<u8>, values: &[u16]) {
    values.iter().for_each(|v| out.extend_from_slice(&v.to_le_bytes()));
}

fn word(out: &mut Vec<u8>, values: &[u32]) {
    values.iter().for_each(|v| out.extend_from_slice(&v.to_le_bytes()));
}

fn long(out: &mut Vec<u8>, values: &[u64]) {
    values.iter().for_each(|v| out.extend_from_slice(&v.to_le_bytes()));
}
