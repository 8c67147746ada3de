//! The integration tests of the whole emulator; one program, a module for each subject.

mod tidy;
