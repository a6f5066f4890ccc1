// SPDX-License-Identifier: MIT OR Apache-2.0
//! The clients' requests: looked at, given to the disk, answered.
//!
//! A request stays at its queue's head until its response is published, and before that it is noted which response it will
//! be. So whatever is at the head after a start was either not answered, and is done again, or the note and the
//! responses' tail say that it was, and only the head is behind.

use sddf_abi::block::{BLOCK_SIZE, CAPACITY, Code, Description, Request, Response, Status};

use crate::disk::{Disk, Job, Operation};
use crate::shared::Shared;
use crate::{MAX_CLIENTS, Range};

/// A client.
#[derive(Debug)]
pub struct Client<S> {
    /// The memory that it shares.
    pub shared: S,
    /// Bytes of its data region.
    pub data_size: u64,
    /// Where that is in physical memory.
    pub data_paddr: u64,
    /// What of the disk it has.
    pub range: Option<Range>,
}

/// Where a client's first request is.
#[derive(Debug)]
enum State {
    /// Nobody has looked at it.
    Idle,
    /// In the disk.
    Submitted(u32, Request),
    /// Done; its response waits for room.
    Done(u32, Response),
}

#[derive(Debug)]
struct Served<S> {
    client: Client<S>,
    state: State,
    /// It was answered, and does not know it yet.
    is_answered: bool,
}

/// All clients. A client's number is its jobs' tag.
#[derive(Debug)]
pub struct Server<S> {
    clients: [Option<Served<S>>; MAX_CLIENTS],
    /// Whose turn is first.
    turn: usize,
}

impl<S: Shared> Server<S> {
    /// Goes on where a server before it, if there was one, has ended. The disk does nothing of that one's any more.
    pub fn new(clients: [Option<Client<S>>; MAX_CLIENTS]) -> Self {
        Self { clients: clients.map(|client| client.map(Served::new)), turn: 0 }
    }

    /// Whether there is such a client.
    pub fn is_client(&self, number: usize) -> bool {
        self.clients.get(number).is_some_and(Option::is_some)
    }

    /// Tells each client what its disk is. All have the serial number of the one that is behind them.
    pub fn describe(&self, disk: &Description) {
        for served in self.clients.iter().flatten() {
            let describe = |Range { blocks, is_read_only, .. }| Description { is_read_only, capacity: blocks, ..*disk };
            served.client.shared.describe(served.client.range.map(describe).as_ref());
        }
    }

    /// Does all that can be done now, and returns which clients have to be notified: they were answered.
    ///
    /// A queue holds no more requests than there are rounds, so everything that was published before a signal is looked
    /// at; what comes meanwhile brings a signal of its own, however long a client goes on with it.
    pub fn serve(&mut self, disk: &mut impl Disk) -> [bool; MAX_CLIENTS] {
        while let Some((tag, is_done)) = disk.completed() {
            if let Some(served) = self.clients.get_mut(tag).and_then(Option::as_mut) {
                served.complete(is_done);
            }
        }
        self.turn = (self.turn + 1) % MAX_CLIENTS;
        for _ in 0..CAPACITY {
            if !self.round(disk) {
                break;
            }
        }
        self.clients
            .each_mut()
            .map(|served| served.as_mut().is_some_and(|served| core::mem::take(&mut served.is_answered)))
    }

    /// One request of each client at most; whether there was one.
    fn round(&mut self, disk: &mut impl Disk) -> bool {
        let mut is_any = false;
        for number in (0..MAX_CLIENTS).map(|n| (self.turn + n) % MAX_CLIENTS) {
            if let Some(served) = self.clients.get_mut(number).and_then(Option::as_mut) {
                is_any |= served.step(number, disk);
            }
        }
        is_any
    }
}

impl<S: Shared> Served<S> {
    fn new(client: Client<S>) -> Self {
        let (head, tail) = (client.shared.head(), client.shared.tail());
        if client.shared.noted() == (head, tail.wrapping_sub(1)) {
            client.shared.consume(head.wrapping_add(1));
        }
        Self { client, state: State::Idle, is_answered: false }
    }

    /// Looks at the first request, if the one before is answered.
    fn step(&mut self, number: usize, disk: &mut impl Disk) -> bool {
        self.answer();
        if !matches!(self.state, State::Idle) {
            return false;
        }
        let head = self.client.shared.head();
        let Some(request) = self.client.shared.first() else { return false };
        let status = match self.client.job(&request, disk.has_cache()) {
            Ok(Some(job)) if disk.submit(number, &job) => {
                self.state = State::Submitted(head, request);
                return true;
            }
            Ok(Some(_)) => Status::Io,
            Ok(None) => Status::Ok,
            Err(status) => status,
        };
        self.state = State::Done(head, response(&request, status, 0));
        self.answer();
        true
    }

    /// The disk has done its part.
    fn complete(&mut self, is_done: bool) {
        let State::Submitted(head, request) = self.state else { return };
        let is_transfer = request.code == Code::Read as u32 || request.code == Code::Write as u32;
        let count = if is_done && is_transfer { request.count } else { 0 };
        let status = if is_done { Status::Ok } else { Status::Io };
        self.state = State::Done(head, response(&request, status, count));
        self.answer();
    }

    /// Posts the response, if there is one and room for it. The order is what a start after a death depends on.
    fn answer(&mut self) {
        let State::Done(head, response) = self.state else { return };
        let shared = &self.client.shared;
        if !shared.has_room() {
            return;
        }
        let tail = shared.tail();
        shared.note(head, tail);
        shared.put(&response);
        shared.publish(tail.wrapping_add(1));
        shared.consume(head.wrapping_add(1));
        self.state = State::Idle;
        self.is_answered = true;
    }
}

impl<S> Client<S> {
    /// What the disk has to do for a request; nothing, if it is done already; or what is wrong with it.
    fn job(&self, request: &Request, has_cache: bool) -> Result<Option<Job>, Status> {
        let code = Code::from_number(request.code).ok_or(Status::InvalidParameter)?;
        let range = self.range.ok_or(Status::NoDevice)?;
        let operation = match code {
            Code::Read => Operation::Read,
            Code::Write if range.is_read_only => return Err(Status::InvalidParameter),
            Code::Write => Operation::Write,
            Code::Flush if has_cache => {
                return Ok(Some(Job { operation: Operation::Flush, block: 0, paddr: 0, length: 0 }));
            }
            // Requests of a client are done one behind the other.
            Code::Flush | Code::Barrier => return Ok(None),
        };
        self.transfer(operation, request, &range).map(Some).ok_or(Status::InvalidParameter)
    }

    /// The job of a request that lies within the client's range and data.
    fn transfer(&self, operation: Operation, request: &Request, range: &Range) -> Option<Job> {
        let count = u64::from(request.count);
        let length = count * BLOCK_SIZE;
        let is_on_disk = request.block.checked_add(count)? <= range.blocks;
        let is_in_data = request.offset.checked_add(length)? <= self.data_size;
        let block = range.first.checked_add(request.block)?;
        let paddr = self.data_paddr.checked_add(request.offset)?;
        let length = usize::try_from(length).ok()?;
        (count > 0 && is_on_disk && is_in_data).then_some(Job { operation, block, paddr, length })
    }
}

fn response(request: &Request, status: Status, count: u16) -> Response {
    Response { status: status as u32, count, id: request.id }
}

#[cfg(test)]
mod tests;
