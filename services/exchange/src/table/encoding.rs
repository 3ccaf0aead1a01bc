//! UTF-8 or GB18030, told by validity.
//!
//! The rule: a text that is valid UTF-8 from its first byte to its last is UTF-8. Otherwise, when more than four fifths
//! of its characters beyond ASCII are valid UTF-8, it is a *damaged* UTF-8 text and refused: read as GB18030 it would
//! be rubbish without an error. Otherwise, when it is valid GB18030 throughout, it is GB18030 (GBK and GB2312 are parts
//! of it). Everything else is refused. A byte-order mark is dropped.

use std::io::Read;

use encoding_rs::{Decoder, DecoderResult, GB18030, UTF_8};

use super::{Limits, TableError};

/// The encoding of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte-order mark.
    Utf8,
    /// GB18030, GBK or GB2312.
    Gb18030,
}

impl Encoding {
    fn decoder(self) -> Decoder {
        match self {
            Self::Utf8 => UTF_8.new_decoder_with_bom_removal(),
            Self::Gb18030 => GB18030.new_decoder_without_bom_handling(),
        }
    }
}

/// One candidate run over the whole text.
struct Trial {
    decoder: Decoder,
    faults: u64,
    first_fault: Option<u64>,
    beyond_ascii: u64,
    line: u64,
}

impl Trial {
    fn new(encoding: Encoding) -> Self {
        Self { decoder: encoding.decoder(), faults: 0, first_fault: None, beyond_ascii: 0, line: 1 }
    }

    fn feed(&mut self, mut input: &[u8], out: &mut [u8], last: bool) {
        loop {
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(input, out, last);
            input = input.get(read..).unwrap_or_default();
            for byte in out.iter().take(written) {
                if *byte == b'\n' {
                    self.line += 1;
                }
                // Leading bytes of characters beyond ASCII.
                if *byte >= 0xc0 {
                    self.beyond_ascii += 1;
                }
            }
            match result {
                DecoderResult::InputEmpty => return,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => {
                    self.faults += 1;
                    self.first_fault.get_or_insert(self.line);
                }
            }
        }
    }
}

/// Reads the whole text once and tells its encoding.
pub(super) fn detect(mut reader: impl Read, limits: &Limits) -> Result<Encoding, TableError> {
    let mut utf8 = Trial::new(Encoding::Utf8);
    let mut gb = Trial::new(Encoding::Gb18030);
    let mut input = vec![0; 64 << 10];
    let mut out = vec![0; 64 << 10];
    let mut line = 1;
    loop {
        let got = reader.read(&mut input).map_err(|e| TableError::of_io(e, limits))?;
        let part = input.get(..got).unwrap_or_default();
        for byte in part {
            match byte {
                0 => return Err(TableError::NotText { line }),
                b'\n' => line += 1,
                _ => {}
            }
        }
        utf8.feed(part, &mut out, got == 0);
        gb.feed(part, &mut out, got == 0);
        if got == 0 {
            break;
        }
    }
    let Some(first) = utf8.first_fault else { return Ok(Encoding::Utf8) };
    // About a sixth of the characters of a GB18030 text happen to be valid UTF-8, so that four fifths are never reached.
    if utf8.beyond_ascii > utf8.faults.saturating_mul(4) {
        return Err(TableError::DamagedText { line: first });
    }
    match gb.first_fault {
        None => Ok(Encoding::Gb18030),
        Some(line) => Err(TableError::UnknownEncoding { line }),
    }
}

/// Decodes a stream strictly into parts of UTF-8 text.
pub(super) struct Text {
    reader: Box<dyn Read>,
    decoder: Decoder,
    input: Vec<u8>,
    from: usize,
    to: usize,
    ended: bool,
}

impl Text {
    pub(super) fn new(reader: Box<dyn Read>, encoding: Encoding) -> Self {
        Self { reader, decoder: encoding.decoder(), input: vec![0; 32 << 10], from: 0, to: 0, ended: false }
    }

    /// Replaces `out` by the next part of the text; false at its end.
    ///
    /// The encoding was told by a reading before; a fault now means that the file changed meanwhile, and the Unicode
    /// replacement character then stands in for what cannot be read.
    pub(super) fn next(&mut self, out: &mut String, limits: &Limits) -> Result<bool, TableError> {
        out.clear();
        // Three times the input: no byte of either encoding becomes more than three bytes of UTF-8.
        out.reserve(3 * self.input.len() + 16);
        while !self.ended {
            if self.from == self.to {
                let got = self.reader.read(&mut self.input).map_err(|e| TableError::of_io(e, limits))?;
                (self.from, self.to) = (0, got);
                self.ended = got == 0;
            }
            let part = self.input.get(self.from..self.to).unwrap_or_default();
            let (_, read, _) = self.decoder.decode_to_string(part, out, self.ended);
            self.from += read;
            if !out.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
