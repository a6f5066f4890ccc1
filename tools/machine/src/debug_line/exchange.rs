// SPDX-License-Identifier: MIT OR Apache-2.0
//! The threads between the line and the debuggers: one reads the line, and each port has one that waits for a debugger, one
//! that reads what it says, and one that writes to it.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use debug_line::frame::{self, LONGEST, Reader};

use super::port::Port;

/// What the line and the ports share.
#[derive(Debug)]
pub struct Exchange {
    ports: Vec<Arc<Port>>,
    /// Until debuggers are listened to.
    listeners: Mutex<Vec<(Arc<Port>, TcpListener)>>,
    addresses: Vec<SocketAddr>,
    /// The way to QEMU.
    line: OnceLock<UnixStream>,
    /// Whose turn it is to write there.
    turn: Mutex<()>,
    is_ready: AtomicBool,
    has_ended: AtomicBool,
}

impl Exchange {
    pub fn new(listeners: Vec<(Port, TcpListener)>) -> Self {
        let listeners: Vec<_> = listeners.into_iter().map(|(port, listener)| (Arc::new(port), listener)).collect();
        Self {
            ports: listeners.iter().map(|(port, _)| Arc::clone(port)).collect(),
            addresses: listeners.iter().filter_map(|(_, listener)| listener.local_addr().ok()).collect(),
            listeners: Mutex::new(listeners),
            line: OnceLock::new(),
            turn: Mutex::default(),
            is_ready: AtomicBool::new(false),
            has_ended: AtomicBool::new(false),
        }
    }

    pub fn is_ready(&self) -> bool {
        self.is_ready.load(SeqCst)
    }

    /// Carries what comes from the line until it ends.
    pub fn serve(self: &Arc<Self>, line: &UnixStream) {
        let Ok(mut line) = line.try_clone().map(|out| self.line.get_or_init(|| out)) else { return };
        let (mut reader, mut buffer) = (Reader::default(), [0; 4096]);
        while let Ok(count @ 1..) = line.read(&mut buffer) {
            // The driver's first byte: what is sent to it before is lost.
            self.listen();
            for byte in &buffer[..count] {
                if let Some(frame) = reader.take(*byte) {
                    self.ports
                        .iter()
                        .filter(|port| port.number == frame.client)
                        .for_each(|port| port.give(frame.bytes));
                }
            }
        }
    }

    /// Lets debuggers in, from the first time on.
    fn listen(self: &Arc<Self>) {
        self.is_ready.store(true, SeqCst);
        for (port, listener) in self.listeners.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let exchange = Arc::clone(self);
            thread::spawn(move || exchange.welcome(&port, &listener));
        }
    }

    /// Debuggers of one VM, one after the other.
    fn welcome(self: &Arc<Self>, port: &Arc<Port>, listener: &TcpListener) {
        for stream in listener.incoming() {
            if self.has_ended.load(SeqCst) {
                break;
            }
            let Ok(stream) = stream else { continue };
            match port.begin(&stream) {
                Ok(Some(session)) => {
                    let (exchange, port) = (Arc::clone(self), Arc::clone(port));
                    thread::spawn(move || {
                        exchange.carry(&port, &stream);
                        port.end(session);
                    });
                }
                Ok(None) => eprintln!("lazaret: '{}' has a debugger: another one is refused", port.vm),
                Err(error) => eprintln!("lazaret: the debugger of '{}': {error}", port.vm),
            }
        }
        port.end_any();
    }

    /// What a debugger says, until it says no more.
    fn carry(&self, port: &Port, mut stream: &TcpStream) {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            let mut wire = Vec::with_capacity(2 * count);
            for part in buffer[..count].chunks(LONGEST) {
                frame::write(port.number, part.iter().copied(), &mut |byte| wire.push(byte));
            }
            // Whole frames at once: others write to the line as well.
            let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(mut line) = self.line.get() else { return };
            if line.write_all(&wire).is_err() {
                return;
            }
        }
    }

    /// The line is no more: debuggers hear that, and no other one is let in.
    pub fn end(&self) {
        self.has_ended.store(true, SeqCst);
        // Who never was let in is not waited for.
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.ports.iter().for_each(|port| port.end_any());
        self.addresses.iter().for_each(|address| _ = TcpStream::connect(address));
    }

    /// Ends the line from this side.
    pub fn hang_up(&self) {
        self.line.get().into_iter().for_each(|line| _ = line.shutdown(Shutdown::Both));
    }
}
