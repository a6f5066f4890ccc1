// SPDX-License-Identifier: MIT OR Apache-2.0
//! A small gdb: the remote serial protocol from its other end, so that scenarios need no gdb and know each stop.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::Context;
use lazaret_machine::DebugLine;

/// For an answer, however busy the host is: a machine that ends closes the connection.
const PATIENCE: Duration = Duration::from_secs(600);
/// gdb's numbers of registers.
pub const PC: usize = 32;

/// Why a guest has stopped, or that it has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// At a breakpoint.
    Breakpoint,
    /// At a watchpoint, by an access there.
    Watchpoint(u64),
    /// After a step.
    Step,
    /// Ctrl-C.
    Interrupted,
    /// It was switched off.
    Ended,
}

/// A session.
pub struct Gdb {
    stream: TcpStream,
}

impl Gdb {
    /// With a VM whose guest stands still from here on.
    pub fn attach(line: &DebugLine, vm: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(line.port(vm)?.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let mut gdb = Self { stream };
        let supported = gdb.ask("qSupported:swbreak+;hwbreak+")?;
        anyhow::ensure!(supported.contains("PacketSize="), "{supported}");
        let why = gdb.ask("?")?;
        anyhow::ensure!(why.starts_with("T05") || why.starts_with("S05"), "it does not stand still: {why}");
        Ok(gdb)
    }

    /// What is said to a packet.
    pub fn ask(&mut self, packet: &str) -> anyhow::Result<String> {
        self.send(packet)?;
        self.receive().with_context(|| packet.to_owned())
    }

    /// A packet that is answered with OK.
    pub fn tell(&mut self, packet: &str) -> anyhow::Result<()> {
        let answer = self.ask(packet)?;
        anyhow::ensure!(answer == "OK", "{packet}: {answer}");
        Ok(())
    }

    /// A register of 64 bits.
    pub fn register(&mut self, number: usize) -> anyhow::Result<u64> {
        let answer = self.ask(&format!("p{number:x}"))?;
        let value = u64::from_str_radix(&answer, 16).with_context(|| format!("register {number}: {answer}"))?;
        Ok(value.swap_bytes())
    }

    /// One instruction.
    pub fn step(&mut self) -> anyhow::Result<Stop> {
        self.send("vCont;s:1")?;
        self.stop()
    }

    /// On, until it stops.
    pub fn go_on(&mut self) -> anyhow::Result<Stop> {
        self.send("vCont;c")?;
        self.stop()
    }

    fn stop(&mut self) -> anyhow::Result<Stop> {
        let told = self.receive()?;
        let watched = told.split(';').find_map(|part| {
            let (what, address) = part.trim_start_matches("T05").rsplit_once(':')?;
            what.ends_with("watch").then(|| u64::from_str_radix(address, 16).ok())?
        });
        Ok(match (&told[..told.len().min(3)], watched) {
            (_, Some(address)) => Stop::Watchpoint(address),
            ("T05" | "S05", _) if told.contains("break:") => Stop::Breakpoint,
            ("T05" | "S05", _) => Stop::Step,
            ("T02" | "S02", _) => Stop::Interrupted,
            ("W00", _) => Stop::Ended,
            _ => anyhow::bail!("what kind of stop is {told}?"),
        })
    }

    fn send(&mut self, packet: &str) -> anyhow::Result<()> {
        let sum = packet.bytes().fold(0u8, u8::wrapping_add);
        Ok(self.stream.write_all(format!("${packet}#{sum:02x}").as_bytes())?)
    }

    fn byte(&mut self) -> anyhow::Result<u8> {
        let mut byte = [0];
        self.stream.read_exact(&mut byte).context("the debug line has ended")?;
        Ok(byte[0])
    }

    /// A packet, acknowledged; run lengths and escapes are written out.
    fn receive(&mut self) -> anyhow::Result<String> {
        while self.byte()? != b'$' {}
        let (mut text, mut sum) = (Vec::new(), 0u8);
        loop {
            let byte = self.byte()?;
            if byte == b'#' {
                break;
            }
            sum = sum.wrapping_add(byte);
            match byte {
                b'*' => {
                    let count = self.byte()?;
                    sum = sum.wrapping_add(count);
                    let last = *text.last().context("a run of nothing")?;
                    text.resize(text.len() + usize::from(count - 29), last);
                }
                b'}' => {
                    let escaped = self.byte()?;
                    sum = sum.wrapping_add(escaped);
                    text.push(escaped ^ 0x20);
                }
                _ => text.push(byte),
            }
        }
        let digits = [self.byte()?, self.byte()?];
        anyhow::ensure!(format!("{sum:02x}").as_bytes() == digits, "a wrong checksum");
        self.stream.write_all(b"+")?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}
