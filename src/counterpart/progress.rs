//! Progress on a terminal; silence in a pipe.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar or a spinner on standard error. On anything but a terminal it draws nothing.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A spinner, for work of unknown length.
    #[must_use]
    pub fn spinner(title: &str) -> Progress {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_prefix(title.to_owned());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}: {msg} [{elapsed}]") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Progress { bar }
    }

    /// A bar with rate and time left, for work of known length.
    #[must_use]
    pub fn bar(title: &str, length: u64) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
        bar.set_prefix(title.to_owned());
        let template = "{prefix}: {wide_bar} {pos}/{len} {per_sec}, {eta} left {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Progress { bar }
    }

    /// Tells where the work stands.
    pub fn tell(&mut self, text: &str) {
        self.bar.set_message(text.to_owned());
    }

    /// Moves the bar.
    pub fn reach(&mut self, position: u64) {
        self.bar.set_position(position);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
