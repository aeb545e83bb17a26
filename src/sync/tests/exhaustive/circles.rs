//! Whether a history can come back to where it was.

/// A way from one state to another, by their places.
pub(super) type Way = (u32, u32);

/// Whether some of these ways between so many states lead in a circle. States to which no way leads are taken away until there
/// are none; what is left then has circles.
pub(super) fn are_in(ways: &[Way], count: usize) -> bool {
    let mut into = vec![0_u32; count];
    let mut starts = vec![0_usize; count + 1];
    for (from, to) in ways {
        into[*to as usize] += 1;
        starts[*from as usize + 1] += 1;
    }
    for at in 0..count {
        starts[at + 1] += starts[at];
    }
    let mut ends = vec![0_u32; ways.len()];
    let mut next = starts.clone();
    for (from, to) in ways {
        let place = &mut next[*from as usize];
        ends[*place] = *to;
        *place += 1;
    }
    let mut free: Vec<usize> = (0..count).filter(|at| into[*at] == 0).collect();
    let mut gone = 0;
    while let Some(at) = free.pop() {
        gone += 1;
        for to in &ends[starts[at]..starts[at + 1]] {
            let left = &mut into[*to as usize];
            *left -= 1;
            if *left == 0 {
                free.push(*to as usize);
            }
        }
    }
    gone < count
}

#[test]
fn a_way_back_is_a_circle_and_two_ways_to_one_state_are_none() {
    assert!(!are_in(&[(0, 1), (0, 2), (1, 3), (2, 3), (2, 3)], 4));
    assert!(are_in(&[(0, 1), (1, 2), (2, 1)], 3));
    assert!(are_in(&[(0, 0)], 1));
    assert!(!are_in(&[], 2));
}
