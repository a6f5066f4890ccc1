// SPDX-License-Identifier: MIT OR Apache-2.0
//! The protection domain: signals and interrupts in, frames to and fro.

mod card;
mod hal;
mod regions;
mod ring;
mod start;

use core::convert::Infallible;

use card::VirtioCard;
use microkit_abi::slot::IRQ_BASE;
use network::MAX_CLIENTS;
use network::shared::{Pages, describe};
use network::switch::Switch;
use sddf_abi::net::InfoPage;
use sel4_microkit::{Channel, ChannelSet, Handler, debug_println, protection_domain};

#[protection_domain(stack_size = 0x8000)]
fn init() -> Driver {
    let mut shares = regions::clients();
    let card = start::card();
    let infos = shares.each_ref().map(|shares| shares.as_ref().map(|shares| shares.info));
    let clients = shares.each_mut().map(|shares| shares.take().map(|shares| shares.client));
    let mut driver = Driver { switch: Switch::new(clients, &card), infos, card, has_forged: [false; MAX_CLIENTS] };
    driver.describe();
    driver.switch.serve(&mut driver.card);
    // The driver before this one may have died between a frame and its signal; and now clients know their places.
    driver.notify([true; MAX_CLIENTS]);
    driver
}

struct Driver {
    switch: Switch<Pages<'static>>,
    infos: [Option<&'static InfoPage>; MAX_CLIENTS],
    card: Option<VirtioCard>,
    /// Of whom it was said.
    has_forged: [bool; MAX_CLIENTS],
}

impl Driver {
    /// Tells the clients their places.
    fn describe(&self) {
        for (number, info) in self.infos.iter().enumerate() {
            if let Some(info) = info {
                describe(info, &self.switch.link(number));
            }
        }
    }

    fn notify(&self, clients: [bool; MAX_CLIENTS]) {
        let numbers = clients.into_iter().enumerate().filter(|(_, is_told)| *is_told).map(|(number, _)| number);
        numbers.filter(|number| self.switch.is_client(*number)).for_each(|number| Channel::new(number).notify());
    }

    /// The device first, so that whatever it does from now on is an interrupt of its own.
    fn interrupt(&mut self, channel: Channel) {
        if let Some(card) = self.card.as_mut() {
            card.acknowledge();
        }
        let handler =
            sel4::cap::IrqHandler::from_bits(sel4::CPtrBits::from(IRQ_BASE) + channel.index() as sel4::CPtrBits);
        if let Err(error) = handler.irq_handler_ack() {
            debug_println!("network: channel {} is neither a client's nor an interrupt: {error}", channel.index());
        }
    }

    /// One line for each client that sends under an address that is not its own: its guest wonders why nobody answers.
    fn say_who_forges(&mut self) {
        for (number, (count, has_forged)) in self.switch.forged().into_iter().zip(&mut self.has_forged).enumerate() {
            if count > 0 && !*has_forged {
                debug_println!(
                    "network: client {number} sends under an address that is not its own: such frames are lost"
                );
                *has_forged = true;
            }
        }
    }
}

impl Handler for Driver {
    type Error = Infallible;

    fn notified(&mut self, channels: ChannelSet) -> Result<(), Infallible> {
        for channel in channels.iter() {
            if !self.switch.is_client(channel.index()) {
                self.interrupt(channel);
            }
        }
        let mut told = self.switch.serve(&mut self.card);
        if self.switch.look_at(&self.card) {
            self.describe();
            told = [true; MAX_CLIENTS];
        }
        self.notify(told);
        self.say_who_forges();
        Ok(())
    }
}
