// SPDX-License-Identifier: MIT OR Apache-2.0
//! Many consoles on one line: whose output it is, and whose input.

use lazaret_abi::console::FATAL;

use crate::{
    MAX_CLIENTS,
    ring::{NAME_LENGTH, Ring},
};

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
    clients: [Option<Client>; MAX_CLIENTS],
    /// What clients said at their first line: a client can't go on under another one's name.
    names: [heapless::String<NAME_LENGTH>; MAX_CLIENTS],
    /// Lines carry the client's name.
    named: bool,
    /// The client whose line has no end yet.
    open: Option<usize>,
    /// Clients whose last line was cut by somebody else's output.
    cut: [bool; MAX_CLIENTS],
    /// The last byte written, of the line that is open.
    last: u8,
    /// The client that gets the input.
    focus: Option<usize>,
    escaped: bool,
}

impl Mux {
    /// At the start of a line; the first client has the input.
    pub fn new(clients: [Option<Client>; MAX_CLIENTS]) -> Self {
        let named = clients.iter().flatten().count() > 1;
        let focus = clients.iter().position(Option::is_some);
        Self {
            clients,
            names: Default::default(),
            named,
            open: None,
            cut: [false; MAX_CLIENTS],
            last: 0,
            focus,
            escaped: false,
        }
    }

    /// The client that gets the input.
    pub const fn focus(&self) -> Option<usize> {
        self.focus
    }

    /// Whether this is a client's channel.
    pub fn is_client(&self, index: usize) -> bool {
        self.clients.get(index).is_some_and(Option::is_some)
    }

    /// Writes what a client's ring holds now, but for the mark of the system's own fatal lines. An incomplete line is written
    /// as well: it may be a prompt.
    pub fn output(&mut self, index: usize, out: &mut impl Output) {
        let Some(client) = self.client(index) else { return };
        for byte in client.tx.drain().filter(|byte| *byte != FATAL as u8) {
            self.begin(index, out);
            self.put(byte, out);
        }
    }

    /// Takes a byte of input; the client to notify, if any.
    pub fn input(&mut self, byte: u8, out: &mut impl Output) -> Option<usize> {
        if !self.escaped {
            self.escaped = byte == ESCAPE && self.named;
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

    fn client(&self, index: usize) -> Option<Client> {
        self.clients.get(index).copied().flatten()
    }

    fn deliver(&mut self, byte: u8) -> Option<usize> {
        let focus = self.focus?;
        // A full ring loses input, as a UART does.
        self.client(focus)?.rx.push(byte).then_some(focus)
    }

    fn select(&mut self, index: usize, out: &mut impl Output) {
        let Some(client) = self.client(index) else {
            return self.notice("no such console", "", out);
        };
        self.focus = Some(index);
        let name = self.name(index, client);
        self.notice("input goes to ", &name, out);
    }

    /// Makes the line this client's.
    fn begin(&mut self, index: usize, out: &mut impl Output) {
        if self.open == Some(index) {
            return;
        }
        self.end(out);
        self.open = Some(index);
        if !self.named {
            return;
        }
        if let Some(client) = self.client(index) {
            write(&self.name(index, client), out);
            let goes_on = core::mem::take(&mut self.cut[index]);
            write(if goes_on { GOES_ON } else { STARTS }, out);
        }
    }

    /// The client's name: its number until it says one, or when it says another client's.
    fn name(&mut self, index: usize, client: Client) -> heapless::String<NAME_LENGTH> {
        if self.names[index].is_empty() {
            let name = client.tx.name();
            let taken = self.names.contains(&name);
            if name.is_empty() || taken || name.contains(FATAL) {
                return core::iter::once(char::from(DIGITS[index])).collect();
            }
            self.names[index] = name;
        }
        self.names[index].clone()
    }

    fn put(&mut self, byte: u8, out: &mut impl Output) {
        if byte == b'\n' && self.last != b'\r' {
            out.put(b'\r');
        }
        out.put(byte);
        self.last = byte;
        if byte == b'\n' {
            self.open = None;
        }
    }

    /// Ends a line that is open, in the middle of what its client has to say.
    fn end(&mut self, out: &mut impl Output) {
        if let Some(index) = self.open.take() {
            self.cut[index] = true;
            write("\r\n", out);
        }
        self.last = 0;
    }

    fn notice(&mut self, text: &str, name: &str, out: &mut impl Output) {
        self.end(out);
        write("[serial: ", out);
        write(text, out);
        write(name, out);
        write("]\r\n", out);
    }
}

fn write(text: &str, out: &mut impl Output) {
    text.bytes().for_each(|byte| out.put(byte));
}

#[cfg(test)]
mod tests;
