// SPDX-License-Identifier: MIT OR Apache-2.0
//! A file with a few mistakes in it. The same number gives the same ones.

/// Numbers that follow from a seed (SplitMix64).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// Numbers at the edges of what fits somewhere.
const EDGES: [u64; 14] = [
    0,
    1,
    0xfff,
    0x1000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    1 << 39,
    1 << 44,
    1 << 52,
    i64::MAX as u64,
    1 << 63,
    u64::MAX - 0xfff,
    u64::MAX,
];

/// Words in the wrong place.
const TEXTS: [&str; 16] = [
    "0xffff_ffff_ffff_f000",
    "18446744073709551615",
    "-1",
    "\"",
    "'",
    "<",
    "/>",
    "{",
    "}",
    "[",
    "=",
    "\n",
    "\0",
    "\u{fffd}",
    "../../../../etc/passwd",
    "1e999",
];

/// Changes a few things.
pub fn change(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..1 + random.below(6) {
        one(bytes, random);
    }
}

fn one(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    let piece = at..(at + 1 + random.below(64)).min(bytes.len());
    match random.below(11) {
        0 => bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << random.below(8)),
        1 => bytes.get_mut(at).into_iter().for_each(|byte| *byte = random.next() as u8),
        // Numbers of files lie at multiples of their size.
        2 => put(bytes, at & !7, &random.one(&EDGES).to_le_bytes()),
        3 => put(bytes, at & !3, &(*random.one(&EDGES) as u32).to_le_bytes()),
        4 => put(bytes, at & !3, &(*random.one(&EDGES) as u32).to_be_bytes()),
        5 => put(bytes, at & !1, &(*random.one(&EDGES) as u16).to_le_bytes()),
        6 => bytes.truncate(at),
        7 => _ = bytes.drain(piece),
        8 => insert(bytes, at, random.one(&TEXTS).as_bytes()),
        9 => {
            let copy = bytes[piece].to_vec();
            // Now and then very often.
            let times = if random.below(16) == 0 { 5000 } else { 1 + random.below(3) };
            insert(bytes, at, &copy.repeat(times));
        }
        _ => {
            let other = random.below(bytes.len() + 1);
            let copy = bytes[piece].to_vec();
            insert(bytes, other, &copy);
        }
    }
}

fn put(bytes: &mut [u8], at: usize, word: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + word.len()) {
        place.copy_from_slice(word);
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    let at = at.min(bytes.len());
    bytes.splice(at..at, piece.iter().copied());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_gives_the_same_file_again_and_another_one_another() {
        let file = |number| {
            let mut bytes = b"a file of some length, with <words> in it".to_vec();
            change(&mut bytes, &mut Random::new(number));
            bytes
        };
        assert_eq!(file(7), file(7));
        let different = (0..100).map(file).collect::<std::collections::BTreeSet<_>>();
        assert!(different.len() > 80, "{}", different.len());
    }
}
