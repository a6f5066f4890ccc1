// SPDX-License-Identifier: MIT OR Apache-2.0
//! The frames of all clients and of the card: each is taken, given to those who are to have it, and its buffer given back.
//!
//! A buffer goes back after its frame went on. So whoever dies in between lets the next one send that frame again, which a
//! network may do, and loses none that a client has sent.

use sddf_abi::net::{CAPACITY, Link};

use crate::MAX_CLIENTS;
use crate::address::{Addresses, Targets};
use crate::card::Card;
use crate::frame::Frame;
use crate::shared::Shared;
use crate::side::{Direction, Side};

/// The memory that a client shares.
#[derive(Debug)]
pub struct Client<S> {
    /// For what it is sent.
    pub receive: S,
    /// For what it sends.
    pub send: S,
}

/// All clients.
#[derive(Debug)]
pub struct Switch<S> {
    receivers: [Option<Side<S>>; MAX_CLIENTS],
    senders: [Option<Side<S>>; MAX_CLIENTS],
    addresses: Addresses,
    is_up: bool,
    /// Frames that said to be from somebody else.
    forged: [u32; MAX_CLIENTS],
    /// Whose turn is first.
    turn: usize,
}

impl<S: Shared> Switch<S> {
    /// Goes on where a switch before it, if there was one, has ended. The card has nothing of that one's any more.
    pub fn new(mut clients: [Option<Client<S>>; MAX_CLIENTS], card: &impl Card) -> Self {
        let (link, are_there) = (card.link(), clients.each_ref().map(Option::is_some));
        let addresses = Addresses::new(link.map(|link| link.address), are_there);
        let sides = clients.each_mut().map(|client| {
            let Client { receive, send } = client.take()?;
            Some((Side::new(receive, Direction::Receive), Side::new(send, Direction::Send)))
        });
        let (mut receivers, mut senders) = ([const { None }; MAX_CLIENTS], [const { None }; MAX_CLIENTS]);
        let places = receivers.iter_mut().zip(&mut senders);
        places.zip(sides).for_each(|((receiver, sender), sides)| (*receiver, *sender) = sides.unzip());
        let mut switch = Self { receivers, senders, addresses, is_up: false, forged: [0; MAX_CLIENTS], turn: 0 };
        switch.look_at(card);
        switch
    }

    /// Whether somebody may hear a client, another one or whoever is behind the card, changes with the card's wire; whether
    /// it has.
    pub fn look_at(&mut self, card: &impl Card) -> bool {
        let has_others = self.senders.iter().flatten().count() > 1;
        let is_up = has_others || card.link().is_some_and(|link| link.is_up);
        core::mem::replace(&mut self.is_up, is_up) != is_up
    }

    /// Whether there is such a client.
    pub fn is_client(&self, number: usize) -> bool {
        self.senders.get(number).is_some_and(Option::is_some)
    }

    /// Its place in the network, which it may be told now that there are buffers.
    pub fn link(&self, number: usize) -> Link {
        Link { address: self.addresses.of(number), is_up: self.is_up }
    }

    /// How many frames of each client said that they were from somebody else; those are lost.
    pub fn forged(&self) -> [u32; MAX_CLIENTS] {
        self.forged
    }

    /// Does all that can be done now, and returns which clients have to be notified.
    ///
    /// A queue holds no more buffers than there are rounds, and the card no more frames, so everything that was there
    /// before a signal is looked at; what comes meanwhile brings a signal of its own, however long somebody goes on.
    pub fn serve(&mut self, card: &mut impl Card) -> [bool; MAX_CLIENTS] {
        self.turn = (self.turn + 1) % MAX_CLIENTS;
        for _ in 0..CAPACITY {
            if !self.round(card) {
                break;
            }
        }
        card.flush();
        let mut sides = self.receivers.iter_mut().zip(&mut self.senders);
        [(); MAX_CLIENTS].map(|()| {
            let signal = |side: &mut Option<Side<S>>| side.as_mut().is_some_and(Side::take_signal);
            sides.next().is_some_and(|(receiver, sender)| signal(receiver) | signal(sender))
        })
    }

    /// One frame of the card and of each client at most; whether there was one.
    fn round(&mut self, card: &mut impl Card) -> bool {
        let (turn, mut is_any) = (self.turn, self.receive(card));
        for n in 0..MAX_CLIENTS {
            is_any |= self.send((turn + n) % MAX_CLIENTS, card);
        }
        is_any
    }

    /// A frame that came from outside.
    fn receive(&mut self, card: &mut impl Card) -> bool {
        card.receive(|frame| {
            let targets = self.addresses.from_card(frame).unwrap_or(Targets::NONE);
            deliver(&mut self.receivers, &targets, frame);
        })
    }

    /// A client's frame. One that is for the card, among others, stays where it is until the card has room: nobody gets it
    /// before, or they would get it again.
    fn send(&mut self, number: usize, card: &mut impl Card) -> bool {
        let Some(sender) = self.senders.get_mut(number).and_then(Option::as_mut) else { return false };
        let Some(buffer) = sender.next() else { return false };
        if let Some(frame) = sender.read(&buffer) {
            let targets = self.addresses.from_client(number, &frame).unwrap_or_else(|_| {
                let count = self.forged.iter_mut().skip(number).take(1);
                count.for_each(|count| *count = count.saturating_add(1));
                Targets::NONE
            });
            if targets.is_card && !card.has_room() {
                return false;
            }
            if targets.is_card {
                card.send(&frame);
            }
            deliver(&mut self.receivers, &targets, &frame);
        }
        sender.pass(&buffer, 0);
        true
    }
}

/// Gives a frame to the clients that are to have it.
fn deliver<S: Shared>(receivers: &mut [Option<Side<S>>; MAX_CLIENTS], targets: &Targets, frame: &Frame<'_>) {
    let chosen = receivers.iter_mut().zip(targets.clients).filter(|(_, is_target)| *is_target);
    chosen.filter_map(|(receiver, _)| receiver.as_mut()).for_each(|receiver| receiver.deliver(frame));
}

#[cfg(test)]
mod tests;
