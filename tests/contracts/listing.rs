//! The scenarios on the plainest family, and rules that no real family reaches.

all_scenarios!(Listing);

#[test]
fn a_third_chain_cannot_stand_in_for_either() {
    use causeway_tests::harness::Kind::Listing;
    crate::packets::a_third_chain_cannot_stand_in_for_either([Listing; 3]);
}
