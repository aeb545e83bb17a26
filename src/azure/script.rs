//! How a conversation is written: a request together with what follows from its answer.

use model::http::{Failure, Request, Response};
use model::limit;
use sync::{Conversation, Exchange, Turn};

/// What came of a request.
pub(crate) type Answer = Result<Response, Failure>;

type Then<T> = Box<dyn FnOnce(Answer) -> Step<T> + Send>;

/// One step of a conversation.
pub(crate) enum Step<T> {
    /// Send this, and go on with what the answer leads to.
    Ask(Box<Request>, Then<T>),
    /// It is over.
    End(T),
}

impl<T> Step<T> {
    /// A request and what follows from its answer.
    pub(crate) fn ask(
        request: Request,
        then: impl FnOnce(Answer) -> Step<T> + Send + 'static,
    ) -> Step<T> {
        Step::Ask(Box::new(request), Box::new(then))
    }
}

enum Stage<T> {
    /// This comes next.
    Ready(Step<T>),
    /// A request is out.
    Waiting(Then<T>),
    /// The end was handed out, or the conversation was led wrongly.
    Over,
}

/// A conversation that walks from step to step.
struct Script<T> {
    stage: Stage<T>,
    turns: usize,
    otherwise: fn() -> T,
}

/// Makes a conversation of its first step. `otherwise` is what it ends in when it takes more than
/// [`limit::EXCHANGE_TURNS`] requests, or when whoever leads it asks for a step without answering the last request.
pub(crate) fn start<T: Send + 'static>(first: Step<T>, otherwise: fn() -> T) -> Conversation<T> {
    Box::new(Script {
        stage: Stage::Ready(first),
        turns: 0,
        otherwise,
    })
}

impl<T: Send> Exchange for Script<T> {
    type Output = T;

    fn next(&mut self) -> Turn<T> {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Ready(Step::End(end)) => Turn::Done(end),
            Stage::Ready(Step::Ask(request, then)) if self.turns < limit::EXCHANGE_TURNS => {
                self.turns += 1;
                self.stage = Stage::Waiting(then);
                Turn::Send(*request)
            }
            Stage::Ready(Step::Ask(..)) | Stage::Waiting(_) | Stage::Over => {
                Turn::Done((self.otherwise)())
            }
        }
    }

    fn answer(&mut self, answer: Answer) {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Waiting(then) => self.stage = Stage::Ready(then(answer)),
            // An answer that nobody waits for changes nothing.
            stage @ (Stage::Ready(_) | Stage::Over) => self.stage = stage,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::get;

    fn forever() -> Step<u8> {
        Step::ask(get(String::from("http://x"), "/x"), |_| forever())
    }

    #[test]
    fn an_endless_conversation_ends_otherwise() {
        let mut talk = start(forever(), || 9);
        let mut sent = 0;
        let end = loop {
            match talk.next() {
                Turn::Send(_) => talk.answer(Err(Failure::Lost)),
                Turn::Done(end) => break end,
            }
            sent += 1;
        };
        assert_eq!((end, sent), (9, limit::EXCHANGE_TURNS));
    }

    #[test]
    fn a_step_without_an_answer_ends_otherwise() {
        let mut talk = start(forever(), || 9);
        assert!(matches!(talk.next(), Turn::Send(_)));
        assert!(matches!(talk.next(), Turn::Done(9)));
    }

    #[test]
    fn an_answer_that_nobody_waits_for_changes_nothing() {
        let mut talk = start(Step::End(3), || 9);
        talk.answer(Err(Failure::Lost));
        assert!(matches!(talk.next(), Turn::Done(3)));
        talk.answer(Err(Failure::Lost));
        assert!(matches!(talk.next(), Turn::Done(9)));
    }
}
