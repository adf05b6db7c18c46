//! `wardian clock`: the server's clock, as JSON.

use api::wardian::{
    AdvanceClock, AdvanceClockRequest, DescribeClock, DescribeClockRequest, FreezeClock,
    FreezeClockRequest, ResumeClock, ResumeClockRequest,
};

use crate::cli::ClockCommand;
use crate::failure::Outcome;

use super::call;

pub async fn run(command: ClockCommand) -> Outcome {
    match command {
        ClockCommand::Show { caller } => {
            call::<DescribeClock>(&caller, &DescribeClockRequest::default()).await
        }
        ClockCommand::Advance { by, caller } => {
            call::<AdvanceClock>(&caller, &AdvanceClockRequest { seconds: by }).await
        }
        ClockCommand::Freeze { at, caller } => {
            call::<FreezeClock>(&caller, &FreezeClockRequest { at }).await
        }
        ClockCommand::Resume { caller } => {
            call::<ResumeClock>(&caller, &ResumeClockRequest::default()).await
        }
    }
}
