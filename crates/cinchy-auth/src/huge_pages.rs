//! Huge pages for a large piece of memory that is used all over: with pages of 4 KiB the processor spends a third of a
//! password's hash on looking up where they are (measured). One call, and the only unsafe code of this room.

/// Asks the system to back `memory` by huge pages. What cannot be had changes nothing but the speed.
#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "there is no safe call that gives advice about memory; the argument stands at the call"
)]
pub(crate) fn advise<T>(memory: &mut Vec<T>) {
    use rustix::mm::{Advice, madvise};
    /// Advice is given for whole pages.
    const PAGE: usize = 4096;
    let start = memory.as_mut_ptr().cast::<u8>();
    let offset = start.align_offset(PAGE);
    let length = memory.capacity() * size_of::<T>();
    let Some(length) = length.checked_sub(offset) else {
        return;
    };
    // It fails for a kernel without them, or a machine with larger pages.
    // SAFETY: the range lies within the allocation of the vector, which is borrowed for the call, and this advice changes
    // neither the content of pages nor whether they may be read and written.
    let _ = unsafe {
        madvise(
            start.add(offset).cast(),
            length / PAGE * PAGE,
            Advice::LinuxHugepage,
        )
    };
}

/// Other systems choose the size of pages themselves.
#[cfg(not(target_os = "linux"))]
pub(crate) fn advise<T>(_: &mut Vec<T>) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_keeps_what_it_holds() {
        for length in [0, 1, 5_000, 4_000_000] {
            let mut memory: Vec<u8> = (0..length).map(|n: u32| n as u8).collect();
            advise(&mut memory);
            assert!((0..length).map(|n| n as u8).eq(memory.iter().copied()));
        }
    }
}
