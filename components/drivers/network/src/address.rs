// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who has which address, and who gets a frame.
//!
//! The addresses of the clients are given and do not change, so nothing has to be learned, and nobody can teach the switch
//! anything.

use sddf_abi::net::ADDRESS_LENGTH;

use crate::MAX_CLIENTS;
use crate::frame::Frame;

/// An Ethernet address.
pub type Address = [u8; ADDRESS_LENGTH];

/// In an address's first byte: a group's.
const GROUP: u8 = 1;
/// There too: no maker of cards gave it away.
const LOCAL: u8 = 2;

/// The addresses of all clients.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// Client 0's.
    first: Address,
    has_card: bool,
    clients: [bool; MAX_CLIENTS],
}

/// Who gets a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Targets {
    /// These clients.
    pub clients: [bool; MAX_CLIENTS],
    /// The card, and what is behind it.
    pub is_card: bool,
}

/// It says that it is from somebody who did not send it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forged;

impl Targets {
    /// Nobody.
    pub const NONE: Self = Self { clients: [false; MAX_CLIENTS], is_card: false };
}

impl Addresses {
    /// Of the clients that there are, made from the card's.
    pub fn new(card: Option<Address>, clients: [bool; MAX_CLIENTS]) -> Self {
        let [byte, rest @ ..] = card.unwrap_or_default();
        let mut first = [byte & !GROUP | LOCAL, 0, 0, 0, 0, 0];
        first.iter_mut().skip(1).zip(rest).for_each(|(place, byte)| *place = byte);
        Self { first, has_card: card.is_some(), clients }
    }

    /// A client's. They differ in the last byte alone.
    pub fn of(&self, client: usize) -> Address {
        let [start @ .., last] = self.first;
        let mut address = [last.wrapping_add(client as u8); ADDRESS_LENGTH];
        address.iter_mut().zip(start).for_each(|(place, byte)| *place = byte);
        address
    }

    /// Which client has it.
    fn client(&self, address: Address) -> Option<usize> {
        let is_its = |(number, is_there): &(usize, bool)| *is_there && self.of(*number) == address;
        self.clients.into_iter().enumerate().find(is_its).map(|(number, _)| number)
    }

    /// Who gets a frame of a client's.
    pub fn from_client(&self, sender: usize, frame: &Frame<'_>) -> Result<Targets, Forged> {
        if frame.source() != self.of(sender) {
            return Err(Forged);
        }
        let mut targets = self.inside(frame.destination());
        targets.is_card = self.has_card && self.client(frame.destination()).is_none();
        targets.clients.iter_mut().skip(sender).take(1).for_each(|is_target| *is_target = false);
        Ok(targets)
    }

    /// Who gets a frame of the card's, which hears everything. One that says it is from a client went out from here, and
    /// has come back.
    pub fn from_card(&self, frame: &Frame<'_>) -> Result<Targets, Forged> {
        if self.client(frame.source()).is_some() {
            return Err(Forged);
        }
        Ok(self.inside(frame.destination()))
    }

    /// The clients that an address means.
    fn inside(&self, destination: Address) -> Targets {
        let [byte, ..] = destination;
        if byte & GROUP != 0 {
            return Targets { clients: self.clients, is_card: false };
        }
        let mut targets = Targets::NONE;
        let number = self.client(destination).unwrap_or(MAX_CLIENTS);
        targets.clients.iter_mut().skip(number).take(1).for_each(|is_target| *is_target = true);
        targets
    }
}

#[cfg(test)]
mod tests;
