//! zstd with one pair of contexts per thread: making a context costs more than sealing an event.

use std::cell::RefCell;

use zstd::bulk::{Compressor, Decompressor};

/// Below this many bytes a zstd frame saves nothing worth its time.
const WORTH_TRYING: usize = 96;
/// Level 1: on texts of some hundred bytes the higher levels find nothing more.
const LEVEL: i32 = 1;

thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// The compressed form with `room` spare bytes of capacity, if it is shorter than `plain`.
pub(crate) fn compress(plain: &[u8], room: usize) -> Option<Vec<u8>> {
    if plain.len() < WORTH_TRYING {
        return None;
    }
    COMPRESSOR.with_borrow_mut(|slot| {
        let compressor = match slot {
            Some(compressor) => compressor,
            None => slot.insert(Compressor::new(LEVEL).ok()?),
        };
        // A result that does not fit is no gain; zstd then reports an error and the plain form is kept.
        let mut shorter = Vec::with_capacity(plain.len() + room);
        let length = compressor.compress_to_buffer(plain, &mut shorter).ok()?;
        (length < plain.len()).then_some(shorter)
    })
}

/// The plain form; none when `compressed` is no zstd frame or claims more than `limit` bytes.
pub(crate) fn decompress(compressed: &[u8], limit: usize) -> Option<Vec<u8>> {
    let size = zstd::zstd_safe::get_frame_content_size(compressed).ok()??;
    let size = usize::try_from(size).ok().filter(|size| *size <= limit)?;
    DECOMPRESSOR.with_borrow_mut(|slot| {
        let decompressor = match slot {
            Some(decompressor) => decompressor,
            None => slot.insert(Decompressor::new().ok()?),
        };
        let mut plain = Vec::with_capacity(size);
        decompressor.decompress_to_buffer(compressed, &mut plain).ok()?;
        Some(plain)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Entropy, SeededEntropy};

    #[test]
    fn what_compresses_comes_back_and_what_does_not_is_left_alone() {
        let text = "路灯不亮，夜里行人看不清台阶。".repeat(20);
        let short = compress(text.as_bytes(), 16).unwrap();
        assert!(short.len() < text.len() / 2);
        assert_eq!(decompress(&short, 1 << 20).unwrap(), text.as_bytes());
        assert_eq!(compress(b"too short to gain anything", 16), None);
        let mut noise = [0; 400];
        SeededEntropy::new(1).fill(&mut noise);
        assert_eq!(compress(&noise, 16), None);
    }

    #[test]
    fn a_frame_that_claims_more_than_the_limit_is_refused_before_memory_is_taken() {
        let bomb = compress(&vec![0; 1 << 20], 16).unwrap();
        assert_eq!(decompress(&bomb, (1 << 20) - 1), None);
        assert_eq!(decompress(b"no frame", 1 << 20), None);
    }
}
