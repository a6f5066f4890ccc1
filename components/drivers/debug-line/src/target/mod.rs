// SPDX-License-Identifier: MIT OR Apache-2.0
//! The protection domain: interrupts and signals in, frames out.

mod board;
mod regions;
mod uart;

use core::convert::Infallible;

use debug_line::MAX_CLIENTS;
use debug_line::frame::FLAG;
use debug_line::line::Line;
use microkit_abi::slot::IRQ_BASE;
use sel4_microkit::{Channel, ChannelSet, Handler, debug_println, protection_domain};

use uart::{BoardUart, Uart};

/// Bytes that are received before those who send have their turn.
const AT_ONCE: usize = 64;

#[protection_domain]
fn init() -> Driver {
    let mut driver = Driver { line: Line::new(regions::clients()), wire: BoardUart::new(regions::uart()) };
    // The host waits for this: what arrives before the UART is on is lost.
    driver.wire.put(FLAG);
    driver.work();
    driver
}

struct Driver {
    line: Line,
    wire: BoardUart,
}

impl Driver {
    /// Until there is nothing more to do. Whoever sends and whoever receives take turns.
    fn work(&mut self) {
        loop {
            let all_received = self.receive();
            self.line.send(&mut |byte| self.wire.put(byte));
            self.line.take_awaited().for_each(|client| Channel::new(client).notify());
            if self.line.is_held() {
                // Until the next period, so that the client has the core meanwhile.
                sel4::r#yield();
                self.line.look().into_iter().for_each(|client| Channel::new(client).notify());
            } else if all_received {
                return;
            }
        }
    }

    /// Takes some of what the host has sent, and tells the clients that get it. Whether it was all.
    fn receive(&mut self) -> bool {
        let mut touched = 0u16;
        const { assert!(MAX_CLIENTS <= u16::BITS as usize) };
        let mut all = false;
        for _ in 0..AT_ONCE {
            if self.line.is_held() {
                break;
            }
            let Some(byte) = self.wire.get() else {
                all = true;
                break;
            };
            touched |= self.line.receive(byte).map_or(0, |client| 1 << client);
        }
        (0..MAX_CLIENTS).filter(|client| touched & (1 << client) != 0).for_each(|client| {
            Channel::new(client).notify();
        });
        all
    }
}

/// The interrupt may come again once what it came for is read.
fn acknowledge(channel: Channel) {
    let handler = sel4::cap::IrqHandler::from_bits(sel4::CPtrBits::from(IRQ_BASE) + channel.index() as sel4::CPtrBits);
    if let Err(error) = handler.irq_handler_ack() {
        debug_println!("debug-line|ERROR: channel {}, neither a client's nor an interrupt: {error}", channel.index());
    }
}

impl Handler for Driver {
    type Error = Infallible;

    fn notified(&mut self, channels: ChannelSet) -> Result<(), Infallible> {
        // Before anything is read: what comes afterwards raises it again.
        self.wire.clear_interrupts();
        self.work();
        channels.iter().filter(|channel| !self.line.is_client(channel.index())).for_each(acknowledge);
        Ok(())
    }
}
