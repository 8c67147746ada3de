//! The saved-query and CQL web API.
