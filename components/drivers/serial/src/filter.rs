// SPDX-License-Identifier: MIT OR Apache-2.0
//! What of a client's output reaches a line that several clients share.
//!
//! A client may change nothing but the text that it has written in the line that is its own, so no byte of its output may
//! move the cursor before that text, to another line, or change how the terminal shows what others write:
//!
//! | bytes | of a client without the input | of the one that has it |
//! |---|---|---|
//! | printable ASCII, tab | as they are | as they are |
//! | LF, CR LF | end of the line | end of the line |
//! | CR alone | to the start of the line, and its prefix again | the same |
//! | BS | `\x08` | as far back as the client's own text goes |
//! | BEL | nothing | as it is |
//! | ECMA-48 sequences: ESC [ ... m, K, J, C, D, P, @ | nothing | colours until the end of the line, and editing in it |
//! | all other sequences, with the strings of DCS, OSC, SOS, PM and APC | nothing | nothing |
//! | other UTF-8 | each byte as `\xNN` | as it is, but C1, bidirectional and separator characters as `\xNN` |
//! | NUL | nothing | nothing |
//! | any other byte, C1 (0x80 to 0x9f) for one | `\xNN` | `\xNN` |
//!
//! A sequence is passed on when it is complete, and none goes beyond the end of a line.

use heapless::Vec;

/// The longest piece of text at once: a sequence with its introducer, or four bytes as `\xNN`.
const PIECE: usize = 24;
/// Bytes of parameters that a sequence may have.
const PARAMETERS: usize = 16;

const BEL: u8 = 0x07;
const BS: u8 = 0x08;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;
const ESC: u8 = 0x1b;

/// Makes the terminal's colours what they were.
pub const PLAIN: &str = "\x1b[0m";

/// What becomes of a byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// This, in the client's line.
    Text(Vec<u8, PIECE>),
    /// The cursor goes back to the start of the client's line.
    Return,
    /// The line ends.
    End,
}

/// In the middle of what.
#[derive(Clone, Debug, Default)]
enum State {
    #[default]
    Ground,
    /// After CR, of which the next byte says what it is.
    Return,
    /// After ESC, and intermediate bytes.
    Escape,
    /// After ESC [; with more parameters than there is room for, or with others than numbers, `None`.
    Control(Option<Vec<u8, PARAMETERS>>),
    /// In a string that BEL or ESC \ ends.
    String,
    /// After an ESC in one.
    StringEscape,
    /// In a character of so many bytes.
    Character(Vec<u8, 4>, usize),
}

/// One client's output, byte by byte.
#[derive(Debug, Default)]
pub struct Filter {
    state: State,
    /// Cells by which the cursor can go back without leaving the client's text.
    back: u16,
    /// The terminal shows something else than plain text.
    coloured: bool,
}

impl Filter {
    /// Takes a byte; `edits`: the client has the input.
    pub fn take(&mut self, byte: u8, edits: bool, put: &mut impl FnMut(Piece)) {
        match core::mem::take(&mut self.state) {
            State::Ground => self.ground(byte, edits, put),
            State::Return => self.after_return(byte, edits, put),
            State::Escape => self.escape(byte, edits, put),
            State::Control(parameters) => self.control(parameters, byte, edits, put),
            State::String => self.string(byte, edits, put),
            State::StringEscape if byte == b'\\' => {}
            State::StringEscape => self.escape(byte, edits, put),
            State::Character(bytes, length) => self.character(bytes, length, byte, edits, put),
        }
    }

    /// Somebody else ends the client's line: what it has written there is out of reach.
    pub fn cut(&mut self) {
        self.back = 0;
    }

    /// Whether the terminal has to be made plain, which is done then.
    pub fn take_coloured(&mut self) -> bool {
        core::mem::take(&mut self.coloured)
    }

    fn ground(&mut self, byte: u8, edits: bool, put: &mut impl FnMut(Piece)) {
        match byte {
            b'\n' => self.end(Piece::End, put),
            b'\r' => self.state = State::Return,
            b'\t' => put(text(&[byte])),
            b' '..=b'~' => self.cell(&[byte], put),
            ESC => self.state = State::Escape,
            BS if edits => self.go_back(1, put),
            BEL if edits => put(text(&[byte])),
            BEL | 0 => {}
            0xc2..=0xf4 if edits => self.state = State::Character(Vec::from_iter([byte]), length_of(byte)),
            _ => self.escaped(&[byte], put),
        }
    }

    fn after_return(&mut self, byte: u8, edits: bool, put: &mut impl FnMut(Piece)) {
        match byte {
            b'\n' => self.end(Piece::End, put),
            b'\r' => self.state = State::Return,
            _ => {
                self.end(Piece::Return, put);
                self.ground(byte, edits, put);
            }
        }
    }

    fn end(&mut self, piece: Piece, put: &mut impl FnMut(Piece)) {
        self.back = 0;
        put(piece);
    }

    fn escape(&mut self, byte: u8, edits: bool, put: &mut impl FnMut(Piece)) {
        match byte {
            b'[' => self.state = State::Control(Some(Vec::new())),
            b'P' | b'X' | b']' | b'^' | b'_' => self.state = State::String,
            b' '..=b'/' => self.state = State::Escape,
            b'0'..=b'~' => {}
            _ => self.interrupted(byte, edits, put, State::Escape),
        }
    }

    fn control(&mut self, parameters: Option<Vec<u8, PARAMETERS>>, byte: u8, edits: bool, put: &mut impl FnMut(Piece)) {
        match (byte, parameters) {
            (b'0'..=b'9' | b';', Some(mut parameters)) => {
                let fits = parameters.push(byte).is_ok();
                self.state = State::Control(fits.then_some(parameters));
            }
            (b' '..=b'?', _) => self.state = State::Control(None),
            (b'@'..=b'~', Some(parameters)) if edits => self.edit(byte, &parameters, put),
            (b'@'..=b'~', _) => {}
            (_, parameters) => self.interrupted(byte, edits, put, State::Control(parameters)),
        }
    }

    fn string(&mut self, byte: u8, edits: bool, put: &mut impl FnMut(Piece)) {
        match byte {
            BEL => {}
            ESC => self.state = State::StringEscape,
            b'\n' | b'\r' | CAN | SUB => self.interrupted(byte, edits, put, State::Ground),
            _ => self.state = State::String,
        }
    }

    /// A byte that belongs to no sequence, in the middle of one. Most control characters do nothing to it, and here nothing
    /// at all; the end of a line ends it, for nobody shall wait for its end.
    fn interrupted(&mut self, byte: u8, edits: bool, put: &mut impl FnMut(Piece), state: State) {
        match byte {
            CAN | SUB => {}
            ESC => self.state = State::Escape,
            b'\n' | b'\r' | 0x7f.. => self.ground(byte, edits, put),
            _ => self.state = state,
        }
    }

    /// The sequences that stay within the client's text.
    fn edit(&mut self, command: u8, parameters: &[u8], put: &mut impl FnMut(Piece)) {
        let first = parameters.split(|&byte| byte == b';').next().unwrap_or_default();
        let count = first.iter().fold(0u16, |n, digit| n.saturating_mul(10).saturating_add(u16::from(digit - b'0')));
        match command {
            b'm' => {
                self.coloured = true;
                put(sequence(parameters, command));
            }
            // What is below the cursor is nobody's yet.
            b'K' | b'J' if count == 0 => put(sequence(b"", b'K')),
            b'C' | b'P' | b'@' => put(sequence(parameters, command)),
            b'D' => self.go_back(count.max(1), put),
            _ => {}
        }
    }

    fn character(&mut self, mut bytes: Vec<u8, 4>, length: usize, byte: u8, edits: bool, put: &mut impl FnMut(Piece)) {
        if !matches!(byte, 0x80..=0xbf) || bytes.push(byte).is_err() {
            self.escaped(&bytes, put);
            return self.ground(byte, edits, put);
        }
        if bytes.len() < length {
            self.state = State::Character(bytes, length);
            return;
        }
        match core::str::from_utf8(&bytes).ok().and_then(|text| text.chars().next()) {
            // Latin letters are one cell wide; of the others nobody knows here.
            Some('\u{c0}'..='\u{24f}') => self.cell(&bytes, put),
            Some(character) if is_harmless(character) => put(text(&bytes)),
            _ => self.escaped(&bytes, put),
        }
    }

    /// A character that takes one cell.
    fn cell(&mut self, bytes: &[u8], put: &mut impl FnMut(Piece)) {
        self.back = self.back.saturating_add(1);
        put(text(bytes));
    }

    fn go_back(&mut self, cells: u16, put: &mut impl FnMut(Piece)) {
        let cells = cells.min(self.back);
        self.back -= cells;
        match cells {
            0 => {}
            1 => put(text(&[BS])),
            _ => {
                let mut digits = Vec::<u8, PARAMETERS>::new();
                let mut rest = cells;
                while rest > 0 {
                    let _ = digits.insert(0, b'0' + (rest % 10) as u8);
                    rest /= 10;
                }
                put(sequence(&digits, b'D'));
            }
        }
    }

    /// Bytes as text that says what they are.
    fn escaped(&mut self, bytes: &[u8], put: &mut impl FnMut(Piece)) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let shown = |byte: &u8| [b'\\', b'x', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
        let all: Vec<u8, PIECE> = bytes.iter().flat_map(shown).collect();
        self.back = self.back.saturating_add(all.len() as u16);
        put(Piece::Text(all));
    }
}

/// Bytes of a character, by its first one.
const fn length_of(first: u8) -> usize {
    match first {
        ..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    }
}

/// Neither moves the cursor nor changes the order in which others are shown.
const fn is_harmless(character: char) -> bool {
    !matches!(character,
        '\0'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn text(bytes: &[u8]) -> Piece {
    Piece::Text(bytes.iter().copied().collect())
}

fn sequence(parameters: &[u8], command: u8) -> Piece {
    let bytes = [ESC, b'['].into_iter().chain(parameters.iter().copied()).chain([command]);
    Piece::Text(bytes.collect())
}

#[cfg(test)]
mod tests;
