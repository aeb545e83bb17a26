//! What editors write.
