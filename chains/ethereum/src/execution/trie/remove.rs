//! Taking values out, and joining what need not be apart any more.

use std::sync::{Arc, OnceLock};

use super::{Branch, Kind, Node};

/// The node without what is at `rest`, which is there.
pub(super) fn remove(mut node: Arc<Node>, rest: &[u8]) -> Option<Arc<Node>> {
    let inner = Arc::make_mut(&mut node);
    inner.reference = OnceLock::new();
    match &mut inner.kind {
        Kind::Leaf { .. } => None,
        Kind::Extension { path, child } => {
            let rest = rest.get(path.len()..).unwrap_or_default();
            let child = remove(Arc::clone(child), rest)?;
            Some(extend(path, child))
        }
        Kind::Branch(branch) => {
            match rest.split_first() {
                None => branch.value = None,
                Some((nibble, after)) => {
                    let slot = branch.slot(*nibble)?;
                    *slot = slot.take().and_then(|child| remove(child, after));
                }
            }
            match single(branch) {
                Rest::Several => Some(node),
                Rest::Value(value) => Some(Node::leaf(&[], value)),
                Rest::Child(nibble, child) => Some(extend(&[nibble], child)),
                Rest::Nothing => None,
            }
        }
    }
}

/// What is left in a branch.
enum Rest {
    Several,
    Value(Box<[u8]>),
    Child(u8, Arc<Node>),
    Nothing,
}

fn single(branch: &Branch) -> Rest {
    let mut children = (0..).zip(&branch.children).filter_map(|(n, c)| Some((n, c.as_ref()?)));
    match (&branch.value, children.next(), children.next()) {
        (None, None, _) => Rest::Nothing,
        (Some(value), None, _) => Rest::Value(value.clone()),
        (None, Some((nibble, child)), None) => Rest::Child(nibble, Arc::clone(child)),
        _ => Rest::Several,
    }
}

/// `child` below `path`: a leaf or an extension takes the path into its own.
fn extend(path: &[u8], child: Arc<Node>) -> Arc<Node> {
    match &child.kind {
        Kind::Leaf { path: below, value } => Node::leaf(&[path, below].concat(), value.clone()),
        Kind::Extension { path: below, child } => {
            let path = [path, below].concat().into();
            Node::new(Kind::Extension { path, child: Arc::clone(child) })
        }
        Kind::Branch(_) => Node::new(Kind::Extension { path: path.into(), child }),
    }
}
