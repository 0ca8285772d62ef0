//! Reading what may be compressed. Its first bytes say how; a file's name does not matter.

use std::fmt;
use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Bytes of the source read at a time.
const BUFFER_BYTES: usize = 128 * 1024;

/// The longest of the magic numbers, in bytes.
const MAGIC_BYTES_MAX: u64 = 6;

/// The most memory an .xz block may ask for, in KiB: twice what `xz -9` needs.
const XZ_MEMORY_KIB_MAX: u32 = 128 * 1024;

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    Plain,
    /// RFC 1952, of any number of members.
    Gzip,
    /// The .xz format, of any number of streams.
    Xz,
    /// RFC 8878, of any number of frames.
    Zstd,
}

impl fmt::Display for Compression {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
        })
    }
}

impl Compression {
    fn of(magic: &[u8]) -> Self {
        match magic {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            // The second is a skippable frame, which parallel compressors put in front.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::Plain,
        }
    }
}

/// Finds out how `source` is compressed, and reads what was compressed in it.
pub(super) fn decode(source: impl Read + Send + 'static) -> io::Result<(Compression, Box<dyn Read + Send>)> {
    let mut source = BufReader::with_capacity(BUFFER_BYTES, source);
    let mut magic = Vec::new();
    source.by_ref().take(MAGIC_BYTES_MAX).read_to_end(&mut magic)?;
    let compression = Compression::of(&magic);
    // Put back in front rather than sought back to, so that a pipe can be read too.
    let source = Cursor::new(magic).chain(source);
    let decoded: Box<dyn Read + Send> = match compression {
        Compression::Plain => Box::new(source),
        Compression::Gzip => Box::new(MultiGzDecoder::new(source)),
        Compression::Xz => Box::new(XzReader::new_mem_limit(source, true, XZ_MEMORY_KIB_MAX)),
        Compression::Zstd => Box::new(ZstdFrames { source, decoder: FrameDecoder::new() }),
    };
    Ok((compression, decoded))
}

/// All frames of a zstd file, one after the other; `ruzstd` itself decodes a single one.
struct ZstdFrames<R> {
    source: R,
    decoder: FrameDecoder,
}

impl<R: BufRead> ZstdFrames<R> {
    fn verify_checksum(&self) -> io::Result<()> {
        let stored = self.decoder.get_checksum_from_data();
        if stored.is_none() || stored == self.decoder.get_calculated_checksum() {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum of a zstd frame does not match its content"))
    }

    /// Begins the next frame, stepping over one that holds no data.
    fn begin_frame(&mut self) -> io::Result<()> {
        match self.decoder.reset(&mut self.source) {
            Ok(()) => Ok(()),
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                io::copy(&mut self.source.by_ref().take(u64::from(length)), &mut io::sink()).map(|_| ())
            }
            Err(error) => Err(io::Error::new(io::ErrorKind::InvalidData, error)),
        }
    }
}

impl<R: BufRead> Read for ZstdFrames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.decoder.can_collect() == 0 {
            if self.decoder.is_finished() {
                self.verify_checksum()?;
                if self.source.fill_buf()?.is_empty() {
                    return Ok(0);
                }
                self.begin_frame()?;
            } else {
                self.decoder
                    .decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            }
        }
        self.decoder.read(into)
    }
}
