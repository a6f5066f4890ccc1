// SPDX-License-Identifier: MIT OR Apache-2.0
//! The debug line's end on the host: QEMU's second serial line on one side, a local TCP port for each VM on the other.
//!
//! What the driver (`components/drivers/debug-line`) and this program say to each other are its frames; what a debugger and a
//! VMM say to each other passes unchanged. A port is for one debugger at a time; when it has gone, the next one may come. What
//! a VMM says while there is none is dropped. Nothing is received from a debugger before the driver is there.

mod exchange;
mod port;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use anyhow::Context;
use lazaret_diagnostic::Problem;

use crate::{PrivateFolder, Qemu};
use exchange::Exchange;
use port::Port;

/// The way to a VM's debugger stub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DebugPort {
    /// The VM's name.
    pub vm: String,
    /// Where a debugger connects.
    pub address: SocketAddr,
}

/// The line of a machine. It ends with the machine, or when this is dropped.
#[derive(Debug)]
pub struct DebugLine {
    ports: Vec<DebugPort>,
    exchange: Arc<Exchange>,
    socket: PathBuf,
    _folder: PrivateFolder,
}

impl DebugLine {
    /// Gives a machine that is not started yet a second serial line, and each of its clients, numbers and names of VMs, a port.
    pub fn open(qemu: &mut Qemu, clients: &[(u8, String)]) -> anyhow::Result<Self> {
        let folder = PrivateFolder::new()?;
        let socket = folder.join("debug-line");
        // Ours, so that it is there when QEMU starts, and nothing that QEMU has to say comes too early.
        let line = UnixListener::bind(&socket).with_context(|| socket.display().to_string())?;
        *qemu = qemu.clone().with_debug_line(&format!("unix:{}", Qemu::in_option(&socket)))?;
        let (mut ports, mut listeners) = (Vec::new(), Vec::new());
        for (number, vm) in clients {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no local port for a debugger")?;
            ports.push(DebugPort { vm: vm.clone(), address: listener.local_addr()? });
            listeners.push((Port::new(*number, vm), listener));
        }
        let exchange = Arc::new(Exchange::new(listeners));
        let serving = Arc::clone(&exchange);
        thread::spawn(move || {
            if let Ok((line, _)) = line.accept() {
                serving.serve(&line);
            }
            serving.end();
        });
        Ok(Self { ports, exchange, socket, _folder: folder })
    }

    /// Where debuggers connect, in the order of the driver's channels.
    pub fn ports(&self) -> &[DebugPort] {
        &self.ports
    }

    /// A VM's port.
    pub fn port(&self, vm: &str) -> anyhow::Result<&DebugPort> {
        self.ports.iter().find(|port| port.vm == vm).ok_or_else(|| {
            let known: Vec<&str> = self.ports.iter().map(|port| &*port.vm).collect();
            Problem::new(format!("no VM '{vm}' is on the debug line"), format!("there are {}", known.join(", ")))
        })
    }

    /// Whether the driver is there, so that debuggers are heard.
    pub fn is_ready(&self) -> bool {
        self.exchange.is_ready()
    }
}

impl Drop for DebugLine {
    fn drop(&mut self) {
        self.exchange.end();
        self.exchange.hang_up();
        // Wakes whoever still waits for QEMU.
        let _ = UnixStream::connect(&self.socket);
    }
}

#[cfg(test)]
mod tests;
