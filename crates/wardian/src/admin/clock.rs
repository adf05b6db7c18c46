//! AWS time: shown, moved forward, stopped, and let run again. Wall time is nobody's to change.

use api::Timestamp;
use api::wardian::{
    AdvanceClockRequest, Clock, DescribeClockRequest, FreezeClockRequest, ResumeClockRequest, error,
};
use gateway::clock::AwsTime;
use gateway::{Cx, Error};

/// 9999-12-31T23:59:59Z: later moments have no date that AWS could write.
const LAST_SECOND: i64 = 253_402_300_799;

pub fn describe(cx: &mut Cx<'_>, _: DescribeClockRequest) -> Result<Clock, Error> {
    let time = cx.aws_time()?;
    Ok(shown(cx, &time))
}

pub fn advance(cx: &mut Cx<'_>, input: AdvanceClockRequest) -> Result<Clock, Error> {
    if input.seconds < 0 {
        let message = "AWS time does not run backwards: Seconds must not be negative.";
        return Err(Error::new(error::INVALID_PARAMETER_VALUE, message));
    }
    let mut time = cx.aws_time()?;
    let wall = cx.request().wall;
    check(time.now(wall).plus_seconds(input.seconds))?;
    time.advance(wall, input.seconds);
    change(cx, time)
}

pub fn freeze(cx: &mut Cx<'_>, input: FreezeClockRequest) -> Result<Clock, Error> {
    let mut time = cx.aws_time()?;
    let wall = cx.request().wall;
    let at = input.at.unwrap_or_else(|| time.now(wall));
    check(at)?;
    time.freeze(wall, at);
    change(cx, time)
}

pub fn resume(cx: &mut Cx<'_>, _: ResumeClockRequest) -> Result<Clock, Error> {
    let mut time = cx.aws_time()?;
    if time.is_frozen() {
        time.resume(cx.request().wall);
    }
    change(cx, time)
}

fn change(cx: &mut Cx<'_>, time: AwsTime) -> Result<Clock, Error> {
    let clock = shown(cx, &time);
    cx.set_aws_time(time)?;
    Ok(clock)
}

fn check(at: Timestamp) -> Result<(), Error> {
    if (0..=LAST_SECOND).contains(&at.as_seconds()) {
        return Ok(());
    }
    let message = "AWS time must lie between 1970-01-01T00:00:00Z and 9999-12-31T23:59:59Z.";
    Err(Error::new(error::INVALID_PARAMETER_VALUE, message))
}

fn shown(cx: &Cx<'_>, time: &AwsTime) -> Clock {
    let wall = cx.request().wall;
    let aws = time.now(wall);
    Clock {
        wall_time: wall,
        aws_time: aws,
        offset_milliseconds: aws.as_millis().saturating_sub(wall.as_millis()),
        frozen: time.is_frozen(),
    }
}
