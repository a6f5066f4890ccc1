// SPDX-License-Identifier: MIT OR Apache-2.0
//! A VM's end: the debugger that is connected, if one is.

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Frames that wait for a debugger: half a megabyte. Who does not read by then is not listening, and the line does not
/// wait for anybody, because QEMU's processor would.
const WAITING: usize = 4096;
/// Who comes right after another one has gone may be earlier than the news of that.
const COURTESY: Duration = Duration::from_secs(1);

/// The debugger that is connected.
#[derive(Debug)]
struct Session {
    stream: TcpStream,
    frames: SyncSender<Vec<u8>>,
    /// No other one's.
    number: u64,
}

/// A client of the line.
#[derive(Debug)]
pub struct Port {
    /// The driver's number of it.
    pub number: u8,
    /// The VM's name.
    pub vm: String,
    session: Mutex<Option<Session>>,
    ended: Condvar,
    sessions: AtomicU64,
}

impl Port {
    pub fn new(number: u8, vm: &str) -> Self {
        Self { number, vm: vm.into(), session: Mutex::default(), ended: Condvar::new(), sessions: AtomicU64::new(0) }
    }

    /// Takes a debugger; the number of its session. `None`: there is one already.
    pub fn begin(&self, stream: &TcpStream) -> std::io::Result<Option<u64>> {
        let session = self.session();
        let (mut session, _) = self
            .ended
            .wait_timeout_while(session, COURTESY, |session| session.is_some())
            .unwrap_or_else(PoisonError::into_inner);
        if session.is_some() {
            return Ok(None);
        }
        let _ = stream.set_nodelay(true);
        let (frames, waiting) = sync_channel(WAITING);
        let out = stream.try_clone()?;
        thread::spawn(move || write_all(out, &waiting));
        let number = self.sessions.fetch_add(1, Relaxed);
        *session = Some(Session { stream: stream.try_clone()?, frames, number });
        Ok(Some(number))
    }

    /// Gives the debugger what its VM says. Without a debugger it is dropped.
    pub fn give(&self, bytes: &[u8]) {
        let mut session = self.session();
        let Some(Session { stream, frames, .. }) = &*session else { return };
        if frames.try_send(bytes.to_vec()).is_err() {
            eprintln!("lazaret: the debugger of '{}' does not read: its connection is closed", self.vm);
            let _ = stream.shutdown(Shutdown::Both);
            *session = None;
            self.ended.notify_all();
        }
    }

    /// That session is over, whoever ended it.
    pub fn end(&self, number: u64) {
        let mut session = self.session();
        if session.as_ref().is_some_and(|session| session.number == number) {
            close(session.take());
            self.ended.notify_all();
        }
    }

    /// Whichever session there is.
    pub fn end_any(&self) {
        close(self.session().take());
        self.ended.notify_all();
    }

    fn session(&self) -> MutexGuard<'_, Option<Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn close(session: Option<Session>) {
    // What was said to the debugger before still reaches it: its writer ends when nobody can send any more.
    session.into_iter().for_each(|session| _ = session.stream.shutdown(Shutdown::Read));
}

/// Until there is nothing more to come, or nobody who takes it.
fn write_all(mut out: TcpStream, frames: &Receiver<Vec<u8>>) {
    for bytes in frames {
        if out.write_all(&bytes).is_err() {
            break;
        }
    }
    let _ = out.shutdown(Shutdown::Both);
}
