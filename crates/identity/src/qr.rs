//! A text as a QR code in a PNG picture: black and white, one bit a pixel.
//!
//! Pure. Deliberately absent: everything else that PNG can.
//! The Portable Network Graphics specification: <https://www.w3.org/TR/png-3/>

use gateway::Error;
use qrcodegen::{QrCode, QrCodeEcc};

const SIGNATURE: [u8; 8] = [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];
/// Pixels to a module, and modules of white around the code.
const SCALE: i32 = 4;
const QUIET_MODULES: i32 = 4;

/// The picture.
///
/// # Errors
/// An internal failure, where the text is longer than a code can be: 2,331 bytes.
pub fn png(text: &str) -> Result<Vec<u8>, Error> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(Error::internal)?;
    let side = code.size().saturating_add(2 * QUIET_MODULES).saturating_mul(SCALE);
    let size = side.to_be_bytes();
    // One bit, grey, the only compression and filter there are, not interlaced.
    let header = [size.as_slice(), size.as_slice(), &[1, 0, 0, 0, 0]].concat();
    let rows: Vec<u8> = (0..side).flat_map(|y| row(&code, side, y)).collect();
    let packed = miniz_oxide::deflate::compress_to_vec_zlib(&rows, 9);
    let chunks = [chunk(*b"IHDR", &header), chunk(*b"IDAT", &packed), chunk(*b"IEND", &[])];
    Ok([SIGNATURE.as_slice(), &chunks.concat()].concat())
}

/// A row of pixels behind the byte that names its filter, none.
fn row(code: &QrCode, side: i32, y: i32) -> Vec<u8> {
    let module = |pixel: i32| pixel.div_euclid(SCALE).saturating_sub(QUIET_MODULES);
    let mut row = vec![0; usize::try_from(side).unwrap_or_default().div_ceil(8).saturating_add(1)];
    for x in (0..side).filter(|x| !code.get_module(module(*x), module(y))) {
        let at = usize::try_from(x.div_euclid(8)).unwrap_or_default().saturating_add(1);
        if let Some(byte) = row.get_mut(at) {
            *byte |= 0x80 >> x.rem_euclid(8);
        }
    }
    row
}

fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let body = [kind.as_slice(), data].concat();
    let sum = crc32(&body);
    [length.to_be_bytes().as_slice(), &body, &sum.to_be_bytes()].concat()
}

/// CRC-32 as the specification's appendix writes it.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 };
    !bytes.iter().fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_specification() {
        // The end of every PNG file.
        assert_eq!(crc32(b"IEND"), 0xae42_6082);
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_picture_unpacks_to_the_modules_of_its_code() {
        let text = "otpauth://totp/phone@123456789012?secret=GEZDGNBVGY3TQOJQ";
        let picture = png(text).expect("a picture");
        assert_eq!(picture.get(..8), Some(SIGNATURE.as_slice()));
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).expect("a code");
        let side = (code.size() + 8) * 4;
        assert_eq!(picture.get(16..20), Some(side.to_be_bytes().as_slice()));
        let length = u32::from_be_bytes(picture[33..37].try_into().expect("four bytes"));
        let packed = &picture[41..41 + length as usize];
        let rows = miniz_oxide::inflate::decompress_to_vec_zlib(packed).expect("zlib");
        let width = rows.len() / side as usize;
        for (x, y) in [(0, 0), (6, 0), (7, 0), (10, 13), (code.size() - 1, 0)] {
            let (column, line) = ((x + 4) * 4 + 1, (y + 4) * 4 + 1);
            let byte = rows[line as usize * width + 1 + column as usize / 8];
            let is_white = byte >> (7 - column % 8) & 1 == 1;
            assert_eq!(is_white, !code.get_module(x, y), "{x} {y}");
        }
    }
}
