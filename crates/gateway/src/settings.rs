//! The server's own few records: how AWS time runs.

use store::{Record, Table, Tx};

use crate::clock::AwsTime;
use crate::{Cx, Error};

const SETTINGS: Table<String, AwsTime> = Table::new(crate::tables::SETTINGS);
const AWS_TIME: &str = "aws-time";

impl Record for AwsTime {
    const VERSION: u8 = 1;
}

pub fn aws_time(tx: &Tx) -> Result<AwsTime, Error> {
    Ok(SETTINGS.get(tx, AWS_TIME)?.unwrap_or_default())
}

impl Cx<'_> {
    /// How AWS time runs.
    ///
    /// # Errors
    /// Only what the store says.
    pub fn aws_time(&self) -> Result<AwsTime, Error> {
        aws_time(self.tx)
    }

    /// Changes how AWS time runs, from the commit of this transaction on.
    ///
    /// # Errors
    /// Only what the store says.
    pub fn set_aws_time(&mut self, time: AwsTime) -> Result<(), Error> {
        SETTINGS.put(self.tx, AWS_TIME, &time)?;
        let (shared, work) = (self.core.aws_time.clone(), self.core.work.clone());
        self.tx.on_commit(Box::new(move || {
            *shared.write().unwrap_or_else(std::sync::PoisonError::into_inner) = time;
            work.notify_one();
        }));
        Ok(())
    }
}
