// SPDX-License-Identifier: MIT OR Apache-2.0
//! Many consoles on one line: whose output it is, and whose input.

mod console;

use lazaret_abi::console::FATAL;

use crate::filter::{PLAIN, Piece};
use crate::ring::{NAME_LENGTH, Ring};
use crate::{MAX_CLIENTS, Names};
use console::Console;

/// Ctrl-]: the next key is for the driver.
pub const ESCAPE: u8 = 0x1d;
/// Of clients, by number.
const DIGITS: &[u8; MAX_CLIENTS] = b"0123456789abcdef";

/// Between a client's name and a line of its output.
pub const STARTS: &str = "| ";
/// The same where the line goes on that somebody else's output cut.
pub const GOES_ON: &str = "+ ";

/// A client's rings.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// From the client.
    pub tx: &'static Ring,
    /// To the client.
    pub rx: &'static Ring,
}

/// Where the output goes.
pub trait Output {
    /// Writes a byte.
    fn put(&mut self, byte: u8);
}

impl<F: FnMut(u8)> Output for F {
    fn put(&mut self, byte: u8) {
        self(byte)
    }
}

/// The state of the line.
#[derive(Debug)]
pub struct Mux {
    consoles: [Option<Console>; MAX_CLIENTS],
    /// The line is shared: it carries names, and clients' output is filtered.
    shared: bool,
    /// The client whose line has no end yet.
    open: Option<usize>,
    /// The last byte written, of a line that is not shared.
    last: u8,
    /// The client that gets the input.
    focus: Option<usize>,
    escaped: bool,
    /// Ticks in a second, of the clock that [`Self::output`] is given.
    frequency: u64,
}

impl Mux {
    /// At the start of a line; the first client has the input. `names`: what the description calls the clients.
    pub fn new(clients: [Option<Client>; MAX_CLIENTS], names: &Names, frequency: u64) -> Self {
        let shared = clients.iter().flatten().count() > 1;
        let focus = clients.iter().position(Option::is_some);
        // Of two clients of one name the second has none.
        let is_first = |index: usize| !names[..index].contains(&names[index]);
        let name = |index| if is_first(index) { names[index] } else { [0; NAME_LENGTH] };
        let consoles = core::array::from_fn(|index| clients[index].map(|client| Console::new(client, &name(index))));
        Self { consoles, shared, open: None, last: 0, focus, escaped: false, frequency }
    }

    /// The client that gets the input.
    pub const fn focus(&self) -> Option<usize> {
        self.focus
    }

    /// Whether this is a client's channel.
    pub fn is_client(&self, index: usize) -> bool {
        self.consoles.get(index).is_some_and(Option::is_some)
    }

    /// Shows what a client's ring holds now. A line without an end waits for it, but not for long: it may be a prompt.
    /// Without a time it does not wait. The mark of the system's own fatal lines is left out.
    pub fn output(&mut self, index: usize, now: Option<u64>, out: &mut impl Output) {
        let mine = !self.shared || self.open == Some(index);
        let frequency = self.frequency;
        let Some(console) = self.console(index) else { return };
        for _ in 0..console.due(now, mine, frequency) {
            let Some(byte) = self.console(index).and_then(|console| console.client.tx.pop()) else { return };
            if byte == FATAL as u8 {
                continue;
            }
            if self.shared { self.put(index, byte, out) } else { self.put_raw(byte, out) }
        }
    }

    /// As [`Self::output`], of all clients.
    pub fn output_all(&mut self, now: Option<u64>, out: &mut impl Output) {
        (0..MAX_CLIENTS).for_each(|index| self.output(index, now, out));
    }

    /// Whether a client's output is held back, so that [`Self::output`] is to be called again soon.
    pub fn holds_back(&self) -> bool {
        self.consoles.iter().flatten().any(Console::holds_back)
    }

    /// Tells clients whether they need not signal. Once they have to, one looks again.
    pub fn watch(&self, watched: bool) {
        self.consoles.iter().flatten().for_each(|console| console.client.tx.watch(watched));
    }

    /// Clients that waited for room and have it, to notify.
    pub fn take_awaited(&self) -> impl Iterator<Item = usize> + '_ {
        let has_room =
            |console: &Option<Console>| console.as_ref().is_some_and(|console| console.client.tx.take_awaited());
        self.consoles.iter().enumerate().filter(move |(_, console)| has_room(console)).map(|(index, _)| index)
    }

    /// Takes a byte of input; the client to notify, if any.
    pub fn input(&mut self, byte: u8, out: &mut impl Output) -> Option<usize> {
        if !self.escaped {
            self.escaped = byte == ESCAPE && self.shared;
            return if self.escaped { None } else { self.deliver(byte) };
        }
        self.escaped = false;
        match byte {
            ESCAPE => self.deliver(byte),
            _ => {
                match DIGITS.iter().position(|digit| *digit == byte) {
                    Some(index) => self.select(index, out),
                    None => self.notice("keys: Ctrl-] 0 to f selects a console, Ctrl-] twice types it", "", out),
                }
                None
            }
        }
    }

    fn console(&mut self, index: usize) -> Option<&mut Console> {
        self.consoles.get_mut(index)?.as_mut()
    }

    fn deliver(&mut self, byte: u8) -> Option<usize> {
        let focus = self.focus?;
        // A full ring loses input, as a UART does.
        self.console(focus)?.client.rx.push(byte).then_some(focus)
    }

    fn select(&mut self, index: usize, out: &mut impl Output) {
        if !self.is_client(index) {
            return self.notice("no such console", "", out);
        }
        self.focus = Some(index);
        let name = self.name(index);
        self.notice("input goes to ", &name, out);
    }

    /// The client's name: the description's, or the one it says first, or its number while it says none or another one's.
    fn name(&mut self, index: usize) -> heapless::String<NAME_LENGTH> {
        let said = self.consoles[index].as_ref().map(Console::said).unwrap_or_default();
        let is_taken = self.consoles.iter().flatten().any(|console| console.name == said);
        match self.console(index) {
            Some(console) if console.name.is_empty() && !said.is_empty() && !is_taken => console.name = said,
            _ => {}
        }
        match self.console(index) {
            Some(console) if !console.name.is_empty() => console.name.clone(),
            _ => core::iter::once(char::from(DIGITS[index])).collect(),
        }
    }

    /// A byte of a client on the shared line.
    fn put(&mut self, index: usize, byte: u8, out: &mut impl Output) {
        let edits = self.focus == Some(index);
        let mut pieces = heapless::Vec::<Piece, MOST_PIECES>::new();
        if let Some(console) = self.console(index) {
            console.filter.take(byte, edits, &mut |piece| {
                let _ = pieces.push(piece);
            });
        }
        for piece in pieces {
            match piece {
                Piece::Text(bytes) => {
                    self.begin(index, out);
                    bytes.iter().for_each(|byte| out.put(*byte));
                }
                Piece::Return if self.open == Some(index) => {
                    self.make_plain(index, out);
                    out.put(b'\r');
                    self.write_name(index, STARTS, out);
                }
                // What it would write over stands in a line that somebody else has ended.
                Piece::Return => _ = self.console(index).map(|console| console.cut = false),
                Piece::End => {
                    self.begin(index, out);
                    self.make_plain(index, out);
                    write("\r\n", out);
                    self.open = None;
                }
            }
        }
    }

    /// A byte of the only client.
    fn put_raw(&mut self, byte: u8, out: &mut impl Output) {
        if byte == b'\n' && self.last != b'\r' {
            out.put(b'\r');
        }
        out.put(byte);
        self.last = byte;
    }

    /// Makes the line this client's.
    fn begin(&mut self, index: usize, out: &mut impl Output) {
        if self.open == Some(index) {
            return;
        }
        self.end(out);
        self.open = Some(index);
        let goes_on = self.console(index).is_some_and(|console| core::mem::take(&mut console.cut));
        self.write_name(index, if goes_on { GOES_ON } else { STARTS }, out);
    }

    /// Ends a line that is open, in the middle of what its client has to say.
    fn end(&mut self, out: &mut impl Output) {
        let Some(index) = self.open.take() else { return };
        self.make_plain(index, out);
        if let Some(console) = self.console(index) {
            console.cut = true;
            console.filter.cut();
        }
        write("\r\n", out);
    }

    /// What the client did to the terminal is over.
    fn make_plain(&mut self, index: usize, out: &mut impl Output) {
        if self.console(index).is_some_and(|console| console.filter.take_coloured()) {
            write(PLAIN, out);
        }
    }

    fn write_name(&mut self, index: usize, then: &str, out: &mut impl Output) {
        write(&self.name(index), out);
        write(then, out);
    }

    fn notice(&mut self, text: &str, name: &str, out: &mut impl Output) {
        self.end(out);
        write("[serial: ", out);
        write(text, out);
        write(name, out);
        write("]\r\n", out);
    }
}

/// What one byte can bring: a character that was none, as text, and what the byte itself is.
const MOST_PIECES: usize = 4;

fn write(text: &str, out: &mut impl Output) {
    text.bytes().for_each(|byte| out.put(byte));
}

#[cfg(test)]
mod tests;
