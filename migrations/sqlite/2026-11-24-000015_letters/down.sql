-- The platform is dropped whole (the file, or the schema), never migrated down.
SELECT 1;
