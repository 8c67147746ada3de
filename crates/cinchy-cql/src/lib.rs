//! The Cinchy Query Language: parse, bind names, types and rights, render per database. Pure.
