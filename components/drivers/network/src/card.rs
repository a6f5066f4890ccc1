// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a network card must be able to do.

use sddf_abi::net::Link;

use crate::frame::Frame;

/// A card that sends and receives on its own. It hears every frame on its wire, and has copies of what it was given.
pub trait Card {
    /// Its own address, and whether there is a wire; nothing if there is no card.
    fn link(&self) -> Option<Link>;

    /// Whether it takes one frame more. If not, there is an interrupt as soon as it does.
    fn has_room(&mut self) -> bool;

    /// Sends a frame, for which there was room.
    fn send(&mut self, frame: &Frame<'_>);

    /// The next frame that came, if there is one; what comes after this is an interrupt. Whoever takes it is done with it
    /// when they return.
    fn receive(&mut self, take: impl FnOnce(&Frame<'_>)) -> bool;

    /// There is nothing more to send for now.
    fn flush(&mut self);
}

/// Where there is none, nobody waits for it.
impl<C: Card> Card for Option<C> {
    fn link(&self) -> Option<Link> {
        self.as_ref()?.link()
    }

    fn has_room(&mut self) -> bool {
        self.as_mut().is_none_or(C::has_room)
    }

    fn send(&mut self, frame: &Frame<'_>) {
        if let Some(card) = self.as_mut() {
            card.send(frame);
        }
    }

    fn receive(&mut self, take: impl FnOnce(&Frame<'_>)) -> bool {
        self.as_mut().is_some_and(|card| card.receive(take))
    }

    fn flush(&mut self) {
        if let Some(card) = self.as_mut() {
            card.flush();
        }
    }
}
