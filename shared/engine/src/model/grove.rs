//! Many binary trees as one flat list of nodes, and the walk of one attempt from every root to its leaf.
//!
//! A node is 8 bytes, siblings lie next to each other, and a tree's levels follow each other, so the top of each tree shares
//! cache lines. The walk is free of branches that the data decides: eight trees advance together, a level at a time, so that
//! the loads of one hide behind those of the others, and who has reached a leaf stays there. Two tricks make this exact:
//!
//! - A node's *tag* finds its feature's value directly in a [`Row`] of 256 values: the first half holds the features with
//!   NaN where one is missing, and `NaN < threshold` is false, which goes right; the second half holds −∞ there, and
//!   `−∞ < threshold` is true, which goes left. A split's default direction is therefore nothing but the half it looks in.
//! - A leaf looks at feature 127, which never exists and in the second half is −∞, and so goes "left" by its step of 0: to
//!   itself.

use super::ModelError;

/// How many features a model may have: one less than a tag's seven bits can tell apart, as leaves need the last.
pub const FEATURES_MAX: usize = 127;

/// How deep a tree may be: the decisions on the longest way from its root to a leaf.
pub const DEPTH_MAX: usize = 16;

/// How many nodes a tree may have: a step to a child has 16 bits.
pub const NODES_PER_TREE_MAX: usize = u16::MAX as usize;

/// How many nodes all trees of a model may have together: 4 MB.
pub const NODES_MAX: usize = 500_000;

/// The length of lists that [`Node::feature`] finds its place in.
pub(super) const FEATURE_SLOTS: usize = 128;

/// How many trees advance together: enough to hide a load's latency, few enough for the registers.
const LANES: usize = 8;

/// The bit of a tag that sends a missing value to the left.
const MISSING_LEFT: u8 = 0x80;

/// A leaf's tag: the feature that never exists, missing to the left.
const LEAF: u8 = 0xff;

/// A split or a leaf.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Node {
    /// A split's threshold: below it is left. A leaf's value.
    pub(super) value: f32,
    /// How many nodes further on the left child stands, the right one behind it; 0 at a leaf.
    step: u16,
    /// The feature in seven bits, and where a missing value goes.
    tag: u8,
}

/// What a place outside of the list holds. No step leads there; saying so with a value costs less than a check that fails.
const NOWHERE: Node = Node { value: 0.0, step: 0, tag: LEAF };

impl Node {
    /// The byte that a table holds.
    pub(super) fn tag(self) -> u8 {
        self.tag
    }

    /// Whether the way ends here.
    pub(super) fn is_leaf(self) -> bool {
        self.tag == LEAF
    }

    /// The feature that a split looks at; at a leaf a slot that belongs to none. Always below [`FEATURE_SLOTS`].
    pub(super) fn feature(self) -> usize {
        usize::from(self.tag & !MISSING_LEFT)
    }

    /// Where the left child stands, the right one behind it, if this split stands `at` a place.
    pub(super) fn left(self, at: usize) -> usize {
        at + usize::from(self.step)
    }

    /// Where the way leads from this node `at` a place: to a child, or at a leaf nowhere else.
    #[inline]
    pub(super) fn next(self, at: usize, row: &Row) -> usize {
        let goes_left = row.of_tag(self.tag) < self.value;
        self.left(at) + usize::from(!goes_left)
    }
}

/// One attempt's features, each where a node's tag finds it.
pub(super) struct Row([f32; 256]);

impl Row {
    /// Lays the features out; those that are NaN or not given are missing, those beyond [`FEATURES_MAX`] are not looked at.
    pub(super) fn new(features: &[f32]) -> Self {
        let mut values = [f32::NAN; 256];
        let (missing_right, missing_left) = values.split_at_mut(FEATURE_SLOTS);
        missing_left.fill(f32::NEG_INFINITY);
        let slots = missing_right.iter_mut().zip(missing_left).take(FEATURES_MAX);
        for (&feature, (missing_right, missing_left)) in features.iter().zip(slots) {
            *missing_right = feature;
            if !feature.is_nan() {
                *missing_left = feature;
            }
        }
        Self(values)
    }

    #[inline]
    fn of_tag(&self, tag: u8) -> f32 {
        self.0.get(usize::from(tag)).copied().unwrap_or(f32::NAN)
    }
}

/// A node as the source of a tree tells it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Told {
    /// A decision: below the threshold is left.
    Split {
        /// Which feature it looks at.
        feature: usize,
        /// Whether an attempt without this feature goes left.
        missing_left: bool,
        /// The threshold; not NaN.
        below: f32,
    },
    /// An end.
    Leaf {
        /// What it is worth; not NaN.
        value: f32,
    },
}

impl Told {
    /// The node with this tag and value.
    pub(super) fn of_tag(tag: u8, value: f32) -> Self {
        match tag {
            LEAF => Self::Leaf { value },
            _ => Self::Split {
                feature: usize::from(tag & !MISSING_LEFT),
                missing_left: tag & MISSING_LEFT != 0,
                below: value,
            },
        }
    }
}

/// Many trees.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grove {
    features: usize,
    nodes: Vec<Node>,
    roots: Vec<u32>,
    depth: usize,
}

impl Grove {
    /// No trees yet, to be walked by attempts with so many features.
    ///
    /// # Errors
    /// [`ModelError::TooLarge`] beyond [`FEATURES_MAX`].
    pub(super) fn new(features: usize) -> Result<Self, ModelError> {
        at_most("features", features, FEATURES_MAX)?;
        Ok(Self { features, nodes: Vec::new(), roots: Vec::new(), depth: 0 })
    }

    /// Makes room for so many nodes at once.
    pub(super) fn reserve(&mut self, nodes: usize) {
        self.nodes.reserve_exact(nodes);
    }

    /// Adds a tree, its nodes told level by level, the children of one split behind those of the split before it. `tell` is
    /// called with the node's depth, exactly as often as the splits told so far demand; so whatever it tells is a tree.
    ///
    /// # Errors
    /// Those of `tell`, and [`ModelError::TooLarge`].
    pub(super) fn plant(&mut self, mut tell: impl FnMut(usize) -> Result<Told, ModelError>) -> Result<(), ModelError> {
        let root = self.nodes.len();
        let (mut promised, mut depth, mut level_end) = (1, 0, 1);
        let mut at = 0;
        while at < promised {
            if at == level_end {
                (depth, level_end) = (depth + 1, promised);
            }
            let node = match tell(depth)? {
                Told::Leaf { value } => Node { value, step: 0, tag: LEAF },
                Told::Split { feature, missing_left, below } => {
                    at_most("features in its splits", feature.saturating_add(1), self.features)?;
                    at_most("decisions on one way", depth + 1, DEPTH_MAX)?;
                    at_most("nodes in one tree", promised + 2, NODES_PER_TREE_MAX)?;
                    let step = (promised - at) as u16;
                    promised += 2;
                    Node { value: below, step, tag: feature as u8 | if missing_left { MISSING_LEFT } else { 0 } }
                }
            };
            self.nodes.push(node);
            at += 1;
        }
        at_most("nodes", self.nodes.len(), NODES_MAX)?;
        self.roots.push(root as u32);
        self.depth = self.depth.max(depth);
        Ok(())
    }

    /// How many features an attempt has.
    pub(super) fn features(&self) -> usize {
        self.features
    }

    /// The roots' places, in the order of the trees.
    pub(super) fn roots(&self) -> impl Iterator<Item = usize> {
        self.roots.iter().map(|root| *root as usize)
    }

    /// The nodes of all trees, one tree behind the other, each level by level.
    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// How many trees there are.
    pub(super) fn trees(&self) -> usize {
        self.roots.len()
    }

    /// The decisions on the longest way in any tree.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// The node at a place.
    #[inline]
    pub(super) fn node(&self, at: usize) -> Node {
        self.nodes.get(at).copied().unwrap_or(NOWHERE)
    }

    /// Walks from every root to its leaf. `step` sees every step with the split and the places before and after it (and
    /// steps from a leaf to itself, which a caller may count as long as they amount to nothing); `arrive` sees the leaves in
    /// the order of their trees.
    #[inline]
    pub(super) fn walk(&self, row: &Row, mut step: impl FnMut(Node, usize, usize), mut arrive: impl FnMut(Node)) {
        let (groups, rest) = self.roots.as_chunks::<LANES>();
        for roots in groups {
            self.walk_together(*roots, row, &mut step, &mut arrive);
        }
        for root in rest {
            self.walk_together([*root], row, &mut step, &mut arrive);
        }
    }

    #[inline]
    fn walk_together<const N: usize>(
        &self,
        roots: [u32; N],
        row: &Row,
        step: &mut impl FnMut(Node, usize, usize),
        arrive: &mut impl FnMut(Node),
    ) {
        let mut places = roots.map(|root| root as usize);
        for _ in 0..self.depth {
            for place in &mut places {
                let node = self.node(*place);
                let next = node.next(*place, row);
                step(node, *place, next);
                *place = next;
            }
        }
        for place in places {
            arrive(self.node(place));
        }
    }
}

/// Holds a limit.
pub(super) fn at_most(what: &'static str, found: usize, max: usize) -> Result<(), ModelError> {
    if found <= max { Ok(()) } else { Err(ModelError::TooLarge { what, found, max }) }
}
