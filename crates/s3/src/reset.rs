//! An account's buckets and all that is in them, dropped at once.

use gateway::{AccountId, Error};
use store::Tx;

use crate::control::ACCOUNT_BLOCKS;
use crate::record::{
    BUCKETS, CORS, INLINE, LISTING, NAMES, NULLS, OBJECTS, OWNED, PARTS, POLICIES, UPLOADS,
    VERSIONS,
};

const PAGE: usize = 1000;

/// Deletes every bucket of an account by range, whatever is in it. The sweeper collects the blobs.
///
/// # Errors
/// Only what the store says.
pub fn reset(tx: &mut Tx, account: AccountId) -> Result<(), Error> {
    ACCOUNT_BLOCKS.delete(tx, account.number());
    loop {
        let page = OWNED.scan(tx, OWNED.prefix((account.number(),)), PAGE)?;
        if page.is_empty() {
            return Ok(());
        }
        for ((number, name), owned) in page {
            let id = owned.id;
            NAMES.delete(tx, &name);
            BUCKETS.delete(tx, id);
            POLICIES.delete(tx, id);
            LISTING.delete_prefix(tx, (id,));
            OBJECTS.delete_prefix(tx, (id,));
            VERSIONS.delete_prefix(tx, (id,));
            NULLS.delete_prefix(tx, (id,));
            CORS.delete(tx, id);
            INLINE.delete_prefix(tx, (id,));
            UPLOADS.delete_prefix(tx, (id,));
            PARTS.delete_prefix(tx, (id,));
            OWNED.delete(tx, (number, name));
        }
    }
}
