// SPDX-License-Identifier: MIT OR Apache-2.0
//! Channels, and capabilities that the manifest shares.

use microkit_abi::{CALL_BADGE, ROOT_CNODE_BITS, slot};

use super::{
    PlanError,
    builder::{Builder, rights},
};
use lazaret_sdf::model::{End, SharedCapKind};

impl Builder<'_> {
    pub(super) fn plan_channels(&mut self) {
        for channel in &self.system.channels {
            let [a, b] = channel.ends;
            self.connect(&a, &b);
            self.connect(&b, &a);
        }
    }

    /// What `from` may do to `to`.
    fn connect(&mut self, from: &End, to: &End) {
        let cnode = self.domains[from.pd.0].cnode;
        let id = u32::from(from.id);
        if from.notify {
            let notification = self.domains[to.pd.0].notification;
            self.cap(cnode, slot::OUTPUT_NOTIFICATION_BASE + id, notification, rights::WRITE, 1 << to.id);
        }
        if from.pp
            && let Some(endpoint) = self.domains[to.pd.0].endpoint
        {
            let badge = CALL_BADGE | u64::from(to.id);
            self.cap(cnode, slot::ENDPOINT_BASE + id, endpoint, rights::WRITE | rights::GRANT_REPLY, badge);
        }
    }

    pub(super) fn plan_shared_caps(&mut self) {
        for (index, pd) in self.system.pds() {
            for shared in &pd.shared_caps {
                if shared.slot >= 1 << ROOT_CNODE_BITS {
                    let message = format!("slot {} is beyond the last, {}", shared.slot, (1 << ROOT_CNODE_BITS) - 1);
                    self.error(PlanError::new(shared.span, message));
                    continue;
                }
                let owner = &self.domains[shared.owner.0];
                let object = match shared.kind {
                    SharedCapKind::Tcb => owner.tcb,
                    SharedCapKind::SchedContext => owner.sched_context,
                    SharedCapKind::VSpace => owner.vspace,
                };
                if let Some(root) = self.domains[index.0].root_cnode {
                    self.cap(root, u32::from(shared.slot), object, rights::ALL, 0);
                }
            }
        }
    }
}
