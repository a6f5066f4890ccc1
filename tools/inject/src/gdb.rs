// SPDX-License-Identifier: MIT OR Apache-2.0
//! QEMU's debug interface: the part of gdb's remote protocol that injecting faults takes.
//!
//! Under `-icount sleep=off` each stop moves the virtual clock to its next timer. So stops are few, and the machine is
//! stepped only over short paths; the runs stay the same from one time to the next.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// How long QEMU may take for a response, on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(600);
/// Registers in the order of the protocol: x0 to x30, then these.
pub const SP: usize = 31;
/// The program counter.
pub const PC: usize = 32;
/// Registers of 64 bits.
pub const REGISTERS: usize = 33;

/// A stopped or running machine.
pub struct Gdb {
    stream: UnixStream,
    received: Vec<u8>,
}

impl Gdb {
    /// Connects to a machine that was just started.
    pub fn connect(path: &Path) -> anyhow::Result<Self> {
        let start = Instant::now();
        loop {
            match UnixStream::connect(path) {
                Ok(stream) => {
                    stream.set_read_timeout(Some(PATIENCE))?;
                    let mut gdb = Self { stream, received: Vec::new() };
                    gdb.ask("?")?;
                    return Ok(gdb);
                }
                Err(_) if start.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(5)),
                Err(error) => return Err(error).context("QEMU's debug socket"),
            }
        }
    }

    /// x0 to x30, SP, PC.
    pub fn registers(&mut self) -> anyhow::Result<[u64; REGISTERS]> {
        let bytes = from_hex(&self.ask("g")?).context("registers")?;
        let mut registers = [0; REGISTERS];
        for (register, chunk) in registers.iter_mut().zip(bytes.chunks_exact(8)) {
            *register = u64::from_le_bytes(chunk.try_into()?);
        }
        Ok(registers)
    }

    /// Sets one register.
    pub fn set_register(&mut self, number: usize, value: u64) -> anyhow::Result<()> {
        self.must(&format!("P{number:x}={}", to_hex(&value.to_le_bytes())))
    }

    /// Sets PSTATE.
    pub fn set_pstate(&mut self, value: u32) -> anyhow::Result<()> {
        self.must(&format!("P{REGISTERS:x}={}", to_hex(&value.to_le_bytes())))
    }

    /// Reads memory at an address of whoever runs; `None` if nothing is there.
    pub fn read(&mut self, address: u64, length: usize) -> anyhow::Result<Option<Vec<u8>>> {
        let response = self.ask(&format!("m{address:x},{length:x}"))?;
        Ok(if response.starts_with('E') { None } else { from_hex(&response) })
    }

    /// Writes memory at an address of whoever runs.
    pub fn write(&mut self, address: u64, bytes: &[u8]) -> anyhow::Result<()> {
        self.must(&format!("M{address:x},{:x}:{}", bytes.len(), to_hex(bytes)))
    }

    /// Addresses are physical from here on, or virtual again.
    pub fn physical(&mut self, on: bool) -> anyhow::Result<()> {
        self.must(&format!("Qqemu.PhyMemMode:{}", u8::from(on)))
    }

    /// Stops at an address, or no more.
    pub fn breakpoint(&mut self, address: u64, on: bool) -> anyhow::Result<()> {
        self.must(&format!("{}1,{address:x},4", if on { 'Z' } else { 'z' }))
    }

    /// One instruction, without interrupts.
    pub fn step(&mut self) -> anyhow::Result<()> {
        self.ask("s").map(|_| ())
    }

    /// Over the present instruction, then on to the next stop.
    pub fn go_on(&mut self) -> anyhow::Result<()> {
        self.step()?;
        self.ask("c").map(|_| ())
    }

    /// Over the present instruction and on, without waiting for a stop.
    pub fn run(&mut self) -> anyhow::Result<()> {
        self.step()?;
        self.send("c")
    }

    /// Stops a machine that [`Self::run`] let go.
    pub fn interrupt(&mut self) -> anyhow::Result<()> {
        self.stream.write_all(&[3])?;
        self.receive().map(|_| ())
    }

    /// Without a stop, for good.
    pub fn detach(mut self) -> anyhow::Result<()> {
        self.step()?;
        self.send("D")
    }

    fn must(&mut self, command: &str) -> anyhow::Result<()> {
        let response = self.ask(command)?;
        if response != "OK" {
            bail!("QEMU's debug interface answers '{response}' to '{command}'");
        }
        Ok(())
    }

    fn ask(&mut self, command: &str) -> anyhow::Result<String> {
        self.send(command)?;
        self.receive()
    }

    fn send(&mut self, command: &str) -> anyhow::Result<()> {
        let sum = command.bytes().fold(0u8, u8::wrapping_add);
        Ok(self.stream.write_all(format!("${command}#{sum:02x}").as_bytes())?)
    }

    fn receive(&mut self) -> anyhow::Result<String> {
        loop {
            if let Some(packet) = take_packet(&mut self.received) {
                self.stream.write_all(b"+")?;
                return Ok(packet);
            }
            let mut buffer = [0; 4096];
            let count = match self.stream.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                read => read.context("QEMU's debug interface is silent")?,
            };
            if count == 0 {
                bail!("QEMU has ended");
            }
            self.received.extend_from_slice(&buffer[..count]);
        }
    }
}

/// The first whole packet, without its frame.
fn take_packet(received: &mut Vec<u8>) -> Option<String> {
    let start = received.iter().position(|&byte| byte == b'$')?;
    let end = start + received[start..].iter().position(|&byte| byte == b'#')?;
    if received.len() < end + 3 {
        return None;
    }
    let packet = String::from_utf8_lossy(&received[start + 1..end]).into_owned();
    received.drain(..end + 3);
    Some(packet)
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_come_in_pieces() {
        let mut received = b"+$T05#b9$O".to_vec();
        assert_eq!(take_packet(&mut received), Some("T05".into()));
        assert_eq!(take_packet(&mut received), None);
        received.extend(b"K#9a");
        assert_eq!(take_packet(&mut received), Some("OK".into()));
        assert!(received.is_empty());
    }

    #[test]
    fn hex_goes_both_ways() {
        assert_eq!(from_hex(&to_hex(&[0, 0xab, 0xff])), Some(vec![0, 0xab, 0xff]));
        assert_eq!(from_hex("xy"), None);
    }
}
