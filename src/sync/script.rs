//! How a conversation is put together: one request, what to do with its answer, and so on.
//!
//! A [`Step`] either asks, holding the function that takes the answer to the next step, or is done. Steps compose with
//! [`Step::then`] as futures do, but nothing runs by itself and nothing is shared: a [`Script`] hands one request at a
//! time to whoever carries it out.

use model::http::{Failure, Request, Response};
use model::limit;

use crate::{Exchange, Finding, Obstacle, Outcome, Turn};

/// What came of a request.
pub type Answer = Result<Response, Failure>;

type Next<T> = Box<dyn FnOnce(Answer) -> Step<T> + Send>;

/// One step of a conversation.
pub enum Step<T> {
    /// Send this, and go on with the answer.
    Ask(Request, Next<T>),
    /// The conversation is over.
    Done(T),
}

impl<T: 'static> Step<T> {
    /// Asks, and goes on with the answer.
    pub fn ask(request: Request, next: impl FnOnce(Answer) -> Step<T> + Send + 'static) -> Step<T> {
        Step::Ask(request, Box::new(next))
    }

    /// Goes on with what this step ends in.
    #[must_use]
    pub fn then<U: 'static>(self, next: impl FnOnce(T) -> Step<U> + Send + 'static) -> Step<U> {
        match self {
            Step::Done(value) => next(value),
            Step::Ask(request, answer) => Step::ask(request, move |a| answer(a).then(next)),
        }
    }
}

impl<T: 'static, E: 'static> Step<Result<T, E>> {
    /// Goes on when this step ends well.
    #[must_use]
    pub fn and_then<U: 'static>(
        self,
        next: impl FnOnce(T) -> Step<Result<U, E>> + Send + 'static,
    ) -> Step<Result<U, E>> {
        self.then(|result| match result {
            Ok(value) => next(value),
            Err(error) => Step::Done(Err(error)),
        })
    }

    /// Changes what this step ends in when it ends well.
    #[must_use]
    pub fn map_ok<U: 'static>(
        self,
        change: impl FnOnce(T) -> U + Send + 'static,
    ) -> Step<Result<U, E>> {
        self.and_then(|value| Step::Done(Ok(change(value))))
    }
}

/// What a conversation ends in that does not come to an end of its own.
pub trait Endless {
    /// The answer of a conversation that was cut at [`limit::EXCHANGE_TURNS`], or used after its end.
    fn endless() -> Self;
}

impl<T> Endless for Result<T, Obstacle> {
    fn endless() -> Self {
        Err(Obstacle::Unreadable {
            route: "conversation",
            what: "it does not end: more requests than one operation may make",
        })
    }
}

impl Endless for Outcome {
    fn endless() -> Self {
        Outcome::Unknown
    }
}

impl Endless for Finding {
    fn endless() -> Self {
        Finding::Inconclusive
    }
}

/// A conversation as the port wants it: steps, one after the other, at most [`limit::EXCHANGE_TURNS`] of them.
pub struct Script<T> {
    place: Place<T>,
    turns: usize,
}

enum Place<T> {
    /// A step waits to be taken.
    Ready(Step<T>),
    /// A request is out.
    Waiting(Next<T>),
    /// The end was handed out.
    Over,
}

impl<T> Script<T> {
    /// A conversation that begins with this step.
    #[must_use]
    pub fn boxed(first: Step<T>) -> Box<Script<T>> {
        Box::new(Script {
            place: Place::Ready(first),
            turns: 0,
        })
    }
}

impl<T: Endless + Send> Exchange for Script<T> {
    type Output = T;

    fn next(&mut self) -> Turn<T> {
        match std::mem::replace(&mut self.place, Place::Over) {
            Place::Ready(Step::Done(value)) => Turn::Done(value),
            Place::Ready(Step::Ask(request, next)) if self.turns < limit::EXCHANGE_TURNS => {
                self.turns += 1;
                self.place = Place::Waiting(next);
                Turn::Send(request)
            }
            Place::Ready(Step::Ask(..)) | Place::Over => Turn::Done(T::endless()),
            Place::Waiting(next) => {
                // Asked to go on without an answer: whatever was sent, nobody knows what came of it.
                self.place = Place::Ready(next(Err(Failure::Lost)));
                self.next()
            }
        }
    }

    fn answer(&mut self, answer: Answer) {
        match std::mem::replace(&mut self.place, Place::Over) {
            Place::Waiting(next) => self.place = Place::Ready(next(answer)),
            // An answer that nobody asked for changes nothing.
            other => self.place = other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::http::Method;

    fn request() -> Request {
        Request {
            method: Method::Get,
            url: String::new(),
            route: "/",
            headers: Vec::new(),
            body: Vec::new(),
            writes: None,
        }
    }

    fn for_ever() -> Step<Outcome> {
        Step::ask(request(), |_| for_ever())
    }

    #[test]
    fn an_endless_conversation_is_cut() {
        let mut script = Script::boxed(for_ever());
        let mut sent = 0;
        let end = loop {
            match script.next() {
                Turn::Send(_) => sent += 1,
                Turn::Done(outcome) => break outcome,
            }
            script.answer(Err(Failure::Lost));
        };
        assert_eq!((sent, end), (limit::EXCHANGE_TURNS, Outcome::Unknown));
    }

    #[test]
    fn going_on_without_an_answer_counts_as_a_lost_one() {
        let step = Step::ask(request(), |answer| {
            Step::Done(match answer {
                Err(Failure::Lost) => Finding::Absent,
                _ => Finding::Inconclusive,
            })
        });
        let mut script = Script::boxed(step);
        assert!(matches!(script.next(), Turn::Send(_)));
        assert!(matches!(script.next(), Turn::Done(Finding::Absent)));
        script.answer(Err(Failure::NotSent));
        assert!(matches!(script.next(), Turn::Done(Finding::Inconclusive)));
    }

    #[test]
    fn an_answer_is_the_next_steps() {
        let step = Step::ask(request(), |answer| {
            Step::Done(match answer {
                Err(Failure::NotSent) => Finding::Absent,
                Err(Failure::Lost) | Ok(_) => Finding::Inconclusive,
            })
        });
        let mut script = Script::boxed(step);
        assert!(matches!(script.next(), Turn::Send(_)));
        script.answer(Err(Failure::NotSent));
        assert!(matches!(script.next(), Turn::Done(Finding::Absent)));
    }

    #[test]
    fn steps_follow_each_other() {
        let step: Step<Result<u8, Obstacle>> = Step::ask(request(), |_| Step::Done(Ok(1)))
            .and_then(|one: u8| Step::ask(request(), move |_| Step::Done(Ok(one + 1))))
            .map_ok(|two| two * 10);
        let mut script = Script::boxed(step);
        for _ in 0..2 {
            assert!(matches!(script.next(), Turn::Send(_)));
            script.answer(Err(Failure::NotSent));
        }
        assert!(matches!(script.next(), Turn::Done(Ok(20))));
    }
}
