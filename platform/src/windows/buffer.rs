//! Buffers that Windows fills. A key that asks for confirmation asks at every call, so the first call
//! comes with room enough for every usual key, instead of asking for the length needed; only what
//! does not fit takes a second.

use zeroize::Zeroizing;

use super::codes::OsError;

/// ERROR_MORE_DATA, of CryptoAPI and crypt32, and NTE_BUFFER_TOO_SMALL, of CNG.
const TOO_SMALL: [u32; 2] = [234, 0x8009_0028];

/// What `call` writes. It is given the buffer, and a length that is the buffer's before the call
/// and what was written, or is needed, after it.
pub(super) fn filled(
    room: usize,
    mut call: impl FnMut(&mut [u8], &mut u32) -> Result<(), OsError>,
) -> Result<Zeroizing<Vec<u8>>, OsError> {
    let mut attempt = |room: usize| {
        let mut buffer = Zeroizing::new(vec![0; room]);
        let mut length = u32::try_from(room).unwrap_or(u32::MAX);
        let result = call(&mut buffer, &mut length);
        buffer.truncate(length as usize);
        (result.map(|()| buffer), length as usize)
    };
    match attempt(room) {
        (Err(error), needed) if TOO_SMALL.contains(&error.plain_code()) && needed > room => {
            attempt(needed).0
        }
        (result, _) => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function that has `content` to give, and fails with `code` where it does not fit; the
    /// lengths of the buffers it saw are kept.
    fn fill(content: &[u8], code: u32) -> (Result<Vec<u8>, u32>, Vec<usize>) {
        let mut rooms = Vec::new();
        let result = filled(4, |buffer, length| {
            rooms.push(buffer.len());
            *length = content.len() as u32;
            let Some(part) = buffer.get_mut(..content.len()) else {
                let call = "f";
                return Err(OsError { call, code });
            };
            part.copy_from_slice(content);
            Ok(())
        });
        let result = result.map(|bytes| bytes.to_vec());
        (result.map_err(|error| error.code), rooms)
    }

    #[test]
    fn filled_calls_once_when_buffer_suffices() {
        assert_eq!(fill(b"key", 234), (Ok(b"key".to_vec()), vec![4]));
        assert_eq!(fill(b"", 234), (Ok(Vec::new()), vec![4]));
    }

    #[test]
    fn filled_retries_with_required_size() {
        for code in TOO_SMALL {
            assert_eq!(fill(b"longer", code), (Ok(b"longer".to_vec()), vec![4, 6]));
        }
    }

    #[test]
    fn filled_does_not_retry_other_errors() {
        assert_eq!(fill(b"longer", 5), (Err(5), vec![4]));
    }
}
