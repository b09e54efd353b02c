//! Sums of products of vectors of `i8`: exact, so that every processor gives the same, and as fast as its instructions allow.

/// Calls `each(place, sum of products with the query)` for every row of some runs of rows. A run is the place of its first row
/// and its rows, each as long as the query, one after another.
pub(crate) fn products<'a>(query: &[i8], runs: impl Iterator<Item = (u32, &'a [i8])>, each: impl FnMut(u32, i32)) {
    #[cfg(target_arch = "x86_64")]
    {
        let has_bytes = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vnni");
        if has_bytes {
            return match query.as_array() {
                // SAFETY: the processor has all three.
                Some(query) => unsafe { x86::by_bytes_of_384(query, runs, each) },
                // SAFETY: the same.
                None => unsafe { x86::by_bytes(query, runs, each) },
            };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has it.
            return unsafe { x86::by_words(query, runs, each) };
        }
    }
    one_by_one(query, runs, each);
}

fn one_by_one<'a>(query: &[i8], runs: impl Iterator<Item = (u32, &'a [i8])>, mut each: impl FnMut(u32, i32)) {
    for (first, rows) in runs {
        for (place, row) in (first..).zip(rows.chunks_exact(query.len().max(1))) {
            each(place, product(query, row));
        }
    }
}

#[inline(always)]
fn product(a: &[i8], b: &[i8]) -> i32 {
    a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m256i, __m512i, _mm_add_epi32, _mm_cvtsi128_si32, _mm_loadu_si128, _mm_shuffle_epi32, _mm256_add_epi32,
        _mm256_castsi256_si128, _mm256_cvtepi8_epi16, _mm256_extracti128_si256, _mm256_madd_epi16,
        _mm256_setzero_si256, _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_reduce_add_epi32, _mm512_set1_epi8,
        _mm512_setzero_si512, _mm512_xor_si512,
    };

    // Both are loops: what is called with a closure is compiled for any processor, and hands registers over in memory.

    /// Two products of 16 bits and their sum in one instruction: twice as fast as what a compiler makes of the plain loop.
    #[target_feature(enable = "avx2")]
    pub(super) fn by_words<'a>(
        query: &[i8],
        runs: impl Iterator<Item = (u32, &'a [i8])>,
        mut each: impl FnMut(u32, i32),
    ) {
        let (parts, rest) = query.as_chunks();
        for (first, rows) in runs {
            for (place, row) in (first..).zip(rows.chunks_exact(query.len().max(1))) {
                let (row_parts, row_rest) = row.as_chunks();
                let mut sums = _mm256_setzero_si256();
                for (row, query) in row_parts.iter().zip(parts) {
                    sums = _mm256_add_epi32(sums, _mm256_madd_epi16(words(row), words(query)));
                }
                each(place, sum(sums) + super::product(rest, row_rest));
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn words(part: &[i8; 16]) -> __m256i {
        // SAFETY: as many bytes are read as the part has, at any alignment.
        _mm256_cvtepi8_epi16(unsafe { _mm_loadu_si128(part.as_ptr().cast()) })
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn sum(sums: __m256i) -> i32 {
        let four = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
        let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b01_00_11_10>(four));
        _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<0b10_11_00_01>(two)))
    }

    /// Four products of bytes and their sum in one instruction, of which one side is unsigned: 128 is added to the rows' numbers
    /// (their highest bit flipped), and 128 times the sum of the query's taken off the sum again.
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub(super) fn by_bytes<'a>(
        query: &[i8],
        runs: impl Iterator<Item = (u32, &'a [i8])>,
        mut each: impl FnMut(u32, i32),
    ) {
        let highest_bits = _mm512_set1_epi8(i8::MIN);
        let (parts, rest) = query.as_chunks();
        let mut added = _mm512_setzero_si512();
        for part in parts {
            added = _mm512_dpbusd_epi32(added, highest_bits, bytes(part));
        }
        let added = _mm512_reduce_add_epi32(added);
        for (first, rows) in runs {
            for (place, row) in (first..).zip(rows.chunks_exact(query.len().max(1))) {
                let (row_parts, row_rest) = row.as_chunks();
                let mut sums = _mm512_setzero_si512();
                for (row, query) in row_parts.iter().zip(parts) {
                    sums = _mm512_dpbusd_epi32(sums, _mm512_xor_si512(bytes(row), highest_bits), bytes(query));
                }
                each(place, _mm512_reduce_add_epi32(sums) - added + super::product(rest, row_rest));
            }
        }
    }

    /// The same for vectors of 384 numbers, the length that small models have: the query stays in registers and nothing is counted, so
    /// that the processor has more rows on their way from memory at once.
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub(super) fn by_bytes_of_384<'a>(
        query: &[i8; 384],
        runs: impl Iterator<Item = (u32, &'a [i8])>,
        mut each: impl FnMut(u32, i32),
    ) {
        let highest_bits = _mm512_set1_epi8(i8::MIN);
        let mut parts = [_mm512_setzero_si512(); 6];
        let mut added = _mm512_setzero_si512();
        for (part, numbers) in parts.iter_mut().zip(query.as_chunks().0) {
            *part = bytes(numbers);
            added = _mm512_dpbusd_epi32(added, highest_bits, *part);
        }
        let added = _mm512_reduce_add_epi32(added);
        for (first, rows) in runs {
            for (place, row) in (first..).zip(rows.as_chunks::<384>().0) {
                let mut sums = _mm512_setzero_si512();
                for (row, part) in row.as_chunks().0.iter().zip(parts) {
                    sums = _mm512_dpbusd_epi32(sums, _mm512_xor_si512(bytes(row), highest_bits), part);
                }
                each(place, _mm512_reduce_add_epi32(sums) - added);
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn bytes(part: &[i8; 64]) -> __m512i {
        // SAFETY: as many bytes are read as the part has, at any alignment.
        unsafe { _mm512_loadu_si512(part.as_ptr().cast()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(a: &[i8], b: &[i8]) -> i32 {
        let mut sum = 0;
        for (place, number) in a.iter().enumerate() {
            sum += i32::from(*number) * i32::from(b[place]);
        }
        sum
    }

    /// What each row of the runs gives by every way that this processor knows.
    fn all_ways(query: &[i8], runs: &[(u32, &[i8])]) -> Vec<Vec<(u32, i32)>> {
        let mut ways = vec![Vec::new(); 2];
        products(query, runs.iter().copied(), |place, product| ways[0].push((place, product)));
        one_by_one(query, runs.iter().copied(), |place, product| ways[1].push((place, product)));
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            let mut found = Vec::new();
            // SAFETY: the processor has it.
            unsafe { x86::by_words(query, runs.iter().copied(), |place, product| found.push((place, product))) };
            ways.push(found);
        }
        ways
    }

    proptest! {
        #[test]
        fn every_way_gives_the_sum_of_the_products_of_each_row(
            (query, rows) in prop_oneof![1usize..400, Just(384)].prop_flat_map(|len| {
                let vector = move || proptest::collection::vec(any::<i8>(), len);
                (vector(), proptest::collection::vec(vector(), 0..9))
            }),
            cut in 0usize..9,
        ) {
            let cut = cut.min(rows.len());
            let runs = [rows[..cut].concat(), rows[cut..].concat()];
            let runs = [(7, &*runs[0]), (1_000, &*runs[1])];
            let places = (7..7 + cut as u32).chain(1_000..);
            let expected: Vec<_> = places.zip(rows.iter().map(|row| naive(&query, row))).collect();
            for found in all_ways(&query, &runs) {
                prop_assert_eq!(&found, &expected);
            }
        }
    }

    #[test]
    fn the_greatest_numbers_do_not_overflow_and_no_numbers_give_nothing() {
        for number in [i8::MIN, i8::MAX] {
            let vector = [number; 4_096];
            for found in all_ways(&vector, &[(0, &vector)]) {
                assert_eq!(found, [(0, naive(&vector, &vector))]);
            }
        }
        for found in all_ways(&[], &[(0, &[])]) {
            assert_eq!(found, []);
        }
    }
}
