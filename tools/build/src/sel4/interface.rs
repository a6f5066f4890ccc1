// SPDX-License-Identifier: MIT OR Apache-2.0
//! Our programs' invocations against an installed kernel's.

use sel4_abi::invocation::Invocation;

/// Invocations that our programs make and that the kernel has not.
pub fn missing(labels: &[String]) -> Vec<&'static str> {
    Invocation::ALL
        .iter()
        .map(|invocation| invocation.interface_id())
        .filter(|id| !labels.iter().any(|l| l == id))
        .collect()
}

/// Are all labels those that our programs are built with?
pub fn is_documented(labels: &[String]) -> bool {
    Invocation::ALL
        .iter()
        .all(|invocation| labels.get(invocation.label() as usize - 1).is_some_and(|id| id == invocation.interface_id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_interface_is_noticed() {
        let ids: Vec<String> = Invocation::ALL.iter().map(|i| i.interface_id().to_string()).collect();
        assert!(missing(&ids).is_empty() && is_documented(&ids));
        assert_eq!(missing(&ids[1..]), ["UntypedRetype"]);
        let shifted = [vec!["New".to_string()], ids].concat();
        assert!(missing(&shifted).is_empty() && !is_documented(&shifted));
    }
}
