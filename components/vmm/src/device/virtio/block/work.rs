// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a guest's request to the driver's, part by part, and back.

use super::request::{Asked, HEADER, Kind, Part, Status, is_exclusive, parse};
use super::{Backend, QUEUE, VirtioBlock};
use crate::console::Serial;
use crate::device::Outside;
use sddf_abi::block::{self, CAPACITY, Response};
use virtio::queue::{Broken, Chain};

impl<'a> VirtioBlock<'a> {
    /// Takes the guest's requests, as long as more can be in flight.
    pub(super) fn take_requests<S: Serial>(
        &mut self,
        backend: &Backend<'a>,
        outside: &mut Outside<'_, 'a, S>,
    ) -> Result<(), Broken> {
        let mut chain = Chain::new();
        while let Some(free) = self.requests.iter().position(|request| request.is_free())
            && !self.requests.iter().any(|request| request.is_exclusive())
            && self.device.next(QUEUE, &mut chain, outside.backing)?
        {
            match parse(&chain, backend.disk().as_ref(), &mut outside.backing.ram)? {
                Asked::Ended(status, written) => {
                    write_status(&chain, status, outside)?;
                    self.device.done(QUEUE, &chain, written + 1, outside.backing)?;
                }
                Asked::Work { kind, start, length } => {
                    let is_alone = self.requests.iter().all(|request| request.is_free());
                    if is_exclusive(kind, start, length) && !is_alone {
                        return Ok(());
                    }
                    self.device.transport.queues[QUEUE].change().advance();
                    self.requests[free].change().begin(chain.head, kind, start, length);
                    self.ask(free, &chain, backend, outside)?;
                }
            }
        }
        Ok(())
    }

    /// Asks the driver for the next part of a request: to read what is to be written in part, or to do it.
    fn ask<S: Serial>(
        &mut self,
        n: usize,
        chain: &Chain,
        backend: &Backend<'a>,
        outside: &mut Outside<'_, 'a, S>,
    ) -> Result<(), Broken> {
        let part = self.requests[n].part(backend.cell_size());
        if self.requests[n].kind() != Kind::Read && part.is_partial() {
            return self.put(n, part, true, chain, backend, outside);
        }
        self.lay_out(n, part, chain, backend, outside);
        self.put(n, part, false, chain, backend, outside)
    }

    /// What is to be written, in the request's cell.
    fn lay_out<S>(
        &self,
        n: usize,
        Part { lead, length, .. }: Part,
        chain: &Chain,
        backend: &Backend<'a>,
        outside: &Outside<'_, 'a, S>,
    ) {
        let request = &self.requests[n];
        let mut cell = backend.cell(n, request.has_second());
        match request.kind() {
            Kind::Write => cell.fill(lead, chain, HEADER + request.done, length, &outside.backing.ram),
            Kind::Zero => cell.zero(lead, length),
            Kind::Read | Kind::Flush => {}
        }
    }

    fn put<S: Serial>(
        &mut self,
        n: usize,
        Part { block, count, .. }: Part,
        fetches: bool,
        chain: &Chain,
        backend: &Backend<'a>,
        outside: &mut Outside<'_, 'a, S>,
    ) -> Result<(), Broken> {
        let id = self.indices.sent;
        let request = self.requests[n].change();
        request.send(id, fetches);
        let (code, offset) = (request.code() as u32, backend.cell(n, request.has_second()).offset);
        if !backend.put(id, &block::Request { code, offset, block, count, id }) {
            self.device.warn(format_args!("the driver takes no requests"), outside);
            return self.end(n, chain, Status::Error, outside);
        }
        self.indices.change().sent = id.wrapping_add(1);
        self.is_unsent = true;
        Ok(())
    }

    /// What the driver has answered.
    pub(super) fn take_responses<S: Serial>(&mut self, backend: &Backend<'a>, outside: &mut Outside<'_, 'a, S>) {
        // A driver that goes on and on is looked at again when it signals.
        for _ in 0..CAPACITY {
            let Some(response) = backend.get(self.indices.taken) else { break };
            let taken = self.indices.taken.wrapping_add(1);
            self.indices.change().taken = taken;
            let Some(n) = self.requests.iter().position(|request| request.awaits(response.id)) else { continue };
            if self.requests[n].is_abandoned() || !self.device.transport.is_live() {
                self.requests[n].change().end();
            } else if let Err(broken) = self.answered(n, response, backend, outside) {
                self.requests[n].change().end();
                self.device.fail(QUEUE, broken, outside);
            }
        }
    }

    fn answered<S: Serial>(
        &mut self,
        n: usize,
        response: Response,
        backend: &Backend<'a>,
        outside: &mut Outside<'_, 'a, S>,
    ) -> Result<(), Broken> {
        let (request, indirect) = (*self.requests[n], self.device.transport.has_indirect());
        let mut chain = Chain::new();
        self.device.transport.queues[QUEUE].chain(request.head, indirect, &outside.backing.ram, &mut chain)?;
        let part = request.part(backend.cell_size());
        if !response.is_ok() {
            let Response { status, .. } = response;
            self.device.warn(format_args!("block {}: the driver's status is {status}", part.block), outside);
            return self.end(n, &chain, Status::Error, outside);
        }
        if request.is_fetching() {
            self.lay_out(n, part, &chain, backend, outside);
            return self.put(n, part, false, &chain, backend, outside);
        }
        if request.kind() == Kind::Read {
            let cell = backend.cell(n, request.has_second());
            cell.empty(part.lead, &chain, request.done, part.length, &mut outside.backing.ram);
        }
        let done = request.done.saturating_add(part.length);
        self.requests[n].change().done = done;
        if done < request.length {
            return self.ask(n, &chain, backend, outside);
        }
        self.end(n, &chain, Status::Ok, outside)
    }

    /// The guest gets its chain back.
    fn end<S>(
        &mut self,
        n: usize,
        chain: &Chain,
        status: Status,
        outside: &mut Outside<'_, 'a, S>,
    ) -> Result<(), Broken> {
        let request = self.requests[n].change();
        request.end();
        let read = if request.kind() == Kind::Read && status == Status::Ok { request.length as u32 } else { 0 };
        write_status(chain, status, outside)?;
        self.device.complete(QUEUE, chain.head, read.saturating_add(1), outside.backing)
    }
}

/// The last byte that the device writes.
fn write_status<S>(chain: &Chain, status: Status, outside: &mut Outside<'_, '_, S>) -> Result<(), Broken> {
    let last = chain.writable_length().checked_sub(1).ok_or(Broken::Short)?;
    chain.write(last, &[status as u8], &mut outside.backing.ram);
    Ok(())
}
