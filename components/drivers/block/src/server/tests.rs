// SPDX-License-Identifier: MIT OR Apache-2.0

mod crash;
mod hostile;
mod model;

use sddf_abi::block::{BLOCK_SIZE, CAPACITY, Code, Request, Status};

use super::*;
use model::{DATA_SIZE, FakeDisk, Fuse, Memory, PADDR, RANGES, client, description, request};

/// What one client's requests are answered with, by a disk that ends each at once.
fn answers(range: Option<Range>, has_cache: bool, requests: &[Request]) -> Vec<Response> {
    let (memory, fuse) = (Memory::new(), Fuse::never());
    let memories = std::slice::from_ref(&memory);
    let mut disk = FakeDisk { has_cache, ..FakeDisk::new(&fuse, memories, &[]) };
    let mut server = Server::new([Some(client(&memory, &fuse, 0, range)), None, None, None, None, None, None, None]);
    server.describe(&description());
    assert_eq!(memory.info.info.get().map(|disk| disk.capacity), range.map(|range| range.blocks));
    for (tail, request) in (0..).zip(requests) {
        memory.requests.put(tail, request);
        memory.requests.publish(tail + 1);
        while memory.responses.tail() == tail {
            server.serve(&mut disk);
        }
        assert_eq!(memory.requests.head(), tail + 1);
    }
    (0..requests.len() as u32).map(|head| memory.responses.get(head).unwrap()).collect()
}

fn statuses(range: Option<Range>, requests: &[Request]) -> Vec<(u32, u16)> {
    answers(range, true, requests).iter().map(|response| (response.status, response.count)).collect()
}

#[test]
fn what_lies_within_is_done_and_nothing_else() {
    const WRONG: (u32, u16) = (Status::InvalidParameter as u32, 0);
    let range = Range { first: 5, blocks: 10, is_read_only: false };
    let blocks = DATA_SIZE / BLOCK_SIZE;
    let read = |block, count, offset| request(Code::Read, 7, block, count, offset);
    let cases = [
        (read(0, 1, 0), (0, 1)),
        (read(6, 4, DATA_SIZE - 4 * BLOCK_SIZE), (0, 4)),
        (read(1, 1, 512), (0, 1)),
        (read(0, 0, 0), WRONG),
        (read(7, 4, 0), WRONG),
        (read(10, 1, 0), WRONG),
        (read(u64::MAX, 1, 0), WRONG),
        (read(u64::MAX - 4, 5, 0), WRONG),
        (read(0, 1, DATA_SIZE - BLOCK_SIZE + 1), WRONG),
        (read(0, 1, u64::MAX - BLOCK_SIZE + 1), WRONG),
        (read(0, blocks as u16 + 1, 0), WRONG),
        (request(Code::Write, 7, 9, 1, 0), (0, 1)),
        (request(Code::Write, 7, 9, 2, 0), WRONG),
        (request(Code::Flush, 7, u64::MAX, 9, 1), (0, 0)),
        (request(Code::Barrier, 7, 1, 1, 1), (0, 0)),
        (Request { code: 4, ..read(0, 1, 0) }, WRONG),
        (Request { code: u32::MAX, ..read(0, 1, 0) }, WRONG),
    ];
    let requests = cases.map(|(request, _)| request);
    assert_eq!(statuses(Some(range), &requests), cases.map(|(_, answer)| answer));
    assert!(answers(Some(range), true, &requests).iter().all(|response| response.id == 7));
    let read_only = Range { is_read_only: true, ..range };
    let writes = [request(Code::Write, 0, 0, 1, 0), read(0, 1, 0)];
    assert_eq!(statuses(Some(read_only), &writes), [WRONG, (0, 1)]);
}

#[test]
fn without_a_disk_everything_that_is_known_is_answered_so() {
    let codes = [Code::Read, Code::Write, Code::Flush, Code::Barrier];
    let requests = codes.map(|code| request(code, 1, 0, 1, 0));
    assert_eq!(statuses(None, &requests), [(Status::NoDevice as u32, 0); 4]);
    assert_eq!(statuses(None, &[Request { code: 9, ..requests[0] }]), [(Status::InvalidParameter as u32, 0)]);
}

#[test]
fn a_disk_that_fails_or_refuses_is_an_error_of_the_disk() {
    for refuses in [false, true] {
        let (memory, fuse) = (Memory::new(), Fuse::never());
        let mut disk = FakeDisk { fails: true, refuses, ..FakeDisk::new(&fuse, std::slice::from_ref(&memory), &[]) };
        let mut clients = [const { None }; MAX_CLIENTS];
        clients[0] = Some(client(&memory, &fuse, 0, RANGES[0]));
        let mut server = Server::new(clients);
        memory.requests.put(0, &request(Code::Read, 3, 0, 2, 0));
        memory.requests.publish(1);
        let told = [server.serve(&mut disk)[0], server.serve(&mut disk)[0]];
        assert_eq!(told, [refuses, !refuses]);
        assert_eq!(memory.responses.get(0), Some(Response { status: Status::Io as u32, count: 0, id: 3 }));
    }
}

#[test]
fn a_flush_is_the_disk_s_only_where_it_has_something_to_keep() {
    let flush = [request(Code::Flush, 0, 0, 0, 0)];
    for has_cache in [false, true] {
        let (memory, fuse) = (Memory::new(), Fuse::never());
        let mut disk = FakeDisk { has_cache, ..FakeDisk::new(&fuse, std::slice::from_ref(&memory), &[]) };
        let client = client(&memory, &fuse, 0, RANGES[0]);
        assert_eq!(client.job(&flush[0], has_cache).unwrap().is_some(), has_cache);
        let mut clients = [const { None }; MAX_CLIENTS];
        clients[0] = Some(client);
        memory.requests.put(0, &flush[0]);
        memory.requests.publish(1);
        assert_eq!(Server::new(clients).serve(&mut disk)[0], !has_cache);
        assert_eq!(disk.pending.len(), usize::from(has_cache));
    }
    assert_eq!(answers(RANGES[0], false, &flush)[0].status, 0);
}

#[test]
fn a_response_without_room_waits_for_it() {
    let (memory, fuse) = (Memory::new(), Fuse::never());
    let mut disk = FakeDisk::new(&fuse, std::slice::from_ref(&memory), &[]);
    let mut clients = [const { None }; MAX_CLIENTS];
    clients[0] = Some(client(&memory, &fuse, 0, RANGES[0]));
    let mut server = Server::new(clients);
    for tail in 0..CAPACITY {
        memory.requests.put(tail, &request(Code::Barrier, tail, 0, 0, 0));
    }
    memory.requests.publish(CAPACITY);
    assert!(server.serve(&mut disk)[0]);
    assert_eq!((memory.requests.head(), memory.responses.tail()), (CAPACITY, CAPACITY), "all in one go");
    memory.requests.put(CAPACITY, &request(Code::Barrier, CAPACITY, 0, 0, 0));
    memory.requests.publish(CAPACITY + 1);
    for _ in 0..3 {
        assert!(!server.serve(&mut disk)[0]);
        assert_eq!((memory.requests.head(), memory.responses.tail()), (CAPACITY, CAPACITY));
    }
    memory.responses.consume(1);
    assert!(server.serve(&mut disk)[0]);
    assert_eq!((memory.requests.head(), memory.responses.tail()), (CAPACITY + 1, CAPACITY + 1));
}

#[test]
fn a_client_that_never_ends_takes_no_turn_of_another() {
    let (memories, fuse) = ([Memory::new(), Memory::new()], Fuse::never());
    let mut disk = FakeDisk::new(&fuse, &memories, &[]);
    let mut clients = [const { None }; MAX_CLIENTS];
    clients[0] = Some(client(&memories[0], &fuse, 0, RANGES[0]));
    clients[1] = Some(client(&memories[1], &fuse, 1, RANGES[1]));
    // It wants what nobody has, and as soon as it is answered, again; its responses always have room.
    clients[0].as_mut().unwrap().shared.is_endless = true;
    let mut server = Server::new(clients);
    memories[1].requests.put(0, &request(Code::Read, 0, 0, 1, 0));
    memories[1].requests.publish(1);
    fuse.limit(8 * 9 * u64::from(CAPACITY));
    assert_eq!(server.serve(&mut disk)[..2], [true, false]);
    let job = Job {
        operation: Operation::Read,
        block: RANGES[1].unwrap().first,
        paddr: PADDR[1],
        length: BLOCK_SIZE as usize,
    };
    assert_eq!(disk.pending, [(1, job)]);
    assert_eq!(server.serve(&mut disk)[..2], [true, true]);
}
