// SPDX-License-Identifier: MIT OR Apache-2.0
//! The memory that a client shares, as the steps in which the server uses it: it may die between any two of them.

use core::sync::atomic::Ordering::{Acquire, Release};

use sddf_abi::block::{Description, InfoPage, Request, RequestQueue, Response, ResponseQueue};

/// A client's shared memory.
pub trait Shared {
    /// Says which disk there is.
    fn describe(&self, description: Option<&Description>);

    /// Where the requests begin that were not answered.
    fn head(&self) -> u32;

    /// The request there, if there is one; its words are read once.
    fn first(&self) -> Option<Request>;

    /// The requests before this index are done with.
    fn consume(&self, head: u32);

    /// Where the next response goes.
    fn tail(&self) -> u32;

    /// Whether it may go there.
    fn has_room(&self) -> bool;

    /// Writes it; the client does not see it yet.
    fn put(&self, response: &Response);

    /// The client may have the responses before this index.
    fn publish(&self, tail: u32);

    /// Notes, where the client cannot write, which request is being answered (its index) by which response (its).
    fn note(&self, head: u32, tail: u32);

    /// What was noted last.
    fn noted(&self) -> (u32, u32);
}

/// The pages themselves.
#[derive(Clone, Copy, Debug)]
pub struct Pages<'a> {
    /// The client can only read this one.
    pub info: &'a InfoPage,
    /// Its requests.
    pub requests: &'a RequestQueue,
    /// Their responses.
    pub responses: &'a ResponseQueue,
}

impl Shared for Pages<'_> {
    fn describe(&self, description: Option<&Description>) {
        // The disk of a driver that was started again is the same: it never seems to be gone.
        if self.info.info.get().as_ref() != description {
            self.info.info.set(description);
        }
    }

    fn head(&self) -> u32 {
        self.requests.head()
    }

    fn first(&self) -> Option<Request> {
        self.requests.first()
    }

    fn consume(&self, head: u32) {
        self.requests.consume(head);
    }

    fn tail(&self) -> u32 {
        self.responses.tail()
    }

    fn has_room(&self) -> bool {
        self.responses.has_room()
    }

    fn put(&self, response: &Response) {
        self.responses.put(response);
    }

    fn publish(&self, tail: u32) {
        self.responses.publish(tail);
    }

    fn note(&self, head: u32, tail: u32) {
        self.info.note.store(u64::from(head) << 32 | u64::from(tail), Release);
    }

    fn noted(&self) -> (u32, u32) {
        let note = self.info.note.load(Acquire);
        ((note >> 32) as u32, note as u32)
    }
}
