// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames on the wire, as PPP's are in RFC 1662: a flag, the client's number, its bytes, a frame check sequence, a flag.
//! Within a frame a flag or an escape is sent as an escape and that byte with bit 5 changed.
//!
//! A flag appears nowhere else, so whatever was lost or added, the next frame is found; the check sequence keeps what lies
//! between two flags and is no frame from being taken for one. A frame comes whole or not at all.

/// Begins a frame and ends it.
pub const FLAG: u8 = 0x7e;
/// The next byte has bit 5 changed.
pub const ESCAPE: u8 = 0x7d;
const CHANGED: u8 = 0x20;
/// A client's bytes in one frame, at most.
pub const LONGEST: usize = 128;

/// The number in front, and the check sequence behind.
const AROUND: usize = 1 + 2;
/// Of nothing.
const CHECK_START: u16 = 0xffff;
/// What the check of a whole frame, its check sequence included, comes to.
const CHECK_GOOD: u16 = 0xf0b8;

/// RFC 1662's 16-bit frame check sequence, with one more byte.
fn check(before: u16, byte: u8) -> u16 {
    let half = |sum: u16, bits: u8| (sum >> 4) ^ HALVES[usize::from((sum as u8 ^ bits) & 0xf)];
    half(half(before, byte), byte >> 4)
}

/// What each four bits come to.
const HALVES: [u16; 16] = {
    let mut halves = [0; 16];
    let mut bits = 0;
    while bits < 16 {
        let (mut sum, mut bit) = (bits as u16, 0);
        while bit < 4 {
            sum = if sum & 1 == 0 { sum >> 1 } else { (sum >> 1) ^ 0x8408 };
            bit += 1;
        }
        halves[bits] = sum;
        bits += 1;
    }
    halves
};

/// Writes a frame with the first [`LONGEST`] of a client's bytes, byte by byte.
pub fn write(client: u8, bytes: impl IntoIterator<Item = u8>, put: &mut impl FnMut(u8)) {
    let mut sum = CHECK_START;
    put(FLAG);
    for byte in core::iter::once(client).chain(bytes.into_iter().take(LONGEST)) {
        sum = check(sum, byte);
        put_stuffed(byte, put);
    }
    (!sum).to_le_bytes().into_iter().for_each(|byte| put_stuffed(byte, put));
    put(FLAG);
}

fn put_stuffed(byte: u8, put: &mut impl FnMut(u8)) {
    if matches!(byte, FLAG | ESCAPE) {
        put(ESCAPE);
        put(byte ^ CHANGED);
    } else {
        put(byte);
    }
}

/// A client's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its number, which may be anybody's.
    pub client: u8,
    /// There may be none.
    pub bytes: &'a [u8],
}

/// Finds frames among bytes that arrive one by one and may be any.
#[derive(Debug, Default)]
pub struct Reader {
    state: State,
    /// So far.
    frame: heapless::Vec<u8, { LONGEST + AROUND }>,
    /// It was given to the caller, and is forgotten at the next byte.
    is_done: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing counts before the next flag.
    #[default]
    Lost,
    Within,
    Escaped,
}

impl Reader {
    /// Takes a byte; the frame that it ends, if it ends one.
    pub fn take(&mut self, byte: u8) -> Option<Frame<'_>> {
        if core::mem::take(&mut self.is_done) {
            self.frame.clear();
        }
        match (self.state, byte) {
            (_, FLAG) => return self.end(),
            (State::Lost, _) => {}
            (State::Within, ESCAPE) => self.state = State::Escaped,
            (State::Within, _) => self.put(byte),
            (State::Escaped, _) => {
                self.state = State::Within;
                self.put(byte ^ CHANGED);
            }
        }
        None
    }

    /// An escape in front of the flag says that the frame is none.
    fn end(&mut self) -> Option<Frame<'_>> {
        let is_whole = core::mem::replace(&mut self.state, State::Within) == State::Within;
        self.is_done = true;
        let sum = self.frame.iter().fold(CHECK_START, |sum, byte| check(sum, *byte));
        match &self.frame[..] {
            [client, bytes @ .., _, _] if is_whole && sum == CHECK_GOOD => Some(Frame { client: *client, bytes }),
            _ => None,
        }
    }

    /// What is too long for a frame is none.
    fn put(&mut self, byte: u8) {
        if self.frame.push(byte).is_err() {
            self.frame.clear();
            self.state = State::Lost;
        }
    }
}

#[cfg(test)]
mod tests;
