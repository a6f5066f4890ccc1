// SPDX-License-Identifier: MIT OR Apache-2.0

use super::*;
use std::boxed::Box;

#[test]
fn nothing_is_seen_before_it_is_published() {
    let queue = Box::new(RequestQueue::new());
    let request = Request { code: 1, offset: 2, block: 3, count: 4, id: 5 };
    queue.put(0, &request);
    assert_eq!(queue.first(), None);
    queue.publish(1);
    assert_eq!((queue.first(), queue.first()), (Some(request), Some(request)));
    queue.consume(1);
    assert_eq!((queue.first(), queue.head(), queue.tail()), (None, 1, 1));

    let queue = Box::new(ResponseQueue::new());
    let response = Response { status: 0, count: 4, id: 5 };
    queue.put(&response);
    assert_eq!(queue.get(0), None);
    queue.publish(1);
    assert_eq!((queue.get(0), queue.get(1)), (Some(response), None));
}

#[test]
fn indices_run_over_and_the_queue_fills() {
    let queue = Box::new(RequestQueue::new());
    let start = u32::MAX - 3;
    queue.consume(start);
    for n in 0..CAPACITY {
        let at = start.wrapping_add(n);
        assert!(queue.has_room(at));
        queue.put(at, &Request { id: n, ..Request::default() });
        queue.publish(at.wrapping_add(1));
    }
    assert!(!queue.has_room(start.wrapping_add(CAPACITY)));
    for n in 0..CAPACITY {
        assert_eq!(queue.first().map(|request| request.id), Some(n));
        queue.consume(start.wrapping_add(n + 1));
    }
    assert_eq!(queue.first(), None);
}

#[test]
fn an_index_that_cannot_be_right_is_an_empty_queue() {
    let (requests, responses) = (Box::new(RequestQueue::new()), Box::new(ResponseQueue::new()));
    requests.publish(CAPACITY + 1);
    responses.publish(CAPACITY + 1);
    assert_eq!((requests.first(), responses.get(0)), (None, None));
    requests.publish(u32::MAX);
    assert_eq!(requests.first(), None);
}

#[test]
fn a_disk_is_there_when_it_says_so() {
    let page = InfoPage::new();
    assert_eq!(page.info.get(), None);
    let disk = Description { serial: [b'x'; 64], is_read_only: true, sector_size: 512, capacity: 77 };
    page.info.set(Some(&disk));
    assert_eq!(page.info.get(), Some(disk));
    page.info.set(None);
    assert_eq!(page.info.get(), None);
}
