// SPDX-License-Identifier: MIT OR Apache-2.0
//! The protection domain: signals and interrupts in, requests to the disk, answers out.

mod disk;
mod hal;
mod regions;
mod start;

use core::convert::Infallible;

use block::MAX_CLIENTS;
use block::server::{Client, Server};
use block::shared::Pages;
use disk::VirtioDisk;
use microkit_abi::slot::IRQ_BASE;
use sel4_microkit::{Channel, ChannelSet, Handler, debug_println, protection_domain};

#[protection_domain(stack_size = 0x8000)]
fn init() -> Driver {
    let mut shares = regions::clients();
    let mut disk = start::disk();
    let (description, ranges) = start::divide(&mut disk, shares.each_ref().map(Option::is_some));
    let mut ranges = ranges.into_iter();
    let clients = shares.each_mut().map(|shares| {
        let range = ranges.next().flatten();
        let shares = shares.take()?;
        let data = shares.data;
        Some(Client { shared: shares.pages, data_size: data.size as u64, data_paddr: data.paddr as u64, range })
    });
    let mut driver = Driver { server: Server::new(clients), disk };
    driver.server.describe(&description);
    driver.server.serve(&mut driver.disk);
    // The driver before this one may have died between an answer and its signal; and now clients know their disks.
    driver.notify([true; MAX_CLIENTS]);
    driver
}

struct Driver {
    server: Server<Pages<'static>>,
    disk: Option<VirtioDisk>,
}

impl Driver {
    fn notify(&self, clients: [bool; MAX_CLIENTS]) {
        let numbers = clients.into_iter().enumerate().filter(|(_, is_told)| *is_told).map(|(number, _)| number);
        numbers.filter(|number| self.server.is_client(*number)).for_each(|number| Channel::new(number).notify());
    }

    /// The device first, so that whatever it does from now on is an interrupt of its own.
    fn interrupt(&mut self, channel: Channel) {
        if let Some(disk) = self.disk.as_mut() {
            disk.acknowledge();
        }
        let handler =
            sel4::cap::IrqHandler::from_bits(sel4::CPtrBits::from(IRQ_BASE) + channel.index() as sel4::CPtrBits);
        if let Err(error) = handler.irq_handler_ack() {
            debug_println!("block: channel {} is neither a client's nor an interrupt: {error}", channel.index());
        }
    }
}

impl Handler for Driver {
    type Error = Infallible;

    fn notified(&mut self, channels: ChannelSet) -> Result<(), Infallible> {
        for channel in channels.iter() {
            if !self.server.is_client(channel.index()) {
                self.interrupt(channel);
            }
        }
        let answered = self.server.serve(&mut self.disk);
        self.notify(answered);
        Ok(())
    }
}
