// SPDX-License-Identifier: MIT OR Apache-2.0
//! What happens between the wire and the clients' rings.
//!
//! Bytes to the host go in turn: a frame of each client that has something, then of each one again. Bytes from the host go
//! into their client's ring. Where that has no room for all of a frame, the rest waits, and everybody with it, because
//! the wire is one; but only for [`PATIENCE`] looks, of which there is one in each period of this PD. From then on
//! the client is *deaf*: what is for it is dropped and nobody waits, until it has read all that is in its ring, which is
//! full at that moment.

use serial::ring::Ring;

use crate::MAX_CLIENTS;
use crate::frame::{self, LONGEST, Reader};

/// Looks for which a client's full ring may hold up the line.
pub const PATIENCE: u8 = 20;

/// A client's rings.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// From the client.
    pub tx: &'static Ring,
    /// To the client.
    pub rx: &'static Ring,
}

/// What its client has no room for yet.
#[derive(Debug)]
struct Held {
    client: usize,
    bytes: heapless::Vec<u8, LONGEST>,
    /// How many of the bytes it has by now.
    given: usize,
    looks: u8,
}

/// The state of the line.
#[derive(Debug)]
pub struct Line {
    clients: [Option<Client>; MAX_CLIENTS],
    reader: Reader,
    held: Option<Held>,
    /// Who did not read in time.
    deaf: [bool; MAX_CLIENTS],
}

impl Line {
    /// Of these clients; nothing was received yet.
    pub fn new(clients: [Option<Client>; MAX_CLIENTS]) -> Self {
        Self { clients, reader: Reader::default(), held: None, deaf: [false; MAX_CLIENTS] }
    }

    /// Whether this is a client's channel.
    pub fn is_client(&self, index: usize) -> bool {
        self.clients.get(index).is_some_and(Option::is_some)
    }

    /// Whether something waits for room: nothing may be received meanwhile, and [`Self::look`] is to be called.
    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Takes a byte from the wire; the client to notify, if any. What is for nobody is dropped.
    pub fn receive(&mut self, byte: u8) -> Option<usize> {
        let frame = self.reader.take(byte)?;
        let client = usize::from(frame.client);
        let rx = self.clients.get(client)?.as_ref()?.rx;
        if frame.bytes.is_empty() || (self.deaf[client] && !rx.is_empty()) {
            return None;
        }
        self.deaf[client] = false;
        let given = deliver(rx, frame.bytes);
        if given < frame.bytes.len() {
            let bytes = heapless::Vec::from_slice(frame.bytes).unwrap_or_default();
            self.held = Some(Held { client, bytes, given, looks: 0 });
        }
        (given > 0).then_some(client)
    }

    /// Looks whether there is room now, once in a period; the client to notify, if any. At last it is waited for no longer.
    pub fn look(&mut self) -> Option<usize> {
        let held = self.held.as_mut()?;
        let (client, rx) = (held.client, self.clients[held.client].as_ref()?.rx);
        let given = deliver(rx, &held.bytes[held.given..]);
        held.given += given;
        held.looks += 1;
        let is_whole = held.given == held.bytes.len();
        if is_whole || held.looks >= PATIENCE {
            self.deaf[client] = !is_whole;
            self.held = None;
        }
        (given > 0).then_some(client)
    }

    /// Sends what is in the clients' rings now, and not what they add meanwhile: that is a signal of its own.
    pub fn send(&self, put: &mut impl FnMut(u8)) {
        let mut left = self.clients.each_ref().map(|client| client.as_ref().map_or(0, |client| client.tx.len()));
        while left.iter().any(|left| *left > 0) {
            for (number, (client, left)) in self.clients.iter().zip(&mut left).enumerate() {
                let (Some(client), true) = (client, *left > 0) else { continue };
                let count = LONGEST.min(*left);
                *left -= count;
                frame::write(number as u8, (0..count).map_while(|_| client.tx.pop()), put);
            }
        }
    }

    /// Clients that waited for room and have it, to notify.
    pub fn take_awaited(&self) -> impl Iterator<Item = usize> + '_ {
        let has_room = |client: &Option<Client>| client.as_ref().is_some_and(|client| client.tx.take_awaited());
        self.clients.iter().enumerate().filter(move |(_, client)| has_room(client)).map(|(index, _)| index)
    }
}

const _: () = assert!(MAX_CLIENTS <= u8::MAX as usize);

/// As many as there is room for.
fn deliver(ring: &Ring, bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| ring.push(**byte)).count()
}

#[cfg(test)]
mod tests;
