-- SQLite gets the functions of CQL from the program, on each connection.
SELECT 1;
