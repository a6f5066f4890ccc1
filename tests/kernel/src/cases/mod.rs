// SPDX-License-Identifier: MIT OR Apache-2.0
//! The cases, by what they ask about.

mod alarm;
mod cnode;
mod debug;
mod debugger;
mod dirty_log;
mod doorbell;
mod exit;
mod extension;
mod fault;
mod group;
mod interrupt;
mod ipc;
mod memory;
mod native;
mod notification;
mod pages;
mod sched;
mod silicon;
mod stop;
mod tcb;
mod untyped;
mod vcpu;
mod width;

pub use exit::go_on;
pub use sched::passive_thread;
pub use vcpu::{Guest, HVC_66};

use crate::case::Case;

macro_rules! cases {
    ($(#[$doc:meta])* $list:ident: $($module:ident: $($name:ident)*;)*) => {
        $(#[$doc])*
        pub const $list: &[Case] = &[$($((concat!(stringify!($module), "::", stringify!($name)), $module::$name)),*),*];
    };
}

cases! {
    /// What caches, TLBs and clocks must do: for the first run on a real board.
    SILICON:
    silicon: core_is_known line_and_counter_agree fresh_pages_are_zero_in_memory cleaning_reaches_memory
        invalidated_lines_are_read_again new_code_is_fetched remapped_pages_are_seen guests_keep_their_addresses
        vmids_are_reused;
}

cases! {
    /// What the kernel answers.
    ALL:
    untyped: too_many_objects no_objects unknown_type used_slot sizes_out_of_range out_of_memory copy_with_children
        device_memory_is_for_frames revoke_gives_memory_back no_such_cnode;
    cnode: copy_from_an_empty_slot copy_to_a_used_slot badge_once mutate_keeps_its_hands_off_badges move_empties
        rotate_swaps delete_then_call depth_out_of_range revoke_takes_descendants delete_keeps_descendants
        a_cnode_with_itself_inside a_cnode_of_cnodes irq_control_cannot_be_copied unassigned_vspace_cannot_be_copied;
    tcb: registers_come_back self_registers_are_refused too_many_registers priority_out_of_range mcp_limits
        buffer_alignment flags bind_notification_once suspended_threads_stay configure_needs_a_cnode;
    ipc: call_and_reply long_message badge_arrives no_write_right no_grant_right grants_a_capability
        same_endpoint_unwraps nothing_to_receive nobody_receives senders_by_priority reply_receive_loop
        reply_object_reused cancel_badged_sends endpoint_deleted;
    notification: signals_merge poll_takes_all wait_blocks bound_while_receiving waiters_by_priority
        no_write_right_no_signal;
    fault: vm_fault user_exception unknown_syscall cap_fault no_handler handler_needs_rights
        refused_reply_stops invalid_depth;
    sched: budgets_out_of_range refills_out_of_range bind_errors own_context budget_limits consumed_counts charges_add_up
        timeout_fault no_timeout_for_round_robin passive_server server_without_client_context
        notification_lends_its_context a_slice_that_ends_in_a_server yield_lets_others_run fresh_context_is_inactive;
    memory: no_table no_alignment above_user_space one_mapping_a_capability fresh_pages_are_zero read_only no_execute
        unmapped table_unmapped asid_once frame_revoked_under_its_mapping deleted_vspace no_rights_no_access
        cache_operations;
    pages: rights_of_pages pages_that_cannot_be_executed no_more_than_was_granted a_block_comes_back
        nothing_stays_behind what_rights_are_refused what_splits_are_refused;
    dirty_log: the_log_knows_what_was_written the_log_knows_the_page_behind_a_guests_address
        rights_and_the_log_leave_each_other_alone a_thousand_first_stores what_bitmaps_are_refused;
    vcpu: registers unknown_register list_registers one_thread_each hypercall_is_a_fault wait_for_interrupt
        guest_memory debug_extension core_features id_registers_trap wait_for_timer deleted_vcpu
        guest_mode_is_clamped;
    exit: context_of_a_trap context_of_an_abort answer_with_a_register answer_is_clamped a_thousand_exits
        other_calls_between budget_of_a_chatty_guest;
    stop: an_answer_stops an_answer_stops_and_writes an_answer_waits_for_the_timer
        a_wait_without_a_timer_is_ended_by_a_call an_answer_without_words_stops_where_it_is a_running_guest_is_recalled
        an_open_fault_survives_a_recall nonsense_is_refused;
    interrupt: prepared_timer_interrupts prepared_timer_with_eoi_mode_1 a_preparation_ends
        two_guests_have_a_prepared_timer_each a_timer_set_anew_has_not_fired a_reply_injects a_refused_injection_is_told
        a_signal_interrupts a_signal_ends_a_wait bad_preparations_are_refused bad_bindings_are_refused;
    alarm: a_guest_that_runs_is_interrupted an_alarm_ends_a_wait the_last_alarm_counts;
    doorbell: a_store_signals another_store_does_not a_hundred_rings a_doorbell_goes bad_doorbells_are_refused;
    debug: guest_finds_what_its_monitor_wrote higher_levels_are_out_of_reach reply_is_clamped_too nonsense_is_refused
        deleted_while_loaded bank_stays_when_the_thread_goes a_guest_deletes_its_own_thread;
    extension: what_is_not_there_is_refused short_messages_are_refused words_that_mean_nothing_are_refused
        other_objects_are_refused a_vcpu_that_runs_is_left_alone parts_are_told;
    group: another_vcpu_goes_on two_vcpus_share_nothing all_of_a_group_or_nothing;
    native: guest_registers_have_no_effect counter_has_no_offset timer_keeps_its_offset
        cpu_interface_is_a_guests;
    debugger: brk_goes_to_whom_it_concerns breakpoints_go_to_whom_they_concern a_step_is_the_debuggers
        watched_and_out_of_reach one_debugger_at_a_time;
    width: a32_and_t32 modes_are_confined register_names_of_a_32_bit_guest three_guests_of_both_widths
        width_resets_the_debug_registers program_of_32_bits_in_a_64_bit_guest;
}
