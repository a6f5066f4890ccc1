// SPDX-License-Identifier: MIT OR Apache-2.0

use super::*;
use std::boxed::Box;

#[test]
fn nothing_is_seen_before_it_is_published() {
    let queue = Box::new(Queue::new());
    let buffer = Buffer { offset: 2 * BUFFER_SIZE, length: 60 };
    queue.put(0, &buffer);
    assert_eq!(queue.get(0), None);
    queue.publish(1);
    assert_eq!((queue.get(0), queue.get(0), queue.get(1)), (Some(buffer), Some(buffer), None));
    queue.consume(1);
    assert_eq!((queue.head(), queue.tail()), (1, 1));
}

#[test]
fn indices_run_over() {
    let queue = Box::new(Queue::new());
    let start = u16::MAX - 3;
    for n in 0..CAPACITY {
        queue.put(start.wrapping_add(n), &Buffer { offset: u64::from(n) * BUFFER_SIZE, length: n });
    }
    queue.publish(start.wrapping_add(CAPACITY));
    for n in 0..CAPACITY {
        assert_eq!(queue.get(start.wrapping_add(n)).map(|buffer| buffer.length), Some(n));
    }
    assert_eq!(queue.get(start.wrapping_add(CAPACITY)), None);
}

#[test]
fn an_index_that_cannot_be_right_is_an_empty_queue() {
    let queue = Box::new(Queue::new());
    for tail in [CAPACITY + 1, u16::MAX] {
        queue.publish(tail);
        assert_eq!(queue.get(0), None);
    }
}

#[test]
fn a_buffer_lies_within_its_region() {
    let is_within = |offset, length| Buffer { offset, length }.is_within(DATA_SIZE);
    assert!(is_within(0, 0) && is_within(DATA_SIZE - BUFFER_SIZE, BUFFER_SIZE as u16));
    assert!(!is_within(DATA_SIZE, 0) && !is_within(1, 0) && !is_within(0, BUFFER_SIZE as u16 + 1));
    assert!(!is_within(u64::MAX - BUFFER_SIZE + 1, 0) && !is_within(u64::MAX, 0));
    assert!(!Buffer { offset: 0, length: 0 }.is_within(BUFFER_SIZE - 1));
}

#[test]
fn a_signal_is_wanted_until_somebody_says_otherwise() {
    let queue = Box::new(Queue::new());
    assert!(queue.wants_signal());
    queue.set_wants_signal(false);
    assert!(!queue.wants_signal());
    queue.set_wants_signal(true);
    assert!(queue.wants_signal());
}

#[test]
fn a_network_is_there_when_it_says_so() {
    let page = InfoPage::new();
    assert_eq!(page.get(), None);
    let link = Link { address: [2, 0, 0, 0, 0, 9], is_up: true };
    page.set(Some(&link));
    assert_eq!(page.get(), Some(link));
    page.set(None);
    assert_eq!(page.get(), None);
}
