// SPDX-License-Identifier: MIT OR Apache-2.0
//! The protection domain: interrupts and signals in, bytes out.

mod board;
mod counter;
mod regions;

use core::convert::Infallible;

use arm_pl011_uart::{DataBits, Interrupts, LineConfig, Parity, StopBits, Uart};
use microkit_abi::slot::IRQ_BASE;
use sel4_microkit::{Channel, ChannelSet, Handler, debug_println, protection_domain};
use serial::mux::{Mux, Output};

/// What the line runs at.
const BAUD_RATE: u32 = 115_200;
/// The UART's clock, in Hz.
const CLOCK: u32 = board::UART_CLOCK as u32;
/// A Yield shorter than this part of a second, 20 us, gave nothing up.
const AT_ONCE: u64 = 50_000;

#[protection_domain]
fn init() -> Driver {
    let mut uart = Uart::new(regions::uart());
    let line = LineConfig { data_bits: DataBits::Bits8, parity: Parity::None, stop_bits: StopBits::One };
    if uart.enable(line, BAUD_RATE, CLOCK).is_err() {
        debug_println!("serial|ERROR: the UART does not take {BAUD_RATE} baud");
    }
    uart.set_interrupt_masks(Interrupts::RXI | Interrupts::RTI);
    let frequency = counter::frequency();
    let mut driver =
        Driver { mux: Mux::new(regions::clients(), regions::names(), frequency), line: Line(uart), frequency };
    // What clients wrote before this PD ran.
    driver.mux.output_all(Some(counter::now()), &mut driver.line);
    driver.settle();
    driver
}

/// The UART as a sink.
struct Line(Uart<'static>);

impl Output for Line {
    fn put(&mut self, byte: u8) {
        while self.0.is_tx_fifo_full() {}
        self.0.write_word(byte);
    }
}

struct Driver {
    mux: Mux,
    line: Line,
    frequency: u64,
}

impl Driver {
    /// Takes what was typed, and tells the clients that get it.
    fn input(&mut self) {
        let mut touched = 0u16;
        const { assert!(serial::MAX_CLIENTS <= u16::BITS as usize) };
        loop {
            match self.line.0.read_word() {
                Ok(Some(byte)) => {
                    if let Some(client) = self.mux.input(byte, &mut self.line) {
                        touched |= 1 << client;
                    }
                }
                Ok(None) => break,
                // A framing error or break loses a byte, nothing else.
                Err(_) => {}
            }
        }
        (0..serial::MAX_CLIENTS).filter(|client| touched & (1 << client) != 0).for_each(|client| {
            Channel::new(client).notify();
        });
    }

    /// Tells clients that waited for room.
    fn tell_of_room(&self) {
        self.mux.take_awaited().for_each(|client| Channel::new(client).notify());
    }

    fn interrupt(&mut self, channel: Channel) {
        self.line.0.clear_interrupts(Interrupts::all());
        self.input();
        let handler =
            sel4::cap::IrqHandler::from_bits(sel4::CPtrBits::from(IRQ_BASE) + channel.index() as sel4::CPtrBits);
        if let Err(error) = handler.irq_handler_ack() {
            debug_println!("serial|ERROR: channel {}, neither a client's nor an interrupt: {error}", channel.index());
        }
    }

    /// While a line is held back, this PD looks once in its period, and leaves the rest of it to others: clients need not
    /// signal meanwhile, and what they wrote is shown in time whatever they do next.
    fn settle(&mut self) {
        while self.mux.holds_back() {
            self.mux.watch(true);
            while self.mux.holds_back() {
                let before = counter::now();
                sel4::r#yield();
                let now = counter::now();
                // Without a budget below its period the description gives this PD no way to wait.
                let waited = now.wrapping_sub(before) >= self.frequency / AT_ONCE;
                self.input();
                self.mux.output_all(waited.then_some(now), &mut self.line);
                self.tell_of_room();
            }
            self.mux.watch(false);
            // What came before they knew that they have to signal.
            self.mux.output_all(Some(counter::now()), &mut self.line);
        }
        self.tell_of_room();
    }
}

impl Handler for Driver {
    type Error = Infallible;

    fn notified(&mut self, channels: ChannelSet) -> Result<(), Infallible> {
        for channel in channels.iter() {
            if self.mux.is_client(channel.index()) {
                self.mux.output(channel.index(), Some(counter::now()), &mut self.line);
            } else {
                self.interrupt(channel);
            }
        }
        self.settle();
        Ok(())
    }
}
