//! Double SHA-256 of headers with the processor's SHA-256 instructions, several headers at a time.
//!
//! A single stream waits for the latency of its rounds; streams that are interleaved fill the gaps.
//! This is the only module with unsafe code; it is tested bit for bit against the portable path.
#![expect(unsafe_code, reason = "processor intrinsics")]

use crate::{BlockHash, RawHeader};

/// Hashes with the processor's instructions; false, with nothing done, where it has none.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn hash_headers(_headers: &[RawHeader], _hashes: &mut [BlockHash]) -> bool {
    false
}

#[cfg(target_arch = "x86_64")]
pub(crate) use x86::hash_headers;

#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::x86_64::{
        __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_blend_epi16, _mm_loadu_si128, _mm_set_epi8,
        _mm_set_epi32, _mm_set1_epi32, _mm_sha256msg1_epu32, _mm_sha256msg2_epu32,
        _mm_sha256rnds2_epu32, _mm_shuffle_epi8, _mm_shuffle_epi32, _mm_storeu_si128,
    };

    use super::{BlockHash, RawHeader};

    /// Headers hashed at a time.
    const LANES: usize = 8;

    /// One vector for each lane.
    type Lanes<const N: usize> = [__m128i; N];

    /// A hash state of each lane, in the order that the instructions want.
    #[derive(Clone, Copy)]
    struct State<const N: usize> {
        abef: Lanes<N>,
        cdgh: Lanes<N>,
    }

    /// The initial hash value of SHA-256 (FIPS 180-4, section 5.3.3).
    const INITIAL_HASH: [[u32; 4]; 2] = [
        [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a],
        [0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19],
    ];

    /// The round constants of SHA-256 (FIPS 180-4, section 4.2.2), four rounds a row.
    const ROUND_CONSTANTS: [[u32; 4]; 16] = [
        [0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5],
        [0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5],
        [0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3],
        [0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174],
        [0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc],
        [0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da],
        [0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7],
        [0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967],
        [0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13],
        [0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85],
        [0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3],
        [0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070],
        [0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5],
        [0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3],
        [0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208],
        [0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2],
    ];

    /// As [`super::super::hash_headers`] promises; false where the processor lacks the
    /// instructions.
    pub(crate) fn hash_headers(headers: &[RawHeader], hashes: &mut [BlockHash]) -> bool {
        let detected = is_x86_feature_detected!("sha")
            && is_x86_feature_detected!("sse4.1")
            && is_x86_feature_detected!("ssse3");
        if detected {
            let (groups, rest) = headers.as_chunks::<LANES>();
            let (group_hashes, rest_hashes) = hashes.as_chunks_mut::<LANES>();
            for (group, out) in groups.iter().zip(group_hashes) {
                // SAFETY: the processor has the instructions; that was asked above.
                unsafe { hash_lanes(group, out) };
            }
            for (header, out) in rest.iter().zip(rest_hashes) {
                let (group, out) = (core::array::from_ref(header), core::array::from_mut(out));
                // SAFETY: as above.
                unsafe { hash_lanes(group, out) };
            }
        }
        detected
    }

    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn hash_lanes<const N: usize>(headers: &[RawHeader; N], hashes: &mut [BlockHash; N]) {
        let zero = [_mm_set1_epi32(0); N];
        let padding_start = i32::MIN;
        let mut state = initial();
        compress(&mut state, core::array::from_fn(|part| load(headers, part)));
        let padding = [_mm_set_epi32(0, 0, 0, padding_start); N];
        compress(&mut state, [load(headers, 4), padding, zero, [_mm_set_epi32(640, 0, 0, 0); N]]);
        let (low, high) = words(&state);
        let mut state = initial();
        compress(&mut state, [low, high, padding, [_mm_set_epi32(256, 0, 0, 0); N]]);
        let (low, high) = words(&state);
        for ((hash, low), high) in hashes.iter_mut().zip(low).zip(high) {
            let (first, second) = hash.0.split_at_mut(16);
            store(first, swap_bytes(low));
            store(second, swap_bytes(high));
        }
    }

    /// The state before the first block.
    #[expect(clippy::many_single_char_names, reason = "the names that the standard gives")]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn initial<const N: usize>() -> State<N> {
        let [[a, b, c, d], [e, f, g, h]] = INITIAL_HASH.map(|half| half.map(u32::cast_signed));
        let (abef, cdgh) = (_mm_set_epi32(a, b, e, f), _mm_set_epi32(c, d, g, h));
        State { abef: [abef; N], cdgh: [cdgh; N] }
    }

    /// Each word's bytes in the other order.
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn swap_bytes(vector: __m128i) -> __m128i {
        let order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
        _mm_shuffle_epi8(vector, order)
    }

    /// The message words in the 16 bytes of each header at `part` times 16.
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn load<const N: usize>(headers: &[RawHeader; N], part: usize) -> Lanes<N> {
        let mut vectors = [_mm_set1_epi32(0); N];
        for (vector, header) in vectors.iter_mut().zip(headers) {
            if let Some(bytes) = header.as_chunks::<16>().0.get(part) {
                // SAFETY: 16 bytes are read from an array of 16; no alignment is needed.
                *vector = swap_bytes(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) });
            }
        }
        vectors
    }

    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn store(bytes: &mut [u8], vector: __m128i) {
        if let Some(bytes) = bytes.first_chunk_mut::<16>() {
            // SAFETY: 16 bytes are written to an array of 16; no alignment is needed.
            unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), vector) };
        }
    }

    /// The eight words of a state in their natural order, `a` to `d` and `e` to `h`.
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn words<const N: usize>(state: &State<N>) -> (Lanes<N>, Lanes<N>) {
        let mut low = state.abef;
        let mut high = state.cdgh;
        for (low, high) in low.iter_mut().zip(&mut high) {
            let feba = _mm_shuffle_epi32(*low, 0x1b);
            let dchg = _mm_shuffle_epi32(*high, 0xb1);
            *low = _mm_blend_epi16(feba, dchg, 0xf0);
            *high = _mm_alignr_epi8(dchg, feba, 8);
        }
        (low, high)
    }

    /// The compression function, on all lanes.
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn compress<const N: usize>(state: &mut State<N>, message: [Lanes<N>; 4]) {
        let before = *state;
        let [mut m0, mut m1, mut m2, mut m3] = message;
        let ([first, others @ ..], _) = ROUND_CONSTANTS.as_chunks::<4>() else { return };
        let [k0, k1, k2, k3] = first;
        four_rounds(state, &m0, k0);
        four_rounds(state, &m1, k1);
        four_rounds(state, &m2, k2);
        four_rounds(state, &m3, k3);
        for [k0, k1, k2, k3] in others {
            schedule(&mut m0, &m1, &m2, &m3);
            four_rounds(state, &m0, k0);
            schedule(&mut m1, &m2, &m3, &m0);
            four_rounds(state, &m1, k1);
            schedule(&mut m2, &m3, &m0, &m1);
            four_rounds(state, &m2, k2);
            schedule(&mut m3, &m0, &m1, &m2);
            four_rounds(state, &m3, k3);
        }
        let sums = state.abef.iter_mut().chain(&mut state.cdgh);
        for (sum, before) in sums.zip(before.abef.iter().chain(&before.cdgh)) {
            *sum = _mm_add_epi32(*sum, *before);
        }
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn four_rounds<const N: usize>(state: &mut State<N>, words: &Lanes<N>, k: &[u32; 4]) {
        let [k0, k1, k2, k3] = k.map(u32::cast_signed);
        let constants = _mm_set_epi32(k3, k2, k1, k0);
        for ((abef, cdgh), words) in state.abef.iter_mut().zip(&mut state.cdgh).zip(words) {
            let inputs = _mm_add_epi32(*words, constants);
            *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, inputs);
            *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32(inputs, 0x0e));
        }
    }

    /// Replaces the oldest four message words by the four that follow the newest.
    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn schedule<const N: usize>(
        oldest: &mut Lanes<N>,
        second: &Lanes<N>,
        third: &Lanes<N>,
        newest: &Lanes<N>,
    ) {
        let others = second.iter().zip(third).zip(newest);
        for (oldest, ((second, third), newest)) in oldest.iter_mut().zip(others) {
            let sum = _mm_add_epi32(
                _mm_sha256msg1_epu32(*oldest, *second),
                _mm_alignr_epi8(*newest, *third, 4),
            );
            *oldest = _mm_sha256msg2_epu32(sum, *newest);
        }
    }
}
